//! The `twite` command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use twite::wire::RequestType;
use twite_server::config::ServeArguments;
use twite_server::{cli, serve};

/// REST for constrained devices: a CoAP server and client
#[derive(Debug, Parser)]
#[command(name = "twite", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a durable resource tree that any client may fill
    Serve(Box<ServeArguments>),
    /// Read a resource
    Get(cli::Message),
    /// Create or replace a resource
    Put(cli::Message),
    /// Create a child of a resource
    Post(cli::Message),
    /// Delete a resource
    Delete(cli::Message),
    /// Read fields of a resource, or of all resources below a path: -t json '{"fields": ["celsius"]}'
    Fetch(cli::Message),
    /// Change fields of a resource: -t merge-patch '{"time": null}', or -t cbor; null deletes
    ///
    /// The format of the patch has no default: -t merge-patch is JSON (RFC 7396), -t cbor is a CBOR map that is
    /// read the same way. Members that the patch does not name stay.
    Patch(cli::Message),
    /// Change fields of a resource so that repeating it does no harm: as patch
    ///
    /// The format of the patch has no default: -t merge-patch is JSON (RFC 7396), -t cbor is a CBOR map that is
    /// read the same way. Members that the patch does not name stay.
    Ipatch(cli::Message),
    /// Follow a resource: each state as it comes
    Observe(cli::Observe),
    /// List the resources of a server
    Discover(cli::Discover),
    /// Ask whether a server is there
    Ping(cli::Ping),
    /// Make a bearer token: prints it, and the line of its hash for an identity of a policy
    Token,
    /// Check a configuration with all that it names, and print what it declares
    CheckConfig(cli::CheckConfig),
    /// Check a policy and print what identity may do what
    CheckPolicy(cli::CheckPolicy),
    /// Make the keys of a client and a server that share an OSCORE context: one file for each
    Keygen(cli::Keygen),
    /// Load a server with the requests of many clients: throughput and latency
    Bench(cli::Bench),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Serve(arguments) => return serve::main(&arguments),
        Command::Get(message) => cli::request(RequestType::Get, &message),
        Command::Put(message) => cli::request(RequestType::Put, &message),
        Command::Post(message) => cli::request(RequestType::Post, &message),
        Command::Delete(message) => cli::request(RequestType::Delete, &message),
        Command::Fetch(message) => cli::request(RequestType::Fetch, &message),
        Command::Patch(message) => cli::request(RequestType::Patch, &message),
        Command::Ipatch(message) => cli::request(RequestType::IPatch, &message),
        Command::Observe(arguments) => cli::observe(&arguments),
        Command::Discover(arguments) => cli::discover(&arguments),
        Command::Ping(arguments) => cli::ping(&arguments),
        Command::Token => cli::token(),
        Command::CheckConfig(arguments) => cli::check_config(&arguments),
        Command::CheckPolicy(arguments) => cli::check_policy(&arguments),
        Command::Keygen(arguments) => cli::keygen(&arguments),
        Command::Bench(arguments) => cli::bench(&arguments),
    };
    done.unwrap_or_else(|ended| ended.report())
}

//! One request and its response.

use std::net::SocketAddr;
use std::process::ExitCode;

use twite::exchange::Outgoing;
use twite::reliability::Timing;
use twite::wire::{RawOption, RequestType};

use super::arguments::{Message, Ping, Target};
use super::{Ended, body, output};
use crate::client::{Blocks, Client, ClientError, ClientStorage, Direction, Reply};
use crate::config::Congestion;
use crate::trace::Line;
use crate::uri::CoapUri;

/// Sends the request, shows the response; the exit code is the response's class.
pub(super) fn request(method: RequestType, arguments: &Message) -> Result<ExitCode, Ended> {
    let payload = body::read(arguments.payload.as_deref(), arguments.content_format)?;
    let uri = parse(&arguments.target)?;
    let options: Vec<RawOption<'_>> =
        arguments.options.iter().map(|(number, value)| RawOption { number: *number, value }).collect();
    let blocks = arguments.block_size.map_or(Blocks::default(), |exponent| Blocks { exponent, early: true });
    let reply = perform(&arguments.target, &uri, blocks, |outgoing| Outgoing {
        method,
        confirmable: !arguments.non,
        content_format: arguments.content_format,
        accept: arguments.accept,
        etags: &arguments.etag,
        if_match: &arguments.if_match,
        if_none_match: arguments.if_none_match,
        options: &options,
        payload: &payload,
        ..outgoing
    })?;
    output::summary(&reply);
    output::body(&reply, arguments.show);
    Ok(exit_code(&reply))
}

/// Asks whether the server is there.
pub(super) fn ping(arguments: &Ping) -> Result<ExitCode, Ended> {
    let uri = parse(&arguments.target)?;
    let mut storage = storage(&arguments.target);
    let (mut client, address) = connect(&arguments.target, &uri, &mut storage)?;
    let elapsed = client.ping(arguments.target.patience()).map_err(|error| no_answer(address, &error))?;
    output::note(&format!("{address} is there, {}", output::milliseconds(elapsed)));
    Ok(ExitCode::SUCCESS)
}

/// Reads the URI of a command.
pub(super) fn parse(target: &Target) -> Result<CoapUri, Ended> {
    target.uri.parse().map_err(|error| Ended::Usage(format!("{}: {error}", target.uri)))
}

/// Sends what `shape` makes of a request for `uri`.
pub(super) fn perform<'r>(
    target: &Target,
    uri: &'r CoapUri,
    blocks: Blocks,
    shape: impl FnOnce(Outgoing<'r>) -> Outgoing<'r>,
) -> Result<Reply, Ended> {
    let mut storage = storage(target);
    let (mut client, address) = connect(target, uri, &mut storage)?;
    let path: Vec<&[u8]> = uri.path.iter().map(AsRef::as_ref).collect();
    let query: Vec<&[u8]> = uri.query.iter().map(AsRef::as_ref).collect();
    let host = uri.uri_host_option();
    // `shape` borrows for as long as the URI; path and query are copied out of its way by value.
    let shaped = shape(Outgoing::new(RequestType::Get, &[]));
    let outgoing = Outgoing { host, path: &path, query: &query, ..shaped };
    let mut bar = output::Progress::default();
    let reply = client.transfer(&outgoing, blocks, target.patience(), |done, total| bar.show(done, total));
    bar.clear();
    reply.map_err(|error| no_answer(address, &error))
}

pub(super) fn connect<'s>(
    target: &Target,
    uri: &CoapUri,
    storage: &'s mut ClientStorage,
) -> Result<(Client<'s>, SocketAddr), Ended> {
    let addresses = uri.resolve().map_err(|error| Ended::NoAnswer(format!("{}: {error}", target.uri)))?;
    let address = *addresses.first().ok_or_else(|| Ended::NoAnswer(format!("{}: no address", target.uri)))?;
    let client = Client::connect(storage.lend(), address, checked(target)?)
        .map_err(|error| Ended::NoAnswer(format!("{address}: {error}")))?;
    let verbose = target.verbose;
    let client = client.traced(move |direction, datagram| {
        if verbose {
            let arrow = if direction == Direction::Sent { ">" } else { "<" };
            output::note(&format!("{arrow} {}", Line(datagram)));
        }
    });
    Ok((client, address))
}

/// Memory for a client that goes about it as it is told.
pub(super) fn storage(target: &Target) -> ClientStorage {
    match target.congestion {
        Some(Congestion::Cocoa) => ClientStorage::measuring(),
        Some(Congestion::Default) | None => ClientStorage::default(),
    }
}

fn checked(target: &Target) -> Result<Timing, Ended> {
    let timing = target.timing();
    timing.check().map(|()| timing).map_err(|error| Ended::Usage(error.to_string()))
}

pub(super) fn no_answer(address: SocketAddr, error: &ClientError) -> Ended {
    match error {
        ClientError::TooLarge => Ended::Usage(error.to_string()),
        _ => Ended::NoAnswer(format!("{address}: {error}")),
    }
}

/// 0 for 2.xx, 4 for 4.xx, 5 for 5.xx.
pub(super) fn exit_code(reply: &Reply) -> ExitCode {
    match reply.code.class() {
        2 => ExitCode::SUCCESS,
        class => ExitCode::from(class),
    }
}

/// The query and path of a discovery.
pub(super) fn is_bare(uri: &CoapUri) -> bool {
    uri.path.is_empty()
}

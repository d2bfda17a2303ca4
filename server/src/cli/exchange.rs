//! One request and its response.

use std::net::SocketAddr;
use std::process::ExitCode;

use twite::exchange::Outgoing;
use twite::reliability::Timing;
use twite::wire::{Block, RawOption, RequestType, number};

use super::arguments::{Message, Ping, Target};
use super::{Ended, body, output};
use crate::client::{Blocks, Client, ClientError, ClientSecurity, ClientStorage, Direction, Reply};
use crate::config::Congestion;
use crate::oscore::Held;
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

/// Asks whether the server is there; under a context by a request, since an Empty message cannot be protected: whatever
/// its protected response says, it is there.
pub(super) fn ping(arguments: &Ping) -> Result<ExitCode, Ended> {
    let target = &arguments.target;
    let uri = parse(target)?;
    let mut memory = Memory::new(target);
    let (mut client, address) = connect(target, &uri, &mut memory)?;
    let elapsed = if target.oscore.is_some() {
        let block = Block { number: 0, more: false, exponent: 0 }.to_option() as u8;
        let options = [RawOption { number: number::BLOCK2, value: &[block] }];
        let path: &[&[u8]] = &[b".well-known", b"core"];
        let request = Outgoing { options: &options, ..Outgoing::new(RequestType::Get, path) };
        client.request(&request, target.patience()).map(|reply| reply.elapsed)
    } else {
        client.ping(target.patience())
    };
    let elapsed = elapsed.map_err(|error| no_answer(address, &error))?;
    let what = if target.oscore.is_some() { " and has the context" } else { "" };
    output::note(&format!("{address} is there{what}, {}", output::milliseconds(elapsed)));
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
    let mut memory = Memory::new(target);
    let (mut client, address) = connect(target, uri, &mut memory)?;
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
    memory: &'s mut Memory,
) -> Result<(Client<'s>, SocketAddr), Ended> {
    let held = target.oscore.as_deref().map(Held::open).transpose();
    let held = held.map_err(|error| Ended::Usage(error.to_string()))?;
    let addresses = uri.resolve().map_err(|error| Ended::NoAnswer(format!("{}: {error}", target.uri)))?;
    let address = *addresses.first().ok_or_else(|| Ended::NoAnswer(format!("{}: no address", target.uri)))?;
    let mut client = Client::connect(memory.storage.lend(), address, checked(target)?)
        .map_err(|error| Ended::NoAnswer(format!("{address}: {error}")))?;
    if let Some(held) = held {
        client =
            client.protected(memory.security.lend(), held).map_err(|error| no_answer(address, &error))?;
    }
    let verbose = target.verbose;
    let client = client.traced(move |direction, datagram| {
        if verbose {
            let arrow = if direction == Direction::Sent { ">" } else { "<" };
            output::note(&format!("{arrow} {}", Line(datagram)));
        }
    });
    Ok((client, address))
}

/// What a client works on that goes about it as it is told.
pub(super) struct Memory {
    storage: ClientStorage,
    security: ClientSecurity,
}

impl Memory {
    pub(super) fn new(target: &Target) -> Self {
        Self { storage: storage(target), security: ClientSecurity::default() }
    }
}

/// Its memory without a context.
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
        ClientError::TooLarge | ClientError::Unprotectable(_) | ClientError::NotReserved(_) => {
            Ended::Usage(error.to_string())
        }
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

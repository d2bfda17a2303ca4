//! Requests to a running server, one line each.

use std::net::SocketAddr;
use std::time::Duration;

use twite::exchange::{ETag, Outgoing};
use twite::reliability::Timing;
use twite::wire::{RequestType, number};
use twite_server::client::{Blocks, Client, ClientStorage, Reply};

/// How long a response may take on a machine under load.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks from a fresh port; `shape` adds to a plain confirmable request.
pub fn ask<'r>(
    server: SocketAddr,
    method: RequestType,
    path: &str,
    shape: impl FnOnce(Outgoing<'r>) -> Outgoing<'r>,
) -> Reply {
    let segments: Vec<&[u8]> = path.split('/').filter(|_| !path.is_empty()).map(str::as_bytes).collect();
    let shaped = shape(Outgoing::new(method, &[]));
    send(server, &Outgoing { path: &segments, ..shaped })
}

/// Sends a request, in blocks if it has to be, from a fresh port.
pub fn send(server: SocketAddr, request: &Outgoing<'_>) -> Reply {
    let mut storage = ClientStorage::default();
    let mut client = Client::connect(storage.lend(), server, Timing::DEFAULT).expect("a socket");
    let reply = client.transfer(request, Blocks::default(), PATIENCE, |_, _| {});
    reply.unwrap_or_else(|error| panic!("{:?}: {error}", request.path))
}

/// A plain GET.
pub fn get(server: SocketAddr, path: &str) -> Reply {
    ask(server, RequestType::Get, path, |request| request)
}

/// A GET for one format.
pub fn get_as(server: SocketAddr, path: &str, format: u16) -> Reply {
    ask(server, RequestType::Get, path, |request| Outgoing { accept: Some(format), ..request })
}

/// A PUT.
pub fn put(server: SocketAddr, path: &str, content_format: impl Into<Option<u16>>, payload: &[u8]) -> Reply {
    let content_format = content_format.into();
    ask(server, RequestType::Put, path, |request| Outgoing { content_format, payload, ..request })
}

/// A POST.
pub fn post(server: SocketAddr, path: &str, content_format: impl Into<Option<u16>>, payload: &[u8]) -> Reply {
    let content_format = content_format.into();
    ask(server, RequestType::Post, path, |request| Outgoing { content_format, payload, ..request })
}

/// A DELETE.
pub fn delete(server: SocketAddr, path: &str) -> Reply {
    ask(server, RequestType::Delete, path, |request| request)
}

/// The code as it is written: `2.05`.
pub fn code(reply: &Reply) -> String {
    reply.code.to_string()
}

/// The reply's ETag; it has one.
pub fn etag(reply: &Reply) -> ETag {
    let tag = values(reply, number::ETAG).next().and_then(ETag::new);
    tag.unwrap_or_else(|| panic!("no ETag: {reply:?}"))
}

/// The reply's ETag as the number it counts with.
pub fn etag_number(reply: &Reply) -> u64 {
    etag(reply).as_bytes().iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The values of an option.
pub fn values(reply: &Reply, number: u16) -> impl Iterator<Item = &[u8]> {
    reply.options.iter().filter(move |(known, _)| *known == number).map(|(_, value)| value.as_slice())
}

/// The path of what a POST created, without a leading slash.
pub fn location(reply: &Reply) -> String {
    let segments: Vec<_> = values(reply, number::LOCATION_PATH).map(String::from_utf8_lossy).collect();
    segments.join("/")
}

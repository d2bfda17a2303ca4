//! Resources without a state: methods, query, formats, paths and links.

use std::fmt::Write as _;

use twite::endpoint::Incoming;
use twite::exchange::{Request, Response};
use twite::wire::{RequestType, ResponseType};

use super::table::Place;
use crate::serve::refusal::fail;

const TEXT: u16 = 0;

/// Answers a request for one of them.
pub(super) fn serve(place: Place, request: &Request<'_>, incoming: Incoming<'_, '_>) {
    match place {
        Place::Test => test(request, incoming),
        Place::Query => text(request, incoming, query(request).as_bytes()),
        Place::LocationQuery => incoming.respond(&Response {
            location_query: &["first=1", "second=2"],
            ..Response::new(ResponseType::Created)
        }),
        Place::MultiFormat => multi_format(incoming),
        Place::Path => offer(incoming, &[(40, b"</path/sub1>;ct=0,</path/sub2>;ct=0,</path/sub3>;ct=0")]),
        _ => text(request, incoming, path(request).as_bytes()),
    }
}

/// Answers with text, if the client takes it.
pub(super) fn text(request: &Request<'_>, incoming: Incoming<'_, '_>, payload: &[u8]) {
    if request.accepts(TEXT) {
        incoming.respond(&Response::content(Some(TEXT), payload));
    } else {
        fail(incoming, ResponseType::NotAcceptable, "available in format 0");
    }
}

/// Whoever comes next finds the resource as everybody did.
fn test(request: &Request<'_>, incoming: Incoming<'_, '_>) {
    if request.if_none_match() {
        return fail(incoming, ResponseType::PreconditionFailed, "it exists");
    }
    match request.method() {
        RequestType::Put => incoming.respond(&Response::new(ResponseType::Changed)),
        RequestType::Delete => incoming.respond(&Response::new(ResponseType::Deleted)),
        RequestType::Post => incoming.respond(&Response {
            location_path: "location1/location2/location3",
            ..Response::new(ResponseType::Created)
        }),
        _ => text(request, incoming, b"a resource for every method"),
    }
}

/// The query as it stands in a URI.
fn query(request: &Request<'_>) -> String {
    let mut shown = String::new();
    for (position, argument) in request.query().enumerate() {
        let before = if position == 0 { '?' } else { '&' };
        // Writing into a string succeeds.
        let _ = write!(shown, "{before}{}", String::from_utf8_lossy(argument));
    }
    if shown.is_empty() { "no query".to_owned() } else { shown }
}

fn path(request: &Request<'_>) -> String {
    request.path().fold(String::new(), |path, segment| path + "/" + &String::from_utf8_lossy(segment))
}

fn multi_format(incoming: Incoming<'_, '_>) {
    let forms: [(u16, &[u8]); 4] = [
        (TEXT, b"one resource, several formats"),
        (41, b"<resource formats=\"several\"/>"),
        (50, b"{\"formats\":\"several\"}"),
        (60, b"\xa1\x67formats\x67several"),
    ];
    offer(incoming, &forms);
}

/// Answers in the format that the client wants, the first one by default.
fn offer(incoming: Incoming<'_, '_>, forms: &[(u16, &[u8])]) {
    let request = *incoming.request();
    match forms.iter().find(|(format, _)| request.accepts(*format)) {
        Some((format, body)) => incoming.respond(&Response::content(Some(*format), body)),
        None => fail(incoming, ResponseType::NotAcceptable, "not available in this format"),
    }
}

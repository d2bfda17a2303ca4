//! The resources over HTTP: the same as over CoAP.

mod conditions;
mod dashboard;
mod description;
mod formats;
mod mapping;
mod own;
mod policy;
mod room;
mod stream;

use std::path::Path;

use twite_tests::ask;
use twite_tests::folder::Folder;
use twite_tests::server::Server;
use twite_tests::web::{self, follow, get, put};

const JSON: &str = "application/json";
const CBOR: &str = "application/cbor";

/// A server with HTTP on a free port of the loopback address.
fn start(data: &Path, arguments: &[&str]) -> Server {
    Server::start(data, &[&["--http", "127.0.0.1:0"], arguments].concat())
}

#[test]
fn what_is_put_over_http_is_read_over_coap_and_seen_by_who_follows() {
    let folder = Folder::new();
    let server = start(folder.path(), &["--workers", "2"]);
    let path = "/sensors/a1/temperature";
    let created = put(server.http(), path, JSON, br#"{"celsius":20.5}"#);
    assert_eq!((created.status, created.body.len()), (201, 0));
    let mut events = follow(server.http(), path, &[]);
    assert_eq!(events.head.header("content-type"), "text/event-stream");
    assert_eq!(events.state(), r#"{"celsius":20.5}"#);
    let changed = put(server.http(), path, JSON, br#"{"celsius":21.5}"#);
    assert_eq!((changed.status, changed.body.len()), (204, 0));
    assert_eq!(ask::get_as(server.address(), &path[1..], 60).payload, b"\xa1\x00\xf9\x4d\x60");
    assert_eq!(events.state(), r#"{"celsius":21.5}"#);
    ask::put(server.address(), &path[1..], 60, b"\xa1\x00\xf9\x4d\x80");
    assert_eq!(events.state(), r#"{"celsius":22.0}"#);
    assert_eq!(web::get_as(server.http(), path, JSON).text(), r#"{"celsius":22.0}"#);
}

#[test]
fn every_method_does_what_it_does() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    let http = server.http();
    let posted = web::ask(http, "POST", "/notes", &[("content-type", "text/plain")], b"one");
    let location = posted.header("location").to_owned();
    assert_eq!((posted.status, location.starts_with("/notes/")), (201, true));
    let read = get(http, &location);
    assert_eq!((read.status, read.text()), (200, "one"));
    assert_eq!(read.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(read.header("etag"), posted.header("etag"));
    let head = web::ask(http, "HEAD", &location, &[], &[]);
    assert_eq!((head.status, head.body.len()), (200, 0));
    for name in ["etag", "content-type", "content-length", "cache-control", "link", "vary"] {
        assert!(!read.header(name).is_empty(), "{name}");
        assert_eq!(head.header(name), read.header(name), "{name}");
    }
    put(http, "/notes/json", JSON, br#"{"a":1,"b":2}"#);
    let merge = [("content-type", "application/merge-patch+json")];
    let patched = web::ask(http, "PATCH", "/notes/json", &merge, br#"{"a":null}"#);
    assert_eq!(patched.status, 204);
    let read = get(http, "/notes/json");
    assert_eq!((read.text(), read.header("etag")), (r#"{"b":2}"#, patched.header("etag")));
    let refused = web::ask(http, "PATCH", "/notes/json", &[("content-type", JSON)], b"{}");
    assert_eq!(refused.status, 415);
    assert_eq!(refused.header("accept-patch"), "application/merge-patch+json, application/cbor");
    assert_eq!(web::ask(http, "DELETE", &location, &[], &[]).status, 204);
    assert_eq!(get(http, &location).status, 404);
    assert_eq!(ask::code(&ask::get(server.address(), &location[1..])), "4.04");
}

#[test]
fn of_concurrent_patches_none_is_lost() {
    let folder = Folder::new();
    let server = start(folder.path(), &["--workers", "2"]);
    put(server.http(), "/both", JSON, b"{}");
    std::thread::scope(|scope| {
        for patcher in 0..8 {
            let server = &server;
            scope.spawn(move || {
                for number in 0..10 {
                    let patch = format!(r#"{{"{patcher}-{number}":1}}"#);
                    if patcher % 2 == 0 {
                        let merge = [("content-type", "application/merge-patch+json")];
                        let patched = web::ask(server.http(), "PATCH", "/both", &merge, patch.as_bytes());
                        assert_eq!(patched.status, 204, "{patched:?}");
                    } else {
                        let patched =
                            ask::ask(server.address(), twite::wire::RequestType::Patch, "both", |request| {
                                twite::exchange::Outgoing {
                                    content_format: Some(52),
                                    payload: patch.as_bytes(),
                                    ..request
                                }
                            });
                        assert_eq!(ask::code(&patched), "2.04");
                    }
                }
            });
        }
    });
    assert_eq!(get(server.http(), "/both").json().as_object().map(serde_json::Map::len), Some(80));
}

//! Observe as Server-Sent Events.

use twite_tests::ask;
use twite_tests::folder::Folder;
use twite_tests::web::{Events, ask as send, field, follow, get, put};

use super::{CBOR, JSON, start};

/// The figure of a name.
fn figure(server: std::net::SocketAddr, name: &str) -> f64 {
    let metrics = get(server, "/metrics");
    let line = metrics.text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {}", metrics.text()))
}

#[test]
fn the_end_of_the_resource_is_the_end_of_the_stream() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    let http = server.http();
    let etag = put(http, "/n", JSON, b"{\n \"a\": 1}").header("etag").to_owned();
    let mut events = follow(http, "/n", &[]);
    assert_eq!(events.head.header("cache-control"), "no-store");
    let first = events.next_event().expect("the present state");
    assert_eq!(format!("\"{}\"", field(&first, "id")), etag);
    let data: Vec<_> =
        first.iter().filter(|(name, _)| name == "data").map(|(_, line)| line.as_str()).collect();
    assert_eq!(data, ["{", "\"a\": 1}"]);
    ask::delete(server.address(), "n");
    let last = events.next_event().expect("the end");
    assert_eq!(field(&last, "event"), "deleted");
    assert_eq!(events.next_event(), None);
    assert_eq!(follow(http, "/n", &[]).head.status, 404);
}

#[test]
fn who_comes_back_hears_what_is_new() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    let http = server.http();
    put(http, "/n", JSON, b"1");
    let mut events = follow(http, "/n", &[]);
    let id = field(&events.next_event().expect("the present state"), "id").to_owned();
    let mut back = follow(http, "/n", &[("last-event-id", &id)]);
    put(http, "/n", JSON, b"2");
    assert_eq!((events.state(), back.state()), ("2".to_owned(), "2".to_owned()));
    assert_eq!(follow(http, "/n", &[("last-event-id", &id)]).state(), "2");
}

#[test]
fn a_slow_client_hears_the_latest_state_only() {
    let folder = Folder::new();
    let server = start(folder.path(), &["--durability", "memory"]);
    let http = server.http();
    let body = |number: usize| format!("\"{number}{}\"", "x".repeat(100_000));
    put(http, "/n", JSON, body(0).as_bytes());
    let mut slow = follow(http, "/n", &[]);
    let mut quick = follow(http, "/n", &[]);
    let reader = std::thread::spawn(move || {
        let mut last = String::new();
        while !last.starts_with("\"250x") {
            last = quick.state();
        }
    });
    for number in 1..=250 {
        assert_eq!(put(http, "/n", JSON, body(number).as_bytes()).status, 204);
    }
    reader.join().expect("who reads hears the latest state");
    let mut heard = 0;
    loop {
        heard += 1;
        if slow.state().starts_with("\"250x") {
            break;
        }
    }
    // What the buffers of both systems take, not what happened.
    assert!(heard < 150, "{heard} states of 250");
}

#[test]
fn what_is_no_text_is_not_followed() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    let http = server.http();
    put(http, "/image", "application/octet-stream", b"\x00\xff");
    let refused = follow(http, "/image", &[]).head;
    assert_eq!((refused.status, refused.header("content-type")), (406, "application/problem+json"));
    put(http, "/text", "text/plain", b"one");
    let mut events = follow(http, "/text", &[]);
    assert_eq!(events.state(), "one");
    put(http, "/text", CBOR, b"\xf5");
    assert_eq!(events.state(), "true");
    put(http, "/text", "application/octet-stream", b"\x00\xff");
    let end = events.next_event().expect("the end");
    assert_eq!(field(&end, "event"), "problem");
    assert!(field(&end, "data").contains("\"status\":406"), "{end:?}");
    assert_eq!(events.next_event(), None);
}

#[test]
fn streams_are_bounded_and_places_come_back() {
    let folder = Folder::new();
    let file = folder.file("twite.toml", "[http]\nstreams = 2\n");
    let server = start(folder.path(), &["--config", file.to_str().expect("a path of our own")]);
    let http = server.http();
    put(http, "/n", JSON, b"1");
    let mut open: Vec<Events> = (0..2).map(|_| follow(http, "/n", &[])).collect();
    let refused = follow(http, "/n", &[]).head;
    assert_eq!((refused.status, refused.header("retry-after")), (503, "5"));
    assert_eq!(figure(http, "twite_http_streams"), 2.0);
    assert_eq!(figure(http, "twite_http_streams_refused_total"), 1.0);
    assert_eq!(send(http, "GET", "/n", &[], &[]).status, 200, "others are served");
    open.pop();
    while figure(http, "twite_http_streams") > 1.0 {}
    assert_eq!(follow(http, "/n", &[]).state(), "1");
    assert_eq!(open.pop().map(|mut events| events.state()).as_deref(), Some("1"));
}

#[test]
fn s069_a_server_that_stops_ends_its_streams() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    put(server.http(), "/n", JSON, b"1");
    let mut events = follow(server.http(), "/n", &[]);
    assert_eq!(events.state(), "1");
    assert_eq!(server.terminate().0, Some(0));
    let end = events.next_event().expect("the end");
    assert_eq!(field(&end, "event"), "problem");
    assert!(field(&end, "data").contains("\"status\":503"), "{end:?}");
    assert_eq!(events.next_event(), None);
}

//! RFC 8132 §2: FETCH of fields, against the running server.

use std::net::SocketAddr;

use twite::exchange::Outgoing;
use twite::wire::RequestType::Fetch;
use twite_server::client::Reply;
use twite_tests::ask::{ask, code, etag, put};
use twite_tests::folder::Folder;
use twite_tests::program::twite;
use twite_tests::server::Server;

const JSON: u16 = 50;
const CBOR: u16 = 60;

fn fetch(server: SocketAddr, path: &str, accept: Option<u16>, format: u16, payload: &[u8]) -> Reply {
    ask(server, Fetch, path, |plain| Outgoing { accept, content_format: Some(format), payload, ..plain })
}

fn text(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.payload).into_owned()
}

/// Temperatures in both formats, something else, and an untyped map.
fn filled(folder: &Folder) -> Server {
    let server = Server::start(folder.path(), &[]);
    let address = server.address();
    put(address, "sensors/b/temperature", JSON, br#"{"celsius":20}"#);
    put(address, "sensors/a/temperature", CBOR, b"\xa2\x00\xfa\x41\xaa\x66\x66\x01\x07"); // {0: 21.3, 1: 7}
    put(address, "sensors/a/humidity", CBOR, b"\xa1\x00\x18\x28"); // {0: 40}
    put(address, "sensors/a/notes", 0, b"celsius");
    put(address, "sensors2/a/temperature", JSON, br#"{"celsius":0}"#);
    put(address, "plain", CBOR, b"\xa2\x00\x01\x67celsius\x02"); // {0: 1, "celsius": 2}
    server
}

#[test]
fn section_2_a_collection_answers_with_the_fields_of_what_is_below_it() {
    let folder = Folder::new();
    let server = filled(&folder);
    let answer = fetch(server.address(), "sensors", Some(JSON), JSON, br#"{"fields":["celsius","time"]}"#);
    assert_eq!((code(&answer), answer.content_format()), ("2.05".into(), Some(JSON)));
    let expected =
        r#"{"sensors/a/temperature":{"celsius":21.3,"time":7},"sensors/b/temperature":{"celsius":20}}"#;
    assert_eq!(text(&answer), expected);
    let below = fetch(server.address(), "sensors/a", Some(JSON), JSON, br#"{"fields":["percent"]}"#);
    assert_eq!(text(&below), r#"{"sensors/a/humidity":{"percent":40.0}}"#);
    let all = fetch(server.address(), "", Some(JSON), JSON, br#"{"fields":["celsius"]}"#);
    assert!(text(&all).starts_with(r#"{"plain":{"celsius":2},"sensors/a/"#), "{all:?}");
    let none = fetch(server.address(), "sensors", Some(JSON), JSON, br#"{"fields":["colour"]}"#);
    assert_eq!((code(&none), text(&none)), ("2.05".into(), "{}".into()));
}

#[test]
fn section_2_cbor_is_the_default_and_takes_names_and_keys() {
    let folder = Folder::new();
    let server = filled(&folder);
    let by_name = fetch(server.address(), "sensors/b", None, JSON, br#"{"fields":["celsius"]}"#);
    assert_eq!(by_name.content_format(), Some(CBOR));
    assert_eq!(by_name.payload, b"\xa1\x75sensors/b/temperature\xa1\x67celsius\xf9\x4d\x00");
    let by_key = fetch(server.address(), "sensors/b/temperature", None, CBOR, b"\xa1\x66fields\x82\x00\x01");
    assert_eq!(by_key.payload, b"\xa1\x00\xf9\x4d\x00");
    let untyped = fetch(server.address(), "plain", None, CBOR, b"\xa1\x66fields\x82\x00\x67celsius");
    assert_eq!(untyped.payload, b"\xa2\x00\x01\x67celsius\x02");
    let one = fetch(server.address(), "plain", Some(JSON), JSON, br#"{"fields":["0"]}"#);
    assert_eq!(text(&one), r#"{"0":1}"#);
}

/// A second long ago, of which no value is.
const LONG_AGO: &str = "1000000000";

#[test]
fn section_2_a_window_selects_by_the_time_of_the_value_or_of_its_acceptance() {
    let folder = Folder::new();
    let server = filled(&folder);
    put(server.address(), "sensors/b/temperature", JSON, br#"{"celsius":20,"time":9}"#);
    let of = |server: &Server, path: &str, query: &str| {
        let reply = fetch(server.address(), path, Some(JSON), JSON, query.as_bytes());
        assert_eq!((code(&reply), reply.content_format()), ("2.05".into(), Some(JSON)), "{query}");
        text(&reply)
    };
    let (a, b) = (
        r#""sensors/a/temperature":{"celsius":21.3,"time":7}"#,
        r#""sensors/b/temperature":{"celsius":20,"time":9}"#,
    );
    for (window, expected) in [
        (r#""since":7,"until":9"#, format!("{{{a}}}")),
        (r#""since":6.5,"until":9.5"#, format!("{{{a},{b}}}")),
        (r#""since":7.5,"until":9"#, "{}".to_owned()),
        (r#""since":9,"until":9"#, "{}".to_owned()),
        (r#""until":8"#, format!("{{{a}}}")),
    ] {
        assert_eq!(of(&server, "sensors", &format!("{{{window}}}")), expected, "{window}");
    }
    let fields = of(&server, "", r#"{"fields":["celsius"],"until":10}"#);
    assert_eq!(
        fields,
        r#"{"sensors/a/temperature":{"celsius":21.3},"sensors/b/temperature":{"celsius":20}}"#
    );
    // What has no time of its own was accepted now, and what has no fields, the notes, is left out.
    let recent = format!("{{\"since\":{LONG_AGO}}}");
    assert_eq!(of(&server, "sensors", &recent), r#"{"sensors/a/humidity":{"percent":40.0}}"#);
    let alone = of(&server, "sensors/a/temperature", r#"{"since":7}"#);
    assert_eq!(alone, r#"{"celsius":21.3,"time":7}"#);
    assert_eq!(of(&server, "sensors/a/temperature", r#"{"since":8}"#), "{}");
    assert_eq!(server.terminate().0, Some(0));
    let server = Server::start(folder.path(), &[]);
    assert_eq!(
        of(&server, "sensors", &recent),
        r#"{"sensors/a/humidity":{"percent":40.0}}"#,
        "after a restart"
    );
    put(server.address(), "sensors/b/temperature", JSON, br#"{"celsius":20}"#);
    assert!(of(&server, "sensors", &recent).ends_with(r#""sensors/b/temperature":{"celsius":20}}"#));
    let future = r#"{"since":99999999999}"#;
    assert_eq!(of(&server, "", future), "{}");
}

#[test]
fn section_2_a_window_is_named_when_it_is_none() {
    let folder = Folder::new();
    let server = filled(&folder);
    for (query, detail) in [
        (r#"{"since":2,"until":1}"#, "since, until: expected since to be at most until"),
        (r#"{"since":"now"}"#, "since: expected a number of seconds since 1970"),
        (r#"{"fields":["celsius"],"until":null}"#, "until: expected a number of seconds since 1970"),
    ] {
        let refused = fetch(server.address(), "sensors", None, JSON, query.as_bytes());
        assert_eq!(code(&refused), "4.00", "{query}");
        assert!(text(&refused).contains(detail), "{refused:?}");
    }
    let notes = fetch(server.address(), "sensors/a/notes", None, JSON, br#"{"since":0}"#);
    assert_eq!(code(&notes), "4.15", "text has no place in a map");
}

#[test]
fn section_2_errors_are_told_apart() {
    let folder = Folder::new();
    let server = filled(&folder);
    let address = server.address();
    let query = br#"{"fields":["celsius"]}"#.as_slice();
    for (path, accept, format, payload, expected) in [
        ("none", None, JSON, query, "4.04"),
        ("sensor", None, JSON, query, "4.04"),
        ("sensors", None, 0, query, "4.15"),
        ("sensors", Some(0), JSON, query, "4.06"),
        ("sensors/a/notes", None, JSON, query, "4.15"),
        ("sensors", None, JSON, b"{\"fields\":", "4.00"),
        ("sensors", None, CBOR, b"\xa1", "4.00"),
        ("sensors", None, JSON, b"[\"celsius\"]", "4.00"),
        (".well-known/core", None, JSON, query, "4.05"),
    ] {
        let refused = fetch(address, path, accept, format, payload);
        assert_eq!(code(&refused), expected, "{path} {payload:?} {refused:?}");
    }
    let named = fetch(address, "sensors", None, JSON, b"{}");
    assert!(text(&named).contains("expected a map {\"fields\": [...], "), "{named:?}");
    let long = [b"{\"fields\":[\"".as_slice(), &[b'x'; 2_000], b"\"]}"].concat();
    assert_eq!(code(&fetch(address, "sensors", None, JSON, &long)), "4.13", "a query in blocks");
}

#[test]
fn section_2_answers_are_cut_in_blocks_and_confirmed() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--durability", "memory"]);
    let address = server.address();
    for count in 0..100 {
        put(address, &format!("lamps/{count:02}"), JSON, br#"{"on":true}"#);
    }
    let query = br#"{"fields":["on"]}"#;
    let whole = fetch(address, "lamps", Some(JSON), JSON, query);
    let lamps: Vec<String> = (0..100).map(|count| format!("\"lamps/{count:02}\":{{\"on\":true}}")).collect();
    assert_eq!(text(&whole), format!("{{{}}}", lamps.join(",")));
    let small =
        ["fetch", "-t", "json", "-A", "json", "-b", "64", &server.uri("lamps"), r#"{"fields":["on"]}"#];
    let ran = twite(small);
    assert!(ran.code == Some(0) && ran.stdout == whole.payload, "{}", ran.stderr);
    let held = [etag(&whole)];
    let again = || {
        ask(address, Fetch, "lamps", |plain| Outgoing {
            accept: Some(JSON),
            content_format: Some(JSON),
            payload: query,
            etags: &held,
            ..plain
        })
    };
    assert_eq!(code(&again()), "2.03");
    put(address, "lamps/07", JSON, br#"{"on":false}"#);
    let changed = again();
    assert_eq!(code(&changed), "2.05");
    assert_ne!(etag(&changed), held[0]);
}

#[test]
fn the_command_line_fetches() {
    let folder = Folder::new();
    let server = filled(&folder);
    let uri = server.uri("sensors");
    let ran = twite(["fetch", "-t", "json", "-A", "json", "-b", "16", &uri, r#"{"fields":["percent"]}"#]);
    assert_eq!((ran.code, ran.text()), (Some(0), r#"{"sensors/a/humidity":{"percent":40.0}}"#));
    let ran = twite(["fetch", "-t", "cbor", "--diag", &server.uri("plain"), r#"{"fields": [0]}"#]);
    assert_eq!((ran.code, ran.text()), (Some(0), "{0: 1}\n"));
}

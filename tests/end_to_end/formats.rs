//! CBOR and JSON: what is taken, what is refused and why, and one as the other.

use std::net::SocketAddr;

use twite::exchange::{ETag, Outgoing};
use twite::wire::RequestType;
use twite_tests::ask::{ask, code, etag, get, get_as, post, put};
use twite_tests::folder::Folder;
use twite_tests::server::Server;

const JSON: u16 = 50;
const CBOR: u16 = 60;
const PROBLEM: u16 = 257;

/// {0: 21.5}
const TEMPERATURE: &[u8] = b"\xa1\x00\xf9\x4d\x60";

/// Reads both forms; each has its own ETag, is confirmed by it and not by the other's.
fn both_forms(address: SocketAddr, path: &str, cbor: &[u8], json: &str) {
    let forms = [get_as(address, path, CBOR), get_as(address, path, JSON)];
    assert_eq!((forms[0].content_format(), forms[0].payload.as_slice()), (Some(CBOR), cbor), "{path}");
    assert_eq!(forms[1].content_format(), Some(JSON), "{path}");
    assert_eq!(String::from_utf8_lossy(&forms[1].payload), json, "{path}");
    let tags = forms.map(|form| etag(&form));
    assert_ne!(tags[0], tags[1], "{path}");
    for (format, held, expected) in
        [(CBOR, tags[0], "2.03"), (JSON, tags[1], "2.03"), (CBOR, tags[1], "2.05"), (JSON, tags[0], "2.05")]
    {
        let held: [ETag; 1] = [held];
        let reply = ask(address, RequestType::Get, path, |get| Outgoing {
            accept: Some(format),
            etags: &held,
            ..get
        });
        assert_eq!(code(&reply), expected, "{path} as {format} with {held:?}");
    }
}

#[test]
fn each_form_can_be_read_as_the_other() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let address = server.address();
    put(address, "sensors/a/temperature", CBOR, TEMPERATURE);
    both_forms(address, "sensors/a/temperature", TEMPERATURE, r#"{"celsius":21.5}"#);
    put(address, "sensors/b/temperature", JSON, br#"{"celsius":21.5}"#);
    both_forms(address, "sensors/b/temperature", TEMPERATURE, r#"{"celsius":21.5}"#);
    put(address, "notes/a", CBOR, b"\xa1\x61a\x82\x01\xf5");
    both_forms(address, "notes/a", b"\xa1\x61a\x82\x01\xf5", r#"{"a":[1,true]}"#);
    put(address, "notes/b", JSON, br#"{"a":[1,true]}"#);
    both_forms(address, "notes/b", b"\xa1\x61a\x82\x01\xf5", r#"{"a":[1,true]}"#);
    assert_eq!(get(address, "notes/b").content_format(), Some(JSON), "without Accept, as it is stored");
}

#[test]
fn the_etag_of_either_form_guards_the_resource() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let address = server.address();
    for form in [CBOR, JSON] {
        put(address, "lamps/1", CBOR, b"\xa1\x00\xf5");
        let held = [etag(&get_as(address, "lamps/1", form))];
        let change = || {
            ask(address, RequestType::Put, "lamps/1", |put| Outgoing {
                if_match: &held,
                content_format: Some(CBOR),
                payload: b"\xa1\x00\xf4",
                ..put
            })
        };
        assert_eq!((code(&change()), code(&change())), ("2.04".into(), "4.12".into()), "{form}");
    }
}

#[test]
fn malformed_bodies_are_refused() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let address = server.address();
    let deep = |levels: usize, open: u8, inner: u8, close: &[u8]| {
        let mut body = vec![open; levels];
        body.push(inner);
        (0..levels).for_each(|_| body.extend_from_slice(close));
        body
    };
    assert_eq!(code(&put(address, "deep/cbor", CBOR, &deep(8, 0x81, 0, b""))), "2.01");
    assert_eq!(code(&put(address, "deep/json", JSON, &deep(8, b'[', b'0', b"]"))), "2.01");
    let refused: [(&str, u16, Vec<u8>); 13] = [
        ("depth 9", CBOR, deep(9, 0x81, 0, b"")),
        ("depth 9", JSON, deep(9, b'[', b'0', b"]")),
        ("trailing byte", CBOR, b"\xa0\x00".to_vec()),
        ("trailing bytes", JSON, b"{} 1".to_vec()),
        ("duplicate key", CBOR, b"\xa2\x00\x01\x00\x02".to_vec()),
        ("duplicate key", JSON, br#"{"a":1,"a":2}"#.to_vec()),
        ("nothing", CBOR, Vec::new()),
        ("nothing", JSON, Vec::new()),
        ("cut short", CBOR, b"\xa1\x00".to_vec()),
        ("cut short", JSON, b"{\"a\":".to_vec()),
        ("a length of 4 GiB", CBOR, b"\x5a\xff\xff\xff\xff".to_vec()),
        ("text that is not UTF-8", CBOR, b"\x61\xff".to_vec()),
        ("text that is not UTF-8", JSON, b"\"\xff\"".to_vec()),
    ];
    for (fault, format, body) in refused {
        for path in ["note", "sensors/a/temperature"] {
            let reply = put(address, path, format, &body);
            assert_eq!(code(&reply), "4.00", "{fault} in {format} at {path}");
            assert_eq!(reply.content_format(), Some(PROBLEM), "{fault} in {format} at {path}");
            assert_eq!(code(&get(address, path)), "4.04", "{fault} in {format} at {path}");
        }
        assert_eq!(code(&post(address, "notes", format, &body)), "4.00", "{fault} in {format}");
    }
}

#[test]
fn a_broken_rule_of_a_type_is_named() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let address = server.address();
    let rule = "celsius: expected a number from -273.15 to 10000";
    let bodies: [(u16, &[u8], &str); 6] = [
        (CBOR, b"\xa1\x00\x39\x03\xe7", rule),
        (JSON, br#"{"celsius":-1000}"#, rule),
        (CBOR, b"\xa1\x00\x64warm", "celsius: expected"),
        (JSON, br#"{"celsius":"warm"}"#, "expected"),
        (CBOR, b"\xa0", "celsius"),
        (JSON, b"{}", "celsius"),
    ];
    for (format, body, expected) in bodies {
        let reply = put(address, "sensors/a/temperature", format, body);
        assert_eq!(code(&reply), "4.00", "{expected}");
        let problem = String::from_utf8_lossy(&reply.payload);
        assert!(problem.contains(expected), "{expected:?} is not in {problem:?}");
    }
}

#[test]
fn a_type_takes_its_formats_alone() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    for format in [None, Some(0), Some(42)] {
        let reply = put(server.address(), "sensors/a/temperature", format, TEMPERATURE);
        assert_eq!(code(&reply), "4.15", "{format:?}");
    }
    assert_eq!(code(&get(server.address(), "sensors/a/temperature")), "4.04");
}

#[test]
fn a_format_that_cannot_be_had_is_refused() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let address = server.address();
    put(address, "note", CBOR, b"\xa1\x00\x01");
    for accept in [0, 42, 112] {
        assert_eq!(code(&get_as(address, "note", accept)), "4.06", "{accept}");
    }
}

//! RFC 8132 §3: PATCH and iPATCH with merge patches (RFC 7396), against the running server.

use std::net::SocketAddr;

use twite::exchange::Outgoing;
use twite::wire::RequestType::{self, IPatch, Patch};
use twite::wire::{RawOption, number};
use twite_server::client::Reply;
use twite_tests::ask::{ask, code, etag, get, get_as, put};
use twite_tests::datagrams::{Datagrams, datagram, message};
use twite_tests::folder::Folder;
use twite_tests::program::twite;
use twite_tests::server::Server;

const JSON: u16 = 50;
const MERGE_PATCH: u16 = 52;
const CBOR: u16 = 60;
const PROBLEM: u16 = 257;

fn change(server: SocketAddr, method: RequestType, path: &str, format: u16, payload: &[u8]) -> Reply {
    ask(server, method, path, |plain| Outgoing { content_format: Some(format), payload, ..plain })
}

fn text(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.payload).into_owned()
}

#[test]
fn section_3_1_a_patch_changes_what_it_names_and_answers_with_the_new_etag() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let address = server.address();
    let mut last = etag(&put(address, "notes/a", JSON, br#"{"a":"b","c":{"d":1,"e":2}}"#));
    for (method, format, patch, result) in [
        (Patch, MERGE_PATCH, &br#"{"c":{"d":null}}"#[..], r#"{"a":"b","c":{"e":2}}"#),
        (IPatch, MERGE_PATCH, br#"{"a":[1]}"#, r#"{"a":[1],"c":{"e":2}}"#),
        (Patch, CBOR, b"\xa1\x61a\xf6", r#"{"c":{"e":2}}"#),
        (IPatch, CBOR, b"\xa1\x61f\xf5", r#"{"c":{"e":2},"f":true}"#),
    ] {
        let changed = change(address, method, "notes/a", format, patch);
        assert_eq!((code(&changed), changed.payload.len()), ("2.04".into(), 0), "{method:?} {format}");
        let read = get(address, "notes/a");
        assert_eq!((text(&read), etag(&read)), (result.into(), etag(&changed)), "{method:?} {format}");
        assert_eq!(read.content_format(), Some(JSON), "it stays in its format");
        assert_ne!(etag(&changed), last);
        last = etag(&changed);
    }
    assert_eq!(server.terminate().0, Some(0));
    let server = Server::start(folder.path(), &[]);
    assert_eq!(text(&get(server.address(), "notes/a")), r#"{"c":{"e":2},"f":true}"#, "after a restart");
}

#[test]
fn section_3_4_a_typed_resource_keeps_its_rules() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let (address, path) = (server.address(), "sensors/a1/temperature");
    put(address, path, CBOR, b"\xa2\x00\xf9\x4d\x60\x01\x07"); // {0: 21.5, 1: 7}
    for (format, patch, detail) in [
        (MERGE_PATCH, &br#"{"celsius":-300}"#[..], "celsius: expected a number from -273.15 to 10000"),
        (CBOR, b"\xa1\x00\x39\x01\x2b", "celsius: expected a number from -273.15 to 10000"),
        (MERGE_PATCH, br#"{"celsius":null}"#, "celsius: missing"),
        (MERGE_PATCH, br#"{"percent":1}"#, "percent: expected one of celsius, time"),
    ] {
        let refused = change(address, Patch, path, format, patch);
        assert_eq!((code(&refused), refused.content_format()), ("4.22".into(), Some(PROBLEM)), "{detail}");
        assert!(text(&refused).contains(detail), "{refused:?}");
    }
    assert_eq!(get(address, path).payload, b"\xa2\x00\xf9\x4d\x60\x01\x07", "nothing of it was done");
    assert_eq!(code(&change(address, Patch, path, MERGE_PATCH, br#"{"celsius":22.5}"#)), "2.04");
    assert_eq!(code(&change(address, Patch, path, CBOR, b"\xa1\x01\xf6")), "2.04");
    assert_eq!(get(address, path).payload, b"\xa1\x00\xf9\x4d\xa0");
    assert_eq!(text(&get_as(address, path, JSON)), r#"{"celsius":22.5}"#);
}

#[test]
fn section_3_4_errors_are_told_apart() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let address = server.address();
    put(address, "note", JSON, b"{}");
    put(address, "text", 0, b"{}");
    for (path, format, patch, expected) in [
        ("note", MERGE_PATCH, &b"{\"a\":}"[..], "4.00"),
        ("note", MERGE_PATCH, b"{\"a\":1,\"a\":2}", "4.00"),
        ("note", MERGE_PATCH, b"[[[[[[[[[]]]]]]]]]", "4.00"),
        ("note", CBOR, b"\xa1\x00", "4.00"),
        ("note", JSON, b"{}", "4.15"),
        ("note", 51, b"[]", "4.15"),
        ("text", MERGE_PATCH, b"{}", "4.15"),
        ("note", CBOR, b"\xa1\x41x\x00", "4.22"),
        ("none", MERGE_PATCH, b"{}", "4.04"),
        (".well-known/core", MERGE_PATCH, b"{}", "4.05"),
    ] {
        for method in [Patch, IPatch] {
            let refused = change(address, method, path, format, patch);
            assert_eq!(code(&refused), expected, "{path} {format} {refused:?}");
        }
    }
    assert_eq!((text(&get(address, "note")), text(&get(address, "text"))), ("{}".into(), "{}".into()));
    assert_eq!(code(&get(address, "none")), "4.04", "a patch creates nothing");
}

#[test]
fn section_3_conditions_guard_a_patch() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let address = server.address();
    let old = [etag(&put(address, "note", JSON, br#"{"a":1}"#))];
    let new = [etag(&change(address, Patch, "note", MERGE_PATCH, br#"{"b":2}"#))];
    let guarded = |path, tags: &[_], if_none_match| {
        let (content_format, payload) = (Some(MERGE_PATCH), br#"{"c":3}"#.as_slice());
        code(&ask(address, Patch, path, |plain| Outgoing {
            content_format,
            payload,
            if_match: tags,
            if_none_match,
            ..plain
        }))
    };
    assert_eq!(guarded("note", &old, false), "4.12");
    assert_eq!(guarded("note", &[], true), "4.12");
    assert_eq!(guarded("none", &new, false), "4.12");
    assert_eq!(guarded("none", &[], true), "4.04");
    assert_eq!(text(&get(address, "note")), r#"{"a":1,"b":2}"#);
    assert_eq!(guarded("note", &new, false), "2.04");
    assert_eq!(guarded("note", &new, false), "4.12", "it has another ETag now");
    assert_eq!(text(&get(address, "note")), r#"{"a":1,"b":2,"c":3}"#);
}

#[test]
fn section_3_of_concurrent_patches_none_is_lost() {
    const EACH: usize = 25;
    let folder = Folder::new();
    let server = Server::listening(folder.path(), &["127.0.0.1:0", "127.0.0.2:0"], &[]);
    put(server.address(), "note", JSON, b"{}");
    let names: Vec<String> = std::thread::scope(|scope| {
        let patchers = (0..4).map(|patcher: usize| {
            let address = server.addresses()[patcher % 2];
            scope.spawn(move || {
                let add = |count| {
                    let name = format!("p{patcher}n{count}");
                    let patch = format!("{{\"{name}\":{count}}}");
                    let method = if count % 2 == 0 { Patch } else { IPatch };
                    // The server tries a patch again only so often; then it says so and the client goes on.
                    let mut tries = 0;
                    loop {
                        let changed = change(address, method, "note", MERGE_PATCH, patch.as_bytes());
                        match code(&changed).as_str() {
                            "2.04" => return name,
                            "4.09" if tries < 100 => tries += 1,
                            _ => panic!("{changed:?}"),
                        }
                    }
                };
                (0..EACH).map(add).collect::<Vec<_>>()
            })
        });
        let patchers: Vec<_> = patchers.collect();
        patchers.into_iter().flat_map(|patcher| patcher.join().expect("it succeeds")).collect()
    });
    let note = text(&get(server.address(), "note"));
    assert_eq!(names.len(), 4 * EACH);
    for name in names {
        assert!(note.contains(&format!("\"{name}\":")), "{name} is lost: {note}");
    }
}

#[test]
fn section_3_patches_under_way_at_once_are_all_applied() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    put(server.address(), "note", JSON, b"{}");
    // Sent before any answer is read, so that most are computed from a state that is no longer there.
    let sockets: Vec<Datagrams> = (0..16).map(|_| Datagrams::to(server.address())).collect();
    for (count, socket) in (0..).zip(&sockets) {
        let patch = format!("{{\"n{count}\":{count}}}");
        let request = Outgoing {
            content_format: Some(MERGE_PATCH),
            payload: patch.as_bytes(),
            ..Outgoing::new(IPatch, &[b"note"])
        };
        socket.send(&datagram(&request, count, b"many"));
    }
    for socket in &sockets {
        let answer = socket.receive();
        assert_eq!(message(&answer).code().to_string(), "2.04");
    }
    let note = text(&get(server.address(), "note"));
    let lost: Vec<u16> = (0..16).filter(|count| !note.contains(&format!("\"n{count}\":"))).collect();
    assert!(lost.is_empty(), "{lost:?} of {note}");
}

#[test]
fn section_3_a_patch_may_come_in_blocks() {
    let folder = Folder::new();
    let server = Server::start(&folder.path().join("data"), &[]);
    let address = server.address();
    put(address, "note", JSON, br#"{"kept":1,"gone":2}"#);
    let long = "x".repeat(3_000);
    let file = folder.file("patch", format!("{{\"gone\":null,\"long\":\"{long}\"}}"));
    let (uri, body) = (server.uri("note"), format!("@{}", file.display()));
    for command in ["patch", "ipatch"] {
        let ran = twite([command, "-t", "merge-patch", "-b", "64", &uri, &body]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(text(&get(address, "note")), format!("{{\"kept\":1,\"long\":\"{long}\"}}"));
    }
    let socket = Datagrams::to(address);
    let options = [RawOption { number: number::BLOCK1, value: &[0x08] }];
    let first = Outgoing {
        content_format: Some(MERGE_PATCH),
        options: &options,
        payload: b"{\"kept\": null,  ",
        ..Outgoing::new(Patch, &[b"note"])
    };
    let answer = socket.exchange(&datagram(&first, 1, b"part"));
    assert_eq!(message(&answer).code().to_string(), "2.31");
    assert!(text(&get(address, "note")).starts_with(r#"{"kept":1"#), "nothing is done before the last block");
}

#[test]
fn the_command_line_patches_in_both_formats() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    put(server.address(), "lamps/1", CBOR, b"\xa2\x00\xf5\x01\x18\x50");
    let uri = server.uri("lamps/1");
    let ran = twite(["patch", "-t", "merge-patch", &uri, r#"{"on":false}"#]);
    assert!(ran.code == Some(0) && ran.stderr.starts_with("2.04 Changed  ETag:0x"), "{ran:?}");
    assert_eq!(twite(["ipatch", "-t", "cbor", &uri, "{1: null}"]).code, Some(0));
    assert_eq!(get(server.address(), "lamps/1").payload, b"\xa1\x00\xf4");
    assert_eq!(twite(["patch", &uri, r#"{"on":false}"#]).code, Some(4), "a patch has no format by default");
    let broken = twite(["patch", "-t", "cbor", "--diag", &uri, "{0: 1}"]);
    assert!(broken.code == Some(4) && broken.text().contains("on: expected true or false"), "{broken:?}");
}

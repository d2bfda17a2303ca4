//! Resources that the configuration declares: validation, discovery, who creates them, and paths that are not declared.

use twite::exchange::Outgoing;
use twite::wire::{RawOption, RequestType, number};
use twite_server::formats::{CBOR, JSON};
use twite_tests::ask::{self, code};
use twite_tests::folder::Folder;
use twite_tests::program::twite;
use twite_tests::server::Server;
use twite_tests::web;

const TANKS: &str = r#"
[[resource]]
path = "plants/{plant}/tanks/{id}"
title = "A tank"
rt = "tank"
if = "core.s"
fields = [
    { name = "level", key = 0, kind = "number", min = 0, max = 12.5, unit = "m" },
    { name = "state", key = 2, kind = "text", one_of = ["idle", "filling"], required = false },
]
create = "put"
max_age = 7

[[resource]]
path = "halls/{id}"
type = "temperature"
formats = ["cbor"]
observable = false

[[resource]]
path = "jobs/{id}"
create = "post"
"#;

/// A server with this configuration; its folder lives as long as it.
fn start(text: &str) -> (Folder, Server) {
    let folder = Folder::new();
    let file = folder.file("twite.toml", text);
    let config = file.to_str().expect("a path of our own");
    let server = Server::start(&folder.path().join("data"), &["--config", config, "--http", "127.0.0.1:0"]);
    (folder, server)
}

fn detail(reply: &twite_server::client::Reply) -> String {
    String::from_utf8_lossy(&reply.payload).into_owned()
}

#[test]
fn bodies_keep_the_declared_rules_over_both_protocols() {
    let (_folder, server) = start(TANKS);
    let address = server.address();
    let path = "plants/north/tanks/1";
    let put = |format, body: &[u8]| ask::put(address, path, format, body);
    assert_eq!(code(&put(CBOR, b"\xa2\x00\xf9\x41\x00\x02\x64idle")), "2.01");
    assert_eq!(ask::get_as(address, path, JSON).payload, br#"{"level":2.5,"state":"idle"}"#);
    assert_eq!(code(&put(JSON, br#"{"level":2.1,"later":1}"#)), "2.04");
    assert_eq!(ask::get_as(address, path, CBOR).payload, b"\xa1\x00\xfa\x40\x06\x66\x66");
    for (format, body, said) in [
        (JSON, &br#"{"level":13}"#[..], "level: expected a number from 0 to 12.5"),
        (CBOR, b"\xa1\x00\x0d", "level: expected a number from 0 to 12.5"),
        (CBOR, b"\xa1\x02\x64idle", "level: missing"),
        (JSON, br#"{"level":1,"state":"off"}"#, "state: expected one of idle, filling"),
        (CBOR, b"\x01", "expected a map with unsigned integer keys"),
    ] {
        let refused = put(format, body);
        assert_eq!(code(&refused), "4.00");
        assert!(detail(&refused).contains(said), "{said}: {}", detail(&refused));
    }
    assert_eq!(code(&put(0, b"empty")), "4.15");
    let patched = ask::ask(address, RequestType::IPatch, path, |request| Outgoing {
        content_format: Some(52),
        payload: br#"{"state":"off"}"#,
        ..request
    });
    assert_eq!(code(&patched), "4.22");
    assert!(detail(&patched).contains("state: expected one of idle, filling"));

    let page = web::put(server.http(), &format!("/{path}"), "application/json", br#"{"level":-1}"#);
    assert_eq!((page.status, page.header("content-type")), (400, "application/problem+json"));
    assert_eq!(page.json()["detail"], "level: expected a number from 0 to 12.5");
    let page = web::get(server.http(), &format!("/{path}"));
    assert_eq!((page.status, page.header("cache-control")), (200, "max-age=7"));
    assert!(
        web::get_as(server.http(), &format!("/{path}"), "application/senml+json")
            .text()
            .contains(r#""u":"m""#)
    );
}

#[test]
fn discovery_says_what_is_declared() {
    let (_folder, server) = start(TANKS);
    let address = server.address();
    ask::put(address, "plants/north/tanks/1", CBOR, b"\xa1\x00\x01");
    ask::put(address, "halls/a", CBOR, b"\xa1\x00\x01");
    let links = detail(&ask::get(address, ".well-known/core"));
    let link = |path: &str| links.split(",<").find(|link| link.contains(path)).unwrap_or_default().to_owned();
    let tank = link("/plants/north/tanks/1");
    for attribute in ["rt=tank", "if=core.s", "title=\"A tank\"", "ct=\"60 50\"", ";obs"] {
        assert!(
            tank.replace("rt=\"tank\"", "rt=tank").replace("if=\"core.s\"", "if=core.s").contains(attribute),
            "{attribute}: {tank}"
        );
    }
    assert!(!link("/halls/a").contains("obs"), "{links}");
    let tank = ask::get(address, "plants/north/tanks/1");
    assert_eq!(ask::values(&tank, number::MAX_AGE).collect::<Vec<_>>(), [&[7][..]]);
    let observe = |path| {
        let observed = ask::ask(address, RequestType::Get, path, |request| Outgoing {
            options: &[RawOption { number: number::OBSERVE, value: &[] }],
            ..request
        });
        ask::values(&observed, number::OBSERVE).count()
    };
    assert_eq!((observe("plants/north/tanks/1"), observe("halls/a")), (1, 0));
    let stream = web::get_as(server.http(), "/halls/a", "text/event-stream");
    assert_eq!(stream.status, 406);
}

#[test]
fn resources_are_created_by_whom_the_declaration_names() {
    let (_folder, server) = start(TANKS);
    let address = server.address();
    assert_eq!(code(&ask::post(address, "plants/north/tanks", CBOR, b"\xa1\x00\x01")), "4.05");
    assert_eq!(code(&ask::put(address, "halls/a", JSON, br#"{"celsius":1}"#)), "4.15");
    assert_eq!(code(&ask::put(address, "jobs/1", 0, b"run")), "4.05");
    let made = ask::post(address, "jobs", 0, b"run");
    assert_eq!(code(&made), "2.01");
    assert_eq!(code(&ask::put(address, &ask::location(&made), 0, b"again")), "2.04");
    let options = web::ask(server.http(), "OPTIONS", "/plants/north/tanks", &[], b"");
    assert!(!options.header("allow").contains("POST"), "{options:?}");
    assert!(web::ask(server.http(), "OPTIONS", "/jobs", &[], b"").header("allow").contains("POST"));
}

#[test]
fn paths_that_are_not_declared_are_read_or_are_not_there() {
    for (undeclared, read, written) in [("read-only", "2.05", "4.05"), ("refuse", "4.04", "4.04")] {
        let folder = Folder::new();
        let data = folder.path().join("data");
        let before = Server::start(&data, &[]);
        ask::put(before.address(), "old/1", 0, b"old");
        before.terminate();
        let file = folder.file("twite.toml", format!("undeclared = \"{undeclared}\"\n{TANKS}"));
        let server = Server::start(&data, &["--config", file.to_str().expect("a path of our own")]);
        let address = server.address();
        assert_eq!(code(&ask::get(address, "old/1")), read);
        assert_eq!(code(&ask::put(address, "old/1", 0, b"new")), written);
        assert_eq!(code(&ask::put(address, "sensors/a/temperature", CBOR, b"\xa1\x00\x01")), written);
        assert_eq!(code(&ask::post(address, "old", 0, b"new")), written);
        assert_eq!(code(&ask::delete(address, "old/1")), written);
        assert_eq!(code(&ask::put(address, "halls/a", CBOR, b"\xa1\x00\x01")), "2.01");
        assert_eq!(code(&ask::post(address, "jobs", 0, b"run")), "2.01");
        let is_listed = detail(&ask::get(address, ".well-known/core")).contains("old/1");
        assert_eq!(is_listed, undeclared == "read-only");
        let query = |request| Outgoing {
            content_format: Some(JSON),
            payload: br#"{"fields":["celsius"]}"#,
            ..request
        };
        let fetched = ask::ask(address, RequestType::Fetch, "", query);
        assert_eq!(code(&fetched), "2.05");
    }
}

#[test]
fn a_configuration_is_checked_without_a_server() {
    let folder = Folder::new();
    let check =
        |text: &str| twite(["check-config", folder.file("twite.toml", text).to_str().expect("a path")]);
    let sound = check(TANKS);
    assert_eq!(sound.code, Some(0), "{sound:?}");
    let lines: Vec<&str> = sound.text().lines().collect();
    assert_eq!(
        lines[0],
        "plants/{plant}/tanks/{id}: tank, fields level, state; application/cbor, application/json"
    );
    assert_eq!((lines.len(), lines[2]), (3, "jobs/{id}: any body"));
    for (text, said) in [
        (
            "[[resource]]\npath = \"a\"\ncreate = \"me\"\n",
            "twite.toml:3:10: resource.create: expected one of any, put, post, never",
        ),
        ("[limits]\nbody_bytes = 0\n", "twite.toml:2:14: limits.body_bytes: "),
        ("policy = \"missing.toml\"\n", "missing.toml: cannot be read"),
    ] {
        let broken = check(text);
        assert_eq!(broken.code, Some(2), "{broken:?}");
        assert!(broken.stderr.contains(said), "{}", broken.stderr);
    }
}

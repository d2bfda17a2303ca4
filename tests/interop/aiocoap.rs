//! aiocoap as a client of our server, and as a server of our client.

use std::time::Duration;

use twite_tests::folder::Folder;
use twite_tests::program::{run, run_within};
use twite_tests::server::Server;

use super::peer::{Aiocoap, python};

#[test]
fn aiocoap_is_served() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let uri = format!("coap://{}", server.address());
    let ran = run(python("client.py").arg(uri), &[]);
    assert_eq!(ran.code, Some(0), "after\n{}{}", ran.text(), ran.stderr);
    assert_eq!(ran.text().lines().count(), 12, "{ran:?}");
}

#[test]
fn aiocoap_observes_and_sends_large_bodies() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--plugtest", "--durability", "memory"]);
    let uri = format!("coap://{}", server.address());
    let ran = run(python("plugtest.py").arg(uri), &[]);
    assert_eq!((ran.code, ran.text()), (Some(0), "done\n"), "{}", ran.stderr);
}

#[test]
fn a_mebibyte_goes_up_and_down_in_small_blocks_and_large_ones() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--durability", "memory"]);
    let uri = format!("coap://{}", server.address());
    // aiocoap copies all that it has with each block: a minute for the 65 536 blocks of 16 bytes.
    let ran = run_within(Duration::from_secs(600), python("mebibyte.py").arg(uri), &[]);
    assert_eq!((ran.code, ran.text()), (Some(0), "1024\n16\n"), "{}", ran.stderr);
}

#[test]
fn aiocoap_registers_and_is_found_in_the_directory() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--directory"]);
    let uri = format!("coap://{}", server.address());
    let ran = run(python("directory.py").arg(uri), &[]);
    assert_eq!((ran.code, ran.text()), (Some(0), "found\ngone\n"), "{}", ran.stderr);
}

#[test]
fn an_aiocoap_server_is_used() {
    let server = Aiocoap::start();
    assert_eq!(server.ask(0, "get", "/note", &[]).text(), "hello");
    assert_eq!(server.ask(0, "get", "/note", &["-N"]).text(), "hello");
    let valid = server.ask(0, "get", "/note", &["--etag", "06"]);
    assert!(valid.stderr.starts_with("2.03 Valid") && valid.stdout.is_empty(), "{valid:?}");
    let changed = server.ask(0, "put", "/note", &["-t", "text", "new"]);
    assert!(changed.stderr.starts_with("2.04 Changed"), "{changed:?}");
    assert_eq!(server.ask(0, "post", "/note", &["er"]).text(), "newer");
    let deleted = server.ask(0, "delete", "/note", &[]);
    assert!(deleted.stderr.starts_with("2.02 Deleted"), "{deleted:?}");
    server.ask(4, "get", "/none", &[]);
    server.ask(4, "post", "/slow", &[]);
    let links = server.ask(0, "discover", "", &[]);
    assert!(links.text().lines().any(|line| line == "/note  obs  rt=note  ct=0"), "{links:?}");
    let ping = server.ask(0, "ping", "", &[]);
    assert!(ping.stderr.contains("is there"), "{ping:?}");
}

#[test]
fn a_large_body_goes_to_an_aiocoap_server_and_back() {
    let server = Aiocoap::start();
    let body: String = (0..2_000).map(|line| format!("line {line}\n")).collect();
    let folder = Folder::new();
    let file = format!("@{}", folder.file("large.txt", &body).display());
    for size in ["1024", "64"] {
        let changed = server.ask(0, "put", "/note", &["-b", size, "-t", "text", &file]);
        assert!(changed.stderr.starts_with("2.04 Changed"), "{changed:?}");
        assert_eq!(server.ask(0, "get", "/note", &["-b", size]).text(), body);
        assert_eq!(server.ask(0, "get", "/note", &[]).text(), body);
    }
}

#[test]
fn a_separate_response_is_taken_and_acknowledged() {
    let server = Aiocoap::start();
    let ran = server.ask(0, "get", "/slow", &["-v"]);
    assert_eq!(ran.text(), "at last");
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let [request, acknowledged, response, acknowledge, _] = lines.as_slice() else { panic!("{ran:?}") };
    assert!(request.starts_with("> v:1 t:CON c:GET"), "{ran:?}");
    assert!(acknowledged.starts_with("< v:1 t:ACK c:0.00"), "{ran:?}");
    assert!(response.starts_with("< v:1 t:CON c:2.05"), "{ran:?}");
    assert!(acknowledge.starts_with("> v:1 t:ACK c:0.00"), "{ran:?}");
    assert_eq!(server.ask(0, "get", "/slow", &["-N"]).text(), "at last");
}

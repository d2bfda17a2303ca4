//! libcoap's `coap-client` as Debian ships it, against our server.

use std::process::Command;

use twite_tests::ask;
use twite_tests::folder::Folder;
use twite_tests::follower::Follower;
use twite_tests::program::{Ran, run};
use twite_tests::server::Server;

/// {0: 21.5}
const READING: &[u8] = b"\xa1\x00\xf9\x4d\x60";

const PROGRAM: &str = "coap-client-notls";

/// Runs the client; it gives up after a minute.
fn coap_client(arguments: &[&str]) -> Ran {
    let there = Command::new(PROGRAM).arg("-h").output().is_ok();
    assert!(there, "{PROGRAM} is missing; install it: apt-get install libcoap3-bin");
    let ran = run(Command::new(PROGRAM).args(["-B", "60"]).args(arguments), &[]);
    assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
    ran
}

/// Runs the client and expects it to have nothing to complain about.
fn succeeded(arguments: &[&str]) -> Ran {
    let ran = coap_client(arguments);
    assert!(ran.stderr.is_empty(), "{arguments:?}: {ran:?}");
    ran
}

#[test]
fn every_method_works() {
    let folder = Folder::new();
    let server = Server::start(&folder.path().join("data"), &[]);
    let uri = server.uri("sensors/a1/temperature");
    let file = folder.file("reading.cbor", READING);
    let file = file.to_str().expect("a path of our own");
    for unreliable in [&[][..], &["-N"]] {
        let with = |arguments: &[&str]| succeeded(&[unreliable, arguments].concat());
        with(&["-m", "put", "-t", "60", "-f", file, &uri]);
        let read = ask::get(server.address(), "sensors/a1/temperature");
        assert_eq!((read.content_format(), read.payload.as_slice()), (Some(60), READING));
        assert_eq!(with(&["-m", "get", "-A", "50", &uri]).text().trim_end(), r#"{"celsius":21.5}"#);
        let output = folder.path().join("output");
        with(&["-m", "get", "-A", "60", "-o", output.to_str().expect("a path of our own"), &uri]);
        assert_eq!(std::fs::read(&output).expect("the client wrote it"), READING);
        with(&["-m", "delete", &uri]);
        assert_eq!(ask::code(&ask::get(server.address(), "sensors/a1/temperature")), "4.04");
    }
}

#[test]
fn a_post_creates_a_child() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let shown = succeeded(&["-v", "6", "-m", "post", "-t", "0", "-e", "hello", &server.uri("notes")]);
    let created = shown.text().lines().find(|line| line.contains("c:2.01"));
    let created = created.unwrap_or_else(|| panic!("{shown:?}"));
    assert!(created.contains("Location-Path:notes"), "{created}");
    let links = succeeded(&["-m", "get", &server.uri(".well-known/core")]);
    let (_, name) = links.text().split_once("</notes/").expect("the child is listed");
    let (name, _) = name.split_once('>').expect("a link");
    assert_eq!(succeeded(&["-m", "get", &server.uri(&format!("notes/{name}"))]).text(), "hello\n");
}

#[test]
fn large_bodies_travel_in_blocks() {
    let folder = Folder::new();
    let server = Server::start(&folder.path().join("data"), &[]);
    let body: Vec<u8> = (0..20_000_u32).map(|at| (at * at % 251) as u8).collect();
    let file = folder.file("large", &body);
    let output = folder.path().join("output");
    let [file, output] = [&file, &output].map(|path| path.to_str().expect("a path of our own"));
    for size in ["1024", "256", "16"] {
        let uri = server.uri(&format!("large/{size}"));
        succeeded(&["-b", size, "-m", "put", "-t", "42", "-f", file, &uri]);
        let read = ask::get(server.address(), &format!("large/{size}"));
        assert_eq!((read.content_format(), read.payload.len()), (Some(42), body.len()), "{size}");
        assert!(read.payload == body, "{size}");
        succeeded(&["-b", size, "-m", "get", "-o", output, &uri]);
        assert!(std::fs::read(output).expect("the client wrote it") == body, "{size}");
    }
}

#[test]
fn a_mebibyte_goes_up_and_down_in_small_blocks_and_large_ones() {
    let folder = Folder::new();
    let server = Server::start(&folder.path().join("data"), &["--durability", "memory"]);
    for size in ["16", "1024"] {
        let body: Vec<u8> = (0_u32..).flat_map(u32::to_be_bytes).take(1 << 20).collect();
        let file = folder.file("large", &body);
        let output = folder.path().join("output");
        let [file, output] = [&file, &output].map(|path| path.to_str().expect("a path of our own"));
        let uri = server.uri(&format!("large/{size}"));
        succeeded(&["-b", size, "-m", "put", "-t", "42", "-f", file, &uri]);
        succeeded(&["-b", size, "-m", "get", "-o", output, &uri]);
        assert!(std::fs::read(output).expect("the client wrote it") == body, "{size}");
    }
}

#[test]
fn changes_are_observed() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--plugtest"]);
    let (plain, blocks) = (server.uri("obs"), server.uri("obs-large"));
    // The resources change every five seconds.
    let observe = |more: &[&str]| succeeded(&[&["-s", "6"], more].concat()).text().matches("state ").count();
    std::thread::scope(|scope| {
        let plain = scope.spawn(|| observe(&[&plain]));
        let blocks = scope.spawn(|| observe(&["-b", "64", &blocks]));
        for heard in [plain, blocks] {
            assert!(heard.join().expect("the client ended") >= 2);
        }
    });
}

#[test]
fn resources_are_discovered() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--plugtest"]);
    ask::put(server.address(), "sensors/a1/temperature", 60, READING);
    let links = succeeded(&["-m", "get", &server.uri(".well-known/core")]);
    assert!(
        links.text().contains("</t>;ct=0") && links.text().contains("</sensors/a1/temperature>"),
        "{links:?}"
    );
    let links = succeeded(&["-m", "get", &server.uri(".well-known/core?rt=temperature")]);
    assert!(links.text().starts_with("</sensors/a1/temperature>;rt=\"temperature\""), "{links:?}");
    assert!(!links.text().contains("</t>"), "{links:?}");
}

#[test]
fn an_error_says_what_is_wrong() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--plugtest"]);
    let missing = coap_client(&["-m", "get", &server.uri("none")]);
    assert!(
        missing.stderr.starts_with("4.04 ") && missing.stderr.contains("no such resource"),
        "{missing:?}"
    );
    let plain = coap_client(&["-m", "get", "-A", "0", &server.uri("none")]);
    assert_eq!(plain.stderr, "4.04 no such resource\n");
    let invalid = coap_client(&["-m", "put", "-t", "50", "-e", "{}", &server.uri("lamps/1")]);
    assert!(invalid.stderr.starts_with("4.00 ") && invalid.stderr.contains("on"), "{invalid:?}");
}

/// A client that observes.
fn observer(uri: &str) -> Follower {
    Follower::spawn(Command::new(PROGRAM).args(["-w", "-s", "60", "-m", "get", uri]))
}

#[test]
fn observers_are_told_of_changes() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    ask::put(server.address(), "note", 0, b"one");
    let observers = [observer(&server.uri("note")), observer(&server.uri("note"))];
    for text in ["one", "two", "three"] {
        ask::put(server.address(), "note", 0, text.as_bytes());
        for observer in &observers {
            // The state of the registration may be told once more.
            let heard = std::iter::repeat_with(|| observer.line()).find(|heard| heard == text);
            assert_eq!(heard.as_deref(), Some(text));
        }
    }
}

#[test]
fn lost_datagrams_are_sent_again() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--plugtest"]);
    // The client loses the first datagram and repeats it after two to three seconds.
    succeeded(&["-l", "1", "-m", "post", "-e", "x", &server.uri("c")]);
    assert_eq!(ask::get(server.address(), "c").payload, b"1");
}

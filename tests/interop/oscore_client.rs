//! `twite` as a client of an aiocoap server under OSCORE: contexts are made by `twite keygen --aiocoap server`.

use std::path::PathBuf;

use twite_tests::datagrams::{Datagrams, message};
use twite_tests::folder::Folder;
use twite_tests::follower::Follower;
use twite_tests::liar::Liar;
use twite_tests::program::{Ran, command, twite};
use twite_tests::secure::partial_iv;

use super::peer::Aiocoap;

/// A server and both sides of its context.
struct Pair {
    folder: Folder,
    server: Aiocoap,
    context: String,
}

/// Both sides of a context of this name: the server's folder, the client's file.
fn keygen(folder: &Folder, name: &str) -> (PathBuf, String) {
    let here = folder.path();
    let directory = here.to_str().expect("UTF-8");
    let made = twite(["keygen", name, "--directory", directory, "--aiocoap", "server"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let client = here.join(format!("{name}.client.toml"));
    (here.join(format!("{name}.server")), client.to_str().expect("UTF-8").to_owned())
}

impl Pair {
    fn new() -> Self {
        let folder = Folder::new();
        let (server, context) = keygen(&folder, "gateway");
        Self { server: Aiocoap::under(&server), folder, context }
    }

    /// Asks under the context. Whatever is answered without protection is code 3.
    fn ask(&self, code: i32, command: &str, path: &str, more: &[&str]) -> Ran {
        self.server.ask(code, command, path, &[&["--oscore", &self.context][..], more].concat())
    }
}

#[test]
fn every_method_of_an_aiocoap_server_is_used_under_a_context() {
    let pair = Pair::new();
    assert_eq!(pair.ask(0, "get", "/note", &[]).text(), "hello");
    assert_eq!(pair.ask(0, "get", "/note", &["-N"]).text(), "hello");
    let valid = pair.ask(0, "get", "/note", &["--etag", "06"]);
    assert!(valid.stderr.starts_with("2.03 Valid") && valid.stdout.is_empty(), "{valid:?}");
    let changed = pair.ask(0, "put", "/note", &["-t", "text", "new"]);
    assert!(changed.stderr.starts_with("2.04 Changed"), "{changed:?}");
    assert_eq!(pair.ask(0, "post", "/note", &["er"]).text(), "newer");
    assert_eq!(pair.ask(0, "fetch", "/note", &["-t", "text", "2"]).text(), "ne");
    let deleted = pair.ask(0, "delete", "/note", &[]);
    assert!(deleted.stderr.starts_with("2.02 Deleted"), "{deleted:?}");
    assert_eq!(pair.ask(0, "get", "/slow", &[]).text(), "at last");
    let links = pair.ask(0, "discover", "", &[]);
    assert!(links.text().lines().any(|line| line == "/note  obs  rt=note  ct=0"), "{links:?}");
    let missing = pair.ask(4, "get", "/none", &[]);
    assert!(missing.stderr.starts_with("4.04"), "{missing:?}");
    assert!(pair.ask(4, "post", "/slow", &[]).stderr.starts_with("4.05"));
    assert!(pair.ask(0, "ping", "", &[]).stderr.contains("has the context"));
}

#[test]
fn a_large_body_goes_to_an_aiocoap_server_and_back_in_inner_blocks() {
    let pair = Pair::new();
    let body: String = (0..500).map(|line| format!("line {line:04}\n")).collect();
    assert_eq!(body.len(), 5_000);
    let file = format!("@{}", pair.folder.file("large.txt", &body).display());
    for size in ["1024", "64"] {
        let changed = pair.ask(0, "put", "/note", &["-b", size, "-t", "text", &file]);
        assert!(changed.stderr.starts_with("2.04 Changed"), "{changed:?}");
        assert_eq!(pair.ask(0, "get", "/note", &["-b", size]).text(), body, "{size}");
        assert_eq!(pair.ask(0, "get", "/note", &[]).text(), body, "{size}");
    }
}

#[test]
fn an_aiocoap_server_is_observed_under_a_context() {
    let pair = Pair::new();
    // A context is one client's, so that somebody else changes the resource: without one, which this server permits.
    let uri = format!("coap://{}/note", pair.server.address());
    let mut observer =
        Follower::spawn(command().args(["observe", &uri, "--oscore", &pair.context, "--count", "3"]));
    assert_eq!(observer.line(), "hello");
    for state in ["one", "two"] {
        pair.server.ask(0, "put", "/note", &["-t", "text", state]);
        assert_eq!(observer.line(), state);
    }
    assert!(observer.ended().success());
    assert_eq!(pair.ask(0, "get", "/note", &[]).text(), "two");
}

#[test]
fn an_aiocoap_server_that_was_killed_is_shown_freshness() {
    let Pair { folder, server, context } = Pair::new();
    server.ask(0, "get", "/note", &["--oscore", &context]);
    drop(server);
    let pair = Pair { server: Aiocoap::under(&folder.path().join("gateway.server")), folder, context };
    for requests in [2, 1] {
        let ran = pair.ask(0, "get", "/note", &["-v"]);
        assert_eq!(ran.text(), "hello");
        assert_eq!(ran.stderr.matches("> v:1 t:CON c:POST").count(), requests, "{ran:?}");
    }
}

#[test]
fn an_aiocoap_server_without_the_key_refuses() {
    let pair = Pair::new();
    let (_, unknown) = keygen(&pair.folder, "unknown");
    let refused = pair.server.ask(3, "get", "/note", &["--oscore", &unknown]);
    assert!(refused.stderr.contains("4.01 Security context not found"), "{refused:?}");
    let read = |context: &str| std::fs::read_to_string(context).expect("a file");
    let secret = |text: &str| text.split('"').nth(3).expect("a secret").to_owned();
    let (ours, others) = (read(&pair.context), read(&unknown));
    std::fs::write(&pair.context, ours.replace(&secret(&ours), &secret(&others))).expect("a file");
    let refused = pair.ask(3, "get", "/note", &[]);
    assert!(refused.stderr.contains("4.00 Decryption failed"), "{refused:?}");
}

#[test]
fn what_was_said_before_counts_on_neither_side() {
    let pair = Pair::new();
    let liar = Liar::before(pair.server.address(), |answer, before| {
        let head = &answer[..4 + usize::from(answer[0] & 0x0f)];
        let earlier = before.get(head.len()..).map(|rest| [head, rest].concat());
        earlier.into_iter().chain([answer.to_vec()]).collect()
    });
    for text in ["one", "two"] {
        let uri = liar.uri("note");
        assert_eq!(twite(["put", &uri, text, "--oscore", &pair.context]).code, Some(0));
        assert_eq!(twite(["get", &uri, "--oscore", &pair.context]).text(), text);
    }
    let requests = liar.end();
    let socket = Datagrams::to(pair.server.address());
    for request in &requests {
        assert!(partial_iv(request).is_some());
        // Another message id, so that it is no repetition.
        let replayed = [&request[..2], &[0, 9], &request[4..]].concat();
        let answer = socket.exchange(&replayed);
        let answer = message(&answer);
        assert_eq!((answer.code().to_string().as_str(), answer.payload()), ("4.01", &b"Replay detected"[..]));
    }
    assert_eq!(pair.ask(0, "get", "/note", &[]).text(), "two");
}

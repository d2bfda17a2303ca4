//! `twite` as a client under a context, of `twite serve` and of servers that do not play along.

use std::path::{Path, PathBuf};

use twite::wire::{Message, number};
use twite_tests::folder::Folder;
use twite_tests::follower::Follower;
use twite_tests::liar::Liar;
use twite_tests::program::{Ran, command, twite};
use twite_tests::secure::partial_iv;
use twite_tests::server::Server;

use super::text;

/// Everything is for who has the context, nothing for anybody else.
const POLICY: &str = "
[identities.gateway]
roles = ['all']
oscore = ['gateway', 'watcher']
[roles.all]
permissions = [{ path = '**', methods = ['GET', 'PUT', 'POST', 'DELETE', 'FETCH', 'PATCH', 'iPATCH'] }]
";

/// A server that has two contexts, and what its clients need.
pub(super) struct Pair {
    pub(super) folder: Folder,
    pub(super) server: Server,
}

fn start(folder: &Folder) -> Server {
    let [policy, one, other] =
        ["policy.toml", "gateway.server.toml", "watcher.server.toml"].map(|name| folder.path().join(name));
    let oscore = ["--oscore", text(&one), "--oscore", text(&other)];
    let arguments = [&["--plugtest", "--policy", text(&policy)][..], &oscore].concat();
    Server::start(&folder.path().join("data"), &arguments)
}

/// Both sides of a context of this name.
fn keygen(folder: &Folder, name: &str) -> PathBuf {
    let made = twite(["keygen", name, "--directory", text(folder.path())]);
    assert_eq!(made.code, Some(0), "{made:?}");
    folder.path().join(format!("{name}.client.toml"))
}

impl Pair {
    pub(super) fn new() -> Self {
        let folder = Folder::new();
        folder.file("policy.toml", POLICY);
        keygen(&folder, "gateway");
        keygen(&folder, "watcher");
        let server = start(&folder);
        Self { folder, server }
    }

    pub(super) fn context(&self) -> PathBuf {
        self.folder.path().join("gateway.client.toml")
    }

    /// Runs a command under the context; it ends with this code.
    pub(super) fn ask(&self, code: i32, name: &str, path: &str, more: &[&str]) -> Ran {
        ask(code, name, &self.server.uri(path), &self.context(), more)
    }
}

/// The same under another context, or elsewhere.
pub(super) fn ask(code: i32, name: &str, uri: &str, context: &Path, more: &[&str]) -> Ran {
    let ran = twite([name, uri, "--oscore", text(context)].iter().chain(more));
    assert_eq!(ran.code, Some(code), "{name} {uri} {more:?}: {ran:?}");
    ran
}

#[test]
fn every_command_goes_under_the_context() {
    let pair = Pair::new();
    // Without it nothing is permitted, so that whatever follows was protected.
    assert_eq!(twite(["get", &pair.server.uri("a")]).code, Some(4));
    assert_eq!(twite(["discover", &pair.server.uri("")]).code, Some(4));
    let json = ["-t", "json"];
    let created = pair.ask(0, "put", "a", &[&json[..], &[r#"{"field":1}"#]].concat());
    assert!(created.stderr.starts_with("2.01 Created"), "{created:?}");
    assert_eq!(pair.ask(0, "get", "a", &[]).text(), r#"{"field":1}"#);
    assert_eq!(pair.ask(0, "get", "a", &["-N"]).text(), r#"{"field":1}"#);
    pair.ask(0, "patch", "a", &["-t", "merge-patch", r#"{"more":2}"#]);
    pair.ask(0, "ipatch", "a", &["-t", "merge-patch", r#"{"field":null}"#]);
    let fetched = pair.ask(0, "fetch", "a", &["-t", "json", "-A", "json", r#"{"fields":["more"]}"#]);
    assert_eq!(fetched.text(), r#"{"more":2}"#);
    let child = pair.ask(0, "post", "notes", &[&json[..], &["1"]].concat());
    assert!(child.stderr.starts_with("2.01 Created"), "{child:?}");
    let listed = pair.ask(0, "discover", "", &[]);
    assert!(listed.text().lines().any(|line| line.starts_with("/a ")), "{listed:?}");
    pair.ask(0, "delete", "a", &[]);
    let missing = pair.ask(4, "get", "a", &[]);
    assert!(missing.stderr.starts_with("4.04"), "{missing:?}");
    let there = pair.ask(0, "ping", "", &[]);
    assert!(there.stderr.contains("is there and has the context"), "{there:?}");
    // A response that comes after its acknowledgement.
    assert!(pair.ask(0, "get", "separate", &[]).stderr.starts_with("2.05"));
}

#[test]
fn bodies_go_both_ways_in_inner_blocks() {
    let pair = Pair::new();
    let body: String = (0..1_000).map(|line| format!("line {line}\n")).collect();
    let file = format!("@{}", pair.folder.file("large.txt", &body).display());
    for size in ["1024", "64"] {
        pair.ask(0, "put", "large-text", &["-b", size, "-t", "text", &file]);
        assert_eq!(pair.ask(0, "get", "large-text", &["-b", size]).text(), body, "{size}");
        assert_eq!(pair.ask(0, "get", "large-text", &[]).text(), body, "{size}");
    }
    // What a block is of shows inside only.
    let shown = pair.ask(0, "get", "large-text", &["-v"]);
    let messages: Vec<&str> =
        shown.stderr.lines().filter(|line| line.starts_with("> ") || line.starts_with("< ")).collect();
    assert!(messages.len() > 10 && messages.iter().all(|line| !line.contains("Block2")), "{shown:?}");
}

/// `twite observe` that runs.
fn observer(pair: &Pair, context: &Path, more: &[&str]) -> Follower {
    let uri = pair.server.uri("seen");
    Follower::spawn(command().args(["observe", &uri, "--oscore", text(context)]).args(more))
}

#[test]
fn an_observer_hears_of_changes_and_ends_it() {
    let pair = Pair::new();
    let watcher = pair.folder.path().join("watcher.client.toml");
    pair.ask(0, "put", "seen", &["-t", "text", "0"]);
    let mut first = observer(&pair, &watcher, &["--count", "3"]);
    assert_eq!(first.line(), "0");
    for state in ["1", "2"] {
        pair.ask(0, "put", "seen", &["-t", "text", state]);
        assert_eq!(first.line(), state);
    }
    assert!(first.ended().success(), "three states were wanted");
    // A context is for one command at a time.
    let observer = observer(&pair, &watcher, &[]);
    assert_eq!(observer.line(), "2");
    let refused = ask(2, "get", &pair.server.uri("seen"), &watcher, &[]);
    assert!(refused.stderr.contains("in use by another process"), "{refused:?}");
}

#[test]
fn after_a_restart_of_the_server_the_challenge_is_answered() {
    let mut pair = Pair::new();
    pair.ask(0, "put", "seen", &["-t", "text", "0"]);
    for name in ["get", "observe", "post"] {
        let Pair { folder, server } = pair;
        server.kill();
        pair = Pair { server: start(&folder), folder };
        let more: &[&str] = match name {
            "post" => &["-v", "-t", "text", "x"],
            "observe" => &["-v", "--count", "1"],
            _ => &["-v"],
        };
        let ran = pair.ask(0, name, "seen", more);
        let requests = ran.stderr.lines().filter(|line| line.starts_with("> v:1 t:CON c:")).count();
        // Who observes ends it, too.
        assert_eq!(requests, if name == "observe" { 3 } else { 2 }, "{name}: {ran:?}");
    }
}

#[test]
fn a_refusal_says_why_and_that_it_is_not_protected() {
    let pair = Pair::new();
    let unknown = keygen(&pair.folder, "unknown");
    let refused = ask(3, "get", &pair.server.uri("a"), &unknown, &[]);
    assert!(refused.stderr.contains("refused without protection"), "{refused:?}");
    assert!(refused.stderr.contains("4.01 Security context not found"), "{refused:?}");
    // The same names, other keys.
    let context = std::fs::read_to_string(pair.context()).expect("a file");
    let (before, secret) = context.split_once("master_secret = \"").expect("a secret");
    let wrong = format!(
        "{before}master_secret = \"{}{}",
        if secret.starts_with('0') { "1" } else { "0" },
        &secret[1..]
    );
    std::fs::write(pair.context(), wrong).expect("a file");
    let refused = pair.ask(3, "get", "a", &[]);
    assert!(refused.stderr.contains("4.00 Decryption failed"), "{refused:?}");
    assert!(refused.stderr.contains("expected a server with the same keys"), "{refused:?}");
    // A server without OSCORE.
    let plain = Server::start(&pair.folder.path().join("plain"), &[]);
    let refused = ask(3, "get", &plain.uri("a"), &unknown, &[]);
    assert!(refused.stderr.contains("4.02"), "{refused:?}");
    assert!(refused.stderr.contains("expected a server that takes OSCORE"), "{refused:?}");
    let group = twite(["discover", "--multicast", "--oscore", text(&unknown)]);
    assert_eq!(group.code, Some(2), "{group:?}");
}

#[test]
fn forged_and_replayed_answers_are_ignored() {
    let pair = Pair::new();
    pair.ask(0, "put", "a", &["-t", "text", "true"]);
    let liar = Liar::before(pair.server.address(), |answer, before| {
        let head = &answer[..4 + usize::from(answer[0] & 0x0f)];
        let mut forged = answer.to_vec();
        *forged.last_mut().expect("a tag") ^= 1;
        // An answer without protection, as a success and as an error of no meaning here.
        let plain = [&[head[0], 0x45], &head[2..], b"\xfffalse"].concat();
        let missing = [&[head[0], 0x84], &head[2..]].concat();
        // What was answered before, as an answer to this.
        let mut lies = vec![forged, plain, missing];
        if before.len() > head.len() {
            lies.push([head, &before[head.len()..]].concat());
        }
        lies.push(answer.to_vec());
        lies
    });
    for _ in 0..2 {
        let ran = ask(0, "get", &liar.uri("a"), &pair.context(), &[]);
        assert_eq!(ran.text(), "true", "{ran:?}");
    }
    let numbers: Vec<_> = liar.end().iter().map(|request| partial_iv(request)).collect();
    assert_eq!(numbers.len(), 2);
    assert_ne!(numbers[0], numbers[1], "each run has numbers of its own");
    let liar = Liar::before(pair.server.address(), |answer, _| {
        let mut forged = answer.to_vec();
        *forged.last_mut().expect("a tag") ^= 1;
        vec![forged]
    });
    let ran = ask(3, "get", &liar.uri("a"), &pair.context(), &["--timeout", "1"]);
    assert!(ran.stderr.contains("no answer under the context"), "{ran:?}");
    drop(liar.end());
}

#[test]
fn nothing_but_the_address_shows_on_the_way() {
    let pair = Pair::new();
    let liar = Liar::before(pair.server.address(), |answer, _| vec![answer.to_vec()]);
    ask(0, "put", &liar.uri("secret/path?query=1"), &pair.context(), &["-t", "text", "body"]);
    for request in liar.end() {
        let outer = Message::parse(&request).expect("well-formed");
        let options: Vec<u16> = outer.options().map(|option| option.number).collect();
        assert_eq!((outer.code().to_string().as_str(), options), ("0.02", vec![number::OSCORE]));
        for word in [&b"secret"[..], b"query", b"body"] {
            assert!(!request.windows(word.len()).any(|window| window == word), "{request:02x?}");
        }
    }
}

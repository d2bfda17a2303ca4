//! Policies that change while the server runs.

use twite::exchange::Outgoing;
use twite::wire::{RawOption, RequestType, number};
use twite_tests::ask::{self, code};
use twite_tests::datagrams::{Datagrams, datagram, message};
use twite_tests::folder::Folder;
use twite_tests::server::Server;

use super::{policy, text};

const IN_FORCE: &str = "another policy is in force";
const REFUSED: &str = "the policy cannot be used, the one before stays in force";

/// A policy that lets everybody do everything at these paths.
fn open(paths: &[&str]) -> String {
    let permissions: Vec<String> = paths
        .iter()
        .map(|path| format!("{{ path = '{path}', methods = ['GET', 'PUT', 'FETCH'] }}"))
        .collect();
    let permissions = permissions.join(", ");
    format!("[identities.anonymous]\nroles = ['r']\n[roles.r]\npermissions = [{permissions}]\n")
}

fn serve(folder: &Folder, policy: &str) -> Server {
    let path = super::policy(folder, policy);
    Server::start(&folder.path().join("data"), &["--workers", "4", "--policy", text(&path)])
}

/// The codes of 40 clients, and so by chance of every thread.
fn codes(server: &Server, path: &str) -> Vec<String> {
    let mut codes: Vec<String> = (0..40).map(|_| code(&ask::get(server.address(), path))).collect();
    codes.dedup();
    codes
}

#[test]
fn a_good_policy_is_in_force_for_every_thread_from_then_on() {
    let folder = Folder::new();
    let server = serve(&folder, &open(&["a", "b"]));
    ask::put(server.address(), "a", 0, b"text");
    for (paths, expected) in [(&["b"][..], "4.01"), (&["a"], "2.05"), (&["**"], "2.05"), (&["b"], "4.01")] {
        policy(&folder, &open(paths));
        server.signal("HUP");
        server.hear(IN_FORCE);
        assert_eq!(codes(&server, "a"), [expected], "{paths:?}");
    }
}

#[test]
fn a_bad_policy_leaves_the_one_before_in_force() {
    let folder = Folder::new();
    let server = serve(&folder, &open(&["a"]));
    ask::put(server.address(), "a", 0, b"text");
    for (bad, said) in [("", ":1:1: "), ("[identities.anonymous]\nroles = ['x']", ":2:10: "), ("[", ":1:")] {
        policy(&folder, bad);
        server.signal("HUP");
        let line = server.hear(REFUSED);
        assert!(line.contains(&format!("policy.toml{said}")), "{line}");
        assert_eq!((codes(&server, "a"), codes(&server, "b")), (vec!["2.05".into()], vec!["4.01".into()]));
    }
    std::fs::remove_file(folder.path().join("policy.toml")).expect("our own file");
    server.signal("HUP");
    server.hear(REFUSED);
    assert_eq!((codes(&server, "a"), codes(&server, "b")), (vec!["2.05".into()], vec!["4.01".into()]));
    policy(&folder, &open(&["b"]));
    server.signal("HUP");
    server.hear(IN_FORCE);
    assert_eq!((codes(&server, "a"), codes(&server, "b")), (vec!["4.01".into()], vec!["4.04".into()]));
}

#[test]
fn an_observation_that_is_not_permitted_any_more_ends() {
    let folder = Folder::new();
    let server = serve(&folder, &open(&["**"]));
    let register = [RawOption { number: number::OBSERVE, value: b"" }];
    let observers = |path: &'static str| -> Vec<Datagrams> {
        ask::put(server.address(), path, 0, b"one");
        let path = [path.as_bytes()];
        let observe = Outgoing { options: &register, path: &path, ..Outgoing::new(RequestType::Get, &[]) };
        let observers: Vec<Datagrams> = (0..20).map(|_| Datagrams::to(server.address())).collect();
        for observer in &observers {
            let answer = observer.exchange(&datagram(&observe, 1, b"seen"));
            assert!(message(&answer).values(number::OBSERVE).next().is_some(), "observed");
        }
        observers
    };
    let (lost, kept) = (observers("a"), observers("b"));
    policy(&folder, &open(&["b"]));
    server.signal("HUP");
    for observer in &lost {
        let last = observer.receive();
        let last = message(&last);
        assert_eq!((last.code().to_string().as_str(), last.token()), ("4.01", &b"seen"[..]));
        assert!(last.values(number::OBSERVE).next().is_none(), "it is the last one");
        let [high, low] = last.message_id().to_be_bytes();
        observer.send(&[0x60, 0, high, low]);
    }
    assert!(kept.iter().all(|observer| observer.waiting().is_empty()), "nothing is new for the others");
    policy(&folder, &open(&["**"]));
    server.hear(IN_FORCE);
    server.signal("HUP");
    server.hear(IN_FORCE);
    for path in ["a", "b"] {
        assert_eq!(code(&ask::put(server.address(), path, 0, b"two")), "2.04");
    }
    for observer in &kept {
        let told = observer.receive();
        assert_eq!((message(&told).token(), message(&told).payload()), (&b"seen"[..], &b"two"[..]));
    }
    assert!(
        lost.iter().all(|observer| observer.waiting().is_empty()),
        "who was dismissed hears nothing more"
    );
}

#[test]
fn what_was_fetched_under_another_policy_is_not_given_again() {
    let folder = Folder::new();
    let server = serve(&folder, &open(&["**"]));
    let fetch = || {
        let reply = ask::ask(server.address(), RequestType::Fetch, "a", |request| Outgoing {
            content_format: Some(50),
            accept: Some(50),
            payload: br#"{"fields":["x"]}"#,
            ..request
        });
        String::from_utf8(reply.payload).expect("text")
    };
    for path in ["a/seen", "a/hidden"] {
        ask::put(server.address(), path, 50, br#"{"x":1}"#);
    }
    (0..20).for_each(|_| assert_eq!(fetch(), r#"{"a/hidden":{"x":1},"a/seen":{"x":1}}"#));
    policy(&folder, &open(&["a", "a/seen"]));
    server.signal("HUP");
    server.hear(IN_FORCE);
    (0..20).for_each(|_| assert_eq!(fetch(), r#"{"a/seen":{"x":1}}"#));
}

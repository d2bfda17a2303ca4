//! `twite` as a client under a context where the network is bad, or where it is killed.

use std::collections::BTreeSet;

use twite::wire::MessageType;
use twite_tests::datagrams::message;
use twite_tests::follower::Follower;
use twite_tests::liar::Liar;
use twite_tests::program::command;
use twite_tests::relay::{Badness, Relay};
use twite_tests::secure::partial_iv;

use super::client::{Pair, ask};
use super::text;

#[test]
fn bodies_go_through_a_bad_network_as_they_are() {
    let pair = Pair::new();
    let relay =
        Relay::start(pair.server.address(), Badness { loss: 15, duplicates: 10, reordered: 10 }, 8_613);
    let uri = format!("coap://127.0.0.1:{}/image", relay.port());
    let body: String = (0..500).map(|line| format!("line {line:04}\n")).collect();
    let file = format!("@{}", pair.folder.file("large.txt", &body).display());
    let patient = ["--ack-timeout", "0.2", "-b", "128"];
    ask(0, "put", &uri, &pair.context(), &[&patient[..], &["-t", "text", &file]].concat());
    assert_eq!(ask(0, "get", &uri, &pair.context(), &patient).text(), body);
    // What must be done once is done once, whatever comes twice.
    for _ in 0..8 {
        ask(0, "post", &format!("{uri}/child"), &pair.context(), &["--ack-timeout", "0.2", "x"]);
    }
    let listed = pair.ask(0, "discover", "", &[]);
    assert_eq!(listed.text().matches("/image/child/").count(), 8, "{listed:?}");
    assert!(relay.counts().1 > 5, "{:?} of datagrams came, were lost", relay.counts());
}

#[test]
fn no_number_of_a_client_is_used_twice_whenever_it_is_killed() {
    const ROUNDS: usize = 10;
    let pair = Pair::new();
    pair.ask(0, "put", "seen", &["-t", "text", "0"]);
    let liar = Liar::before(pair.server.address(), |answer, _| vec![answer.to_vec()]);
    let context = pair.context();
    for round in 0..ROUNDS {
        let mut observe = command();
        observe.args(["observe", &liar.uri("seen"), "--oscore", text(&context)]);
        let observer = Follower::spawn(&mut observe);
        // Also before it has asked for anything.
        if round % 3 > 0 {
            assert_eq!(observer.line(), "0");
        }
        drop(observer);
        ask(0, "get", &liar.uri("seen"), &context, &[]);
    }
    let sent = liar.end();
    let is_request = |datagram: &&Vec<u8>| {
        let outer = message(datagram);
        outer.kind() == MessageType::Confirmable && outer.code().is_request()
    };
    let requests: BTreeSet<&Vec<u8>> = sent.iter().filter(is_request).collect();
    let numbers: BTreeSet<Option<u64>> = requests.iter().map(|request| partial_iv(request)).collect();
    assert_eq!(numbers.len(), requests.len(), "retransmissions are the same datagrams");
    assert!(numbers.len() >= ROUNDS + ROUNDS / 2, "{numbers:?}");
}

//! A request that comes again has its effect once and is answered from memory (RFC 7252 §4.5).

use twite::exchange::Outgoing;
use twite::wire::{RequestType, number, uint};
use twite_tests::ask;
use twite_tests::datagrams::{Datagrams, datagram, message};
use twite_tests::folder::Folder;
use twite_tests::server::Server;

const COLLECTION: &[&[u8]] = &[b"collection"];
const NOTE: &[&[u8]] = &[b"note"];

/// Sends the same datagram a hundred times; its one answer, the same each time.
fn repeat(server: &Server, request: &Outgoing<'_>) -> Vec<u8> {
    let socket = Datagrams::to(server.address());
    let datagram = datagram(request, 0x7001, b"again");
    let first = socket.exchange(&datagram);
    for round in 1..100 {
        assert_eq!(socket.exchange(&datagram), first, "repetition {round}");
    }
    assert!(socket.waiting().is_empty(), "more answers than requests");
    first
}

#[test]
fn a_post_creates_one_child() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let request = Outgoing { payload: b"child", ..Outgoing::new(RequestType::Post, COLLECTION) };
    let answer = repeat(&server, &request);
    assert_eq!(message(&answer).code().to_string(), "2.01");
    let links = ask::get(server.address(), ".well-known/core");
    let links = String::from_utf8(links.payload).expect("link format is text");
    assert_eq!(links.matches("</collection/").count(), 1, "{links}");
}

#[test]
fn a_post_sent_in_one_burst_creates_one_child() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let socket = Datagrams::to(server.address());
    let request = Outgoing { payload: b"child", ..Outgoing::new(RequestType::Post, COLLECTION) };
    let datagram = datagram(&request, 0x7002, b"burst");
    (0..100).for_each(|_| socket.send(&datagram));
    let first = socket.receive();
    let last = socket.exchange(&datagram);
    assert_eq!(message(&first).code().to_string(), "2.01");
    assert_eq!(first, last);
    assert!(socket.waiting().iter().all(|answer| *answer == first), "answers differ");
    let links = ask::get(server.address(), ".well-known/core");
    let links = String::from_utf8(links.payload).expect("link format is text");
    assert_eq!(links.matches("</collection/").count(), 1, "{links}");
}

#[test]
fn a_peer_that_posts_beyond_its_share_gets_4_29_and_another_is_served() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--durability", "memory"]);
    let request = Outgoing { payload: b"child", ..Outgoing::new(RequestType::Post, COLLECTION) };
    let socket = Datagrams::to(server.address());
    let post = |socket: &Datagrams, id| socket.exchange(&datagram(&request, id, b"share"));
    for id in 0..1_024 {
        assert_eq!(message(&post(&socket, id)).code().to_string(), "2.01", "{id}");
    }
    let refused = post(&socket, 1_024);
    let refused = message(&refused);
    assert_eq!(refused.code().to_string(), "4.29");
    assert!(refused.values(number::MAX_AGE).next().and_then(uint).is_some_and(|seconds| seconds > 1));
    let other = post(&Datagrams::to(server.address()), 0);
    assert_eq!(message(&other).code().to_string(), "2.01");
}

#[test]
fn a_write_with_an_extended_token_is_answered_with_it() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let request = Outgoing { payload: b"text", ..Outgoing::new(RequestType::Put, NOTE) };
    let socket = Datagrams::to(server.address());
    for (length, code) in [(9, "2.01"), (13, "2.04"), (64, "2.04"), (65, "4.00"), (300, "4.00")] {
        let token = vec![0x5a; length];
        let answer = socket.exchange(&datagram(&request, length as u16, &token));
        let answer = message(&answer);
        assert_eq!((answer.code().to_string().as_str(), answer.token()), (code, &token[..]));
    }
}

#[test]
fn a_put_is_answered_as_the_first_time() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let request = Outgoing { payload: b"once", ..Outgoing::new(RequestType::Put, NOTE) };
    let answer = repeat(&server, &request);
    // Done twice, it would be 2.04 with another ETag.
    assert_eq!(message(&answer).code().to_string(), "2.01");
    let read = ask::get(server.address(), "note");
    assert_eq!(message(&answer).values(4).next(), Some(ask::etag(&read).as_bytes()));
}

#[test]
fn a_repeated_delete_spares_what_came_after_it() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    ask::put(server.address(), "note", None, b"first");
    let socket = Datagrams::to(server.address());
    let datagram = datagram(&Outgoing::new(RequestType::Delete, NOTE), 0x7003, b"gone");
    let first = socket.exchange(&datagram);
    assert_eq!(message(&first).code().to_string(), "2.02");
    ask::put(server.address(), "note", None, b"second");
    for round in 1..100 {
        assert_eq!(socket.exchange(&datagram), first, "repetition {round}");
    }
    assert_eq!(ask::get(server.address(), "note").payload, b"second");
}

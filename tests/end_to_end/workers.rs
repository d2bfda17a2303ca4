//! A server of several threads is one server: whoever is answered by one, sees what another has acknowledged.

use std::net::UdpSocket;

use twite::exchange::Outgoing;
use twite::wire::{RawOption, RequestType, number};
use twite_tests::ask::{self, code};
use twite_tests::datagrams::{Datagrams, datagram, message};
use twite_tests::folder::Folder;
use twite_tests::program::twite;
use twite_tests::server::Server;

const FOUR: &[&str] = &["--workers", "4", "--durability", "memory"];

#[test]
fn what_one_thread_acknowledged_every_thread_shows() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), FOUR);
    for round in 0..500_u32 {
        let text = round.to_string();
        // Each has a socket of its own, and so a thread by chance.
        assert_eq!(code(&ask::put(server.address(), "note", 0, text.as_bytes())).as_bytes()[0], b'2');
        let seen = ask::get(server.address(), "note").payload;
        assert_eq!(String::from_utf8_lossy(&seen), text, "round {round}");
    }
}

#[test]
fn observers_of_every_thread_hear_of_a_change() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), FOUR);
    ask::put(server.address(), "note", 0, b"one");
    let options = [RawOption { number: number::OBSERVE, value: b"" }];
    let observe = Outgoing { options: &options, ..Outgoing::new(RequestType::Get, &[b"note"]) };
    let observers: Vec<Datagrams> = (0..40).map(|_| Datagrams::to(server.address())).collect();
    for observer in &observers {
        let answer = observer.exchange(&datagram(&observe, 1, b"seen"));
        assert_eq!(message(&answer).payload(), b"one");
    }
    ask::put(server.address(), "note", 0, b"two");
    for observer in &observers {
        let told = observer.receive();
        assert_eq!((message(&told).token(), message(&told).payload()), (&b"seen"[..], &b"two"[..]));
    }
}

#[test]
fn two_servers_never_share_an_address() {
    let (one, other) = (Folder::new(), Folder::new());
    let server = Server::start(one.path(), FOUR);
    let address = server.address().to_string();
    let data = other.path().to_str().expect("a path of our own").to_owned();
    let ran = twite(["serve", "--workers", "4", "--listen", &address, "--data", &data]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains(&address) && ran.stderr.contains("in use"), "{ran:?}");
    assert!(UdpSocket::bind(server.address()).is_err(), "nor any other program");
    assert_eq!(code(&ask::put(server.address(), "note", 0, b"still there")), "2.01");
}

//! What goes over the wire to an address that proves nothing, in bytes with those of the lower layers: RFC 9175 §2.4,
//! scenario S026.

use std::time::Duration;

use twite::exchange::Outgoing;
use twite::wire::{RawOption, RequestType, number};
use twite_tests::ask::{self, code};
use twite_tests::datagrams::{Datagrams, datagram, message};
use twite_tests::folder::Folder;
use twite_tests::program;
use twite_tests::server::Server;

const LOWER_LAYERS: usize = 42;
/// What a first answer may have.
const FIRST: usize = 136;

/// A server that trusts no address, not even of its own host, and soon gives up.
fn server(folder: &Folder) -> Server {
    let mut command = program::command();
    command.args(["serve", "--listen", "127.0.0.1:0", "--durability", "memory", "--workers", "1"]);
    command.arg("--data").arg(folder.path());
    command.env("TWITE_LIMITS_TRUSTS_LOOPBACK", "false").env("TWITE_TIMING_ACK_TIMEOUT_MS", "20");
    Server::spawn(&mut command)
}

/// An address and what it exchanged with the server.
struct Account {
    socket: Datagrams,
    sent: usize,
    received: usize,
}

impl Account {
    fn open(server: &Server) -> Self {
        let socket = Datagrams::to(server.address());
        socket.set_patience(Duration::from_secs(2));
        Self { socket, sent: 0, received: 0 }
    }

    fn send(&mut self, datagram: &[u8]) {
        self.socket.send(datagram);
        self.sent += datagram.len() + LOWER_LAYERS;
    }

    /// The next datagram, if one comes in time.
    fn receive(&mut self) -> Option<Vec<u8>> {
        let datagram = self.socket.try_receive().ok()?;
        self.received += datagram.len() + LOWER_LAYERS;
        Some(datagram)
    }

    fn ratio(&self) -> f64 {
        self.received as f64 / self.sent as f64
    }
}

const fn get<'p>(path: &'p [&'p [u8]]) -> Outgoing<'p> {
    Outgoing::new(RequestType::Get, path)
}

#[test]
fn large_answers_wait_until_somebody_is_there() {
    let folder = Folder::new();
    let server = server(&folder);
    assert_eq!(code(&ask::put(server.address(), "large", None, &[7; 5_000])), "2.01");
    let discovery: &[&[u8]] = &[b".well-known", b"core"];
    for number in 0..40 {
        let reply = ask::put(server.address(), &format!("resource/with/a/long/path/{number}"), None, b"x");
        assert_eq!(code(&reply), "2.01");
    }
    for path in [&[&b"large"[..]][..], discovery] {
        let mut account = Account::open(&server);
        for id in 0..20 {
            account.send(&datagram(&get(path), id, b"token"));
            let answer = account.receive().expect("an answer");
            assert!(id != 0 || answer.len() <= FIRST, "{answer:02x?}");
            let first = message(&answer).code().to_string();
            assert_eq!(first, if id == 0 { "4.01" } else { "2.05" }, "challenged once, then in small blocks");
            assert!(account.ratio() <= 3.0, "{} after {id} requests", account.ratio());
        }
        println!("{:.2} times as much to who asks for {path:?}", account.ratio());
    }
    // Who brings the value back gets it all: our client does.
    assert_eq!(ask::get(server.address(), "large").payload, [7; 5_000]);
    assert_eq!(ask::get(server.address(), ".well-known/core").payload.len() / 1_000, 1);
    let (_, log) = server.terminate();
    assert!(log.contains("challenges to such"), "{log}");
}

#[test]
fn s026_an_observer_that_acknowledges_nothing_gets_no_more_than_it_paid_for() {
    let folder = Folder::new();
    let server = server(&folder);
    ask::put(server.address(), "o", 0, b"state");
    let mut account = Account::open(&server);
    let options = [RawOption { number: number::OBSERVE, value: b"" }];
    let path: &[&[u8]] = &[b"o"];
    let registration = Outgoing { options: &options, confirmable: false, ..get(path) };
    account.send(&datagram(&registration, 1, b"t"));
    let answer = account.receive().expect("an answer");
    assert!(message(&answer).values(number::OBSERVE).next().is_some(), "it observes");
    for change in 0..100_u8 {
        assert_eq!(code(&ask::put(server.address(), "o", 0, &[change; 100])), "2.04");
    }
    let notifications = std::iter::from_fn(|| account.receive()).count();
    println!("{notifications} notifications, {:.2} times as much", account.ratio());
    assert!(account.ratio() <= 3.0, "{}", account.ratio());
    let (_, log) = server.terminate();
    assert!(log.contains("withheld from addresses not validated"), "{log}");
}

#[test]
fn a_flood_of_refusals_is_no_flood_of_lines() {
    let folder = Folder::new();
    let server = server(&folder);
    let socket = Datagrams::to(server.address());
    let mut told = 0;
    for id in 0..5_000_u16 {
        // Option 9 is critical and unknown.
        let [high, low] = id.to_be_bytes();
        socket.send(&[0x40, 0x01, high, low, 0x90]);
        told += socket.waiting().len();
    }
    assert!(told <= 4_000, "{told} errors to one address");
    assert_eq!(code(&ask::put(server.address(), "t", None, b"x")), "2.01", "others are served");
    let (_, log) = server.terminate();
    let lines = log.lines().filter(|line| line.contains("dropped or refused")).count();
    assert!((1..10).contains(&lines), "{log}");
}

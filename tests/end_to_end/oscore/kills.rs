//! A server that is killed at any time protects no two messages with one number.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::time::Duration;

use twite::exchange::Outgoing;
use twite::wire::{MessageType, RawOption, RequestType, number};
use twite_tests::ask;
use twite_tests::datagrams::{Datagrams, datagram, message};
use twite_tests::folder::Folder;
use twite_tests::secure::partial_iv;
use twite_tests::server::Server;

use super::{ask_fresh, context, text};

const ROUNDS: u16 = 12;

/// Observers, so that each change takes as many numbers.
const OBSERVERS: u8 = 8;

#[test]
fn no_number_of_the_server_is_used_twice_whenever_it_is_killed() {
    let folder = Folder::new();
    let (file, mut asker) = context(&folder, "gateway");
    let mut used = BTreeSet::new();
    for round in 0..ROUNDS {
        let server =
            Server::start(&folder.path().join("data"), &["--durability", "memory", "--oscore", text(&file)]);
        ask::put(server.address(), "seen", None, b"0");
        let socket = Datagrams::to(server.address());
        ask_fresh(&mut asker, &socket, 1, &Outgoing::new(RequestType::Get, &[b"seen"]));
        let options = [RawOption { number: number::OBSERVE, value: b"" }];
        let register = Outgoing { options: &options, ..Outgoing::new(RequestType::Get, &[b"seen"]) };
        for observer in 0..OBSERVERS {
            let (protected, _) = asker.ask(&datagram(&register, 10 + u16::from(observer), &[observer]));
            used.extend(partial_iv(&socket.exchange(&protected)));
        }
        // A number that is taken again is found whenever the kill comes, since a server goes on at what is stored.
        for change in 0..round * 7 % 40 {
            ask::put(server.address(), "seen", None, change.to_string().as_bytes());
            hear(&socket, &mut used);
        }
        server.kill();
        hear(&socket, &mut used);
    }
    assert!(used.len() > 256, "only {} numbers were seen", used.len());
}

/// Takes what is there, acknowledges it, and looks at its number.
fn hear(socket: &Datagrams, used: &mut BTreeSet<u64>) {
    socket.set_patience(Duration::from_millis(20));
    loop {
        let told = match socket.try_receive() {
            Ok(told) => told,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            // The notice that the server is gone.
            Err(_) => continue,
        };
        let outer = message(&told);
        if outer.kind() == MessageType::Confirmable {
            let [high, low] = outer.message_id().to_be_bytes();
            // A server that was killed takes nothing.
            let _ = socket.try_send(&[0x60, 0, high, low]);
        }
        let number = partial_iv(&told).expect("a notification has a number of its own");
        assert!(used.insert(number), "{number} is used twice");
    }
    socket.set_patience(Duration::from_secs(20));
}

//! Readings on their way from the board to a server.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use twite_tests::ask::{code, get};
use twite_tests::board::{Setup, on_host};
use twite_tests::emulator::Emulator;
use twite_tests::folder::Folder;
use twite_tests::relay::{Badness, Relay};
use twite_tests::server::Server;

/// How long readings may take on a machine under load and a bad network.
const PATIENCE: Duration = Duration::from_secs(240);

/// The names of the readings that the server has, in their order.
fn stored(server: SocketAddr) -> Vec<String> {
    let listing = String::from_utf8(get(server, ".well-known/core").payload).expect("text");
    let links = listing.split(',').filter_map(|link| link.strip_prefix("</readings/board/"));
    let mut names: Vec<String> =
        links.map(|link| link.split('>').next().expect("a link").to_owned()).collect();
    names.sort();
    names
}

/// Waits until the server has so many readings; their names.
fn wait_for(server: SocketAddr, count: usize, board: &Emulator) -> Vec<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let names = stored(server);
        if names.len() >= count {
            return names;
        }
        assert!(Instant::now() < deadline, "{names:?}\n{}", board.log());
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Each reading of the first start is there, from the first one on, and says what it is called.
fn expect_all_in_order(server: SocketAddr, names: &[String]) {
    let mut earlier = 0;
    for (name, sequence) in names.iter().zip(1..) {
        assert_eq!(*name, format!("00001-{sequence:07}"), "{names:?}");
        let reading = get(server, &format!("readings/board/{name}"));
        // {0: 21.5, 2: 1, 3: sequence, 4: uptime}
        let expected = [0xa4, 0, 0xf9, 0x4d, 0x60, 2, 1, 3];
        assert_eq!((code(&reading), &reading.payload[..8]), ("2.05".into(), &expected[..]), "{name}");
        let (read, rest) = number(&reading.payload[8..]);
        assert_eq!((read, rest[0]), (sequence, 4));
        let (uptime, _) = number(&rest[1..]);
        assert!(earlier <= uptime, "{name}: at {uptime} after {earlier}");
        earlier = uptime;
    }
}

/// A small number in CBOR, and what stands behind it.
fn number(bytes: &[u8]) -> (u16, &[u8]) {
    match bytes {
        [small @ 0..24, rest @ ..] => (u16::from(*small), rest),
        [24, number, rest @ ..] => (u16::from(*number), rest),
        [25, high, low, rest @ ..] => (u16::from_be_bytes([*high, *low]), rest),
        _ => panic!("{bytes:02x?} is no small number"),
    }
}

/// The server's address, so that a second one can be where the first was.
fn start(folder: &Folder, address: &str) -> Server {
    Server::listening(folder.path(), &[address], &[])
}

#[test]
fn readings_reach_a_server_in_order_and_once_through_a_bad_network() {
    let folder = Folder::new();
    let server = start(&folder, "127.0.0.1:0");
    let badness = Badness { loss: 20, duplicates: 10, reordered: 10 };
    let relay = Relay::start(server.address(), badness, 0x7077_6974);
    let setup = Setup {
        push: Some((on_host(relay.port()), Duration::from_secs(4))),
        temperature: Some(21_500),
        ..Setup::default()
    };
    let board = Emulator::start_with(&setup);
    let names = wait_for(server.address(), 12, &board);
    expect_all_in_order(server.address(), &names);
    let (relayed, lost) = relay.counts();
    assert!(relayed > 24 && lost > 2, "{lost} of {relayed} lost: the network was good");
    assert_eq!((board.starts(), board.complaints().as_str()), (1, ""));
}

#[test]
fn readings_wait_for_a_server_that_is_away_for_a_minute() {
    let folder = Folder::new();
    let server = start(&folder, "127.0.0.1:0");
    let address = server.address();
    let setup = Setup {
        // Sixteen readings wait at most: 128 s, which is longer than a minute and the pause after it.
        push: Some((on_host(address.port()), Duration::from_secs(8))),
        temperature: Some(21_500),
        ..Setup::default()
    };
    let board = Emulator::start_with(&setup);
    let before = wait_for(address, 2, &board).len();
    server.kill();
    std::thread::sleep(Duration::from_secs(60));
    let server = start(&folder, &address.to_string());
    let names = wait_for(server.address(), before + 7, &board);
    expect_all_in_order(server.address(), &names);
    assert_eq!(board.starts(), 1);
}

#[test]
fn a_reset_begins_a_new_run() {
    let folder = Folder::new();
    let server = start(&folder, "127.0.0.1:0");
    let setup = Setup {
        push: Some((on_host(server.address().port()), Duration::from_millis(200))),
        temperature: Some(21_500),
        ..Setup::default()
    };
    let mut board = Emulator::start_with(&setup);
    wait_for(server.address(), 3, &board);
    board.reset();
    board.wait_for("start 2");
    let deadline = Instant::now() + PATIENCE;
    while !stored(server.address()).iter().any(|name| name == "00002-0000003") {
        assert!(Instant::now() < deadline, "{}", board.log());
    }
}

//! Servers that the board is told: one that is not there, a directory.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use twite::wire::{Message, number};
use twite_tests::ask::{code, get};
use twite_tests::board::{Setup, on_host};
use twite_tests::emulator::Emulator;

/// Nobody answers for this address on the board's network.
const NOBODY: ([u8; 4], u16) = ([10, 0, 2, 99], 5683);

/// Longer than the first three transmissions to somebody take.
const WINDOW: Duration = Duration::from_secs(12);

/// How long a registration may take on a machine under load.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_neighbour_that_is_gone_does_not_silence_the_board() {
    let push = Some((NOBODY.into(), Duration::from_secs(1)));
    let board = Emulator::start_with(&Setup { push, ..Setup::default() });
    let start = Instant::now();
    while start.elapsed() < WINDOW {
        assert_eq!(code(&get(board.address(), "lamps/board")), "2.05");
    }
    assert_eq!(board.starts(), 1);
}

#[test]
fn the_board_registers_with_a_directory() {
    let directory = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    directory.set_read_timeout(Some(PATIENCE)).expect("a deadline");
    let port = directory.local_addr().expect("an address").port();
    let setup = Setup { directory: Some((on_host(port), Duration::from_secs(90))), ..Setup::default() };
    let _board = Emulator::start_with(&setup);
    let mut buffer = [0; 1_500];
    let (length, from) = directory.recv_from(&mut buffer).expect("a registration");
    let request = Message::parse(&buffer[..length]).expect("a message");
    let values = |number| request.values(number).map(String::from_utf8_lossy).collect::<Vec<_>>();
    assert_eq!(request.code().to_string(), "0.02");
    assert_eq!(values(number::URI_PATH), [".well-known", "rd"]);
    assert_eq!(values(number::URI_QUERY), ["ep=board", "lt=90"]);
    // 2.01, piggybacked; then it is quiet until half of the lifetime is over.
    let mut created = vec![0x60 | request.token().len() as u8, 0x41];
    created.extend(request.message_id().to_be_bytes());
    created.extend(request.token());
    directory.send_to(&created, from).expect("the loopback interface takes it");
    directory.set_read_timeout(Some(WINDOW)).expect("a deadline");
    while let Ok((length, _)) = directory.recv_from(&mut buffer) {
        // A retransmission may have been on its way.
        let again = Message::parse(&buffer[..length]).expect("a message");
        assert_eq!(again.message_id(), u16::from_be_bytes([created[2], created[3]]), "{again:?}");
    }
}

//! Many datagrams, well-meant and hostile.

use twite::exchange::Outgoing;
use twite::wire::{MessageType, RequestType};
use twite_tests::ask::{code, get};
use twite_tests::board::{Board, Setup};
use twite_tests::datagrams::{Datagrams, datagram, message};
use twite_tests::emulator::Emulator;
use twite_tests::vectors::{GROUPS, malformed};

const REQUESTS: u16 = 10_000;
const OUTSTANDING: u16 = 4;
const HOSTILE: usize = 5_000;

const PATHS: [&[&[u8]]; 3] =
    [&[b"lamps", b"board"], &[b"sensors", b"board", b"temperature"], &[b"nodes", b"board"]];

fn request(id: u16) -> Vec<u8> {
    let path = PATHS[usize::from(id) % PATHS.len()];
    datagram(&Outgoing { path, ..Outgoing::new(RequestType::Get, &[]) }, id, &id.to_be_bytes())
}

#[test]
fn of_ten_thousand_requests_none_is_lost_and_none_answered_wrongly() {
    let mut board = Emulator::start();
    board.set_temperature(21_500);
    let socket = Datagrams::to(board.address());
    // The first one learns addresses on the way; a request before that may be lost.
    assert_eq!(code(&get(board.address(), "lamps/board")), "2.05");
    let mut waiting: Vec<u16> = (0..OUTSTANDING).collect();
    waiting.iter().for_each(|id| socket.send(&request(*id)));
    let mut next = OUTSTANDING;
    while !waiting.is_empty() {
        let answer = socket.receive();
        let answer = message(&answer);
        let place = waiting.iter().position(|id| *id == answer.message_id()).expect("one that was asked");
        let id = waiting.swap_remove(place);
        assert_eq!((answer.kind(), answer.code().to_string()), (MessageType::Acknowledgement, "2.05".into()));
        assert_eq!(answer.token(), id.to_be_bytes());
        let expected: &[u8] = match usize::from(id) % PATHS.len() {
            0 => &[0xa1, 0, 0xf4],
            1 => &[0xa1, 0, 0xf9, 0x4d, 0x60],
            _ => &[0xa2, 0],
        };
        assert!(answer.payload().starts_with(expected), "{id}: {:02x?}", answer.payload());
        if next < REQUESTS {
            socket.send(&request(next));
            waiting.push(next);
            next += 1;
        }
    }
    assert_eq!((board.starts(), board.complaints().as_str()), (1, ""));
}

#[test]
fn after_a_flood_of_hostile_datagrams_a_board_answers() {
    let vectors = malformed(GROUPS, false);
    for board in [Board::Lm3s6965evb, Board::QemuVirtRv32] {
        let board = Emulator::start_with(&Setup { board, ..Setup::default() });
        let socket = Datagrams::to(board.address());
        for vector in vectors.iter().cycle().take(HOSTILE) {
            socket.send(&vector.datagram);
        }
        assert_eq!(code(&get(board.address(), "lamps/board")), "2.05");
        assert_eq!((board.starts(), board.complaints().as_str()), (1, ""), "{}", board.log());
    }
}

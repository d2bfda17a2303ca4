//! A board that is reset at the worst time.

use std::time::Duration;

use twite::exchange::Outgoing;
use twite::wire::{RawOption, RequestType, number};
use twite_tests::ask::{code, get, put};
use twite_tests::datagrams::{Datagrams, datagram, message};
use twite_tests::emulator::Emulator;

/// How long a client waits before it repeats a request, and how often it does.
const REPEAT: Duration = Duration::from_secs(2);
const REPETITIONS: usize = 20;

/// Asks for a block of 16 bytes until somebody answers; its payload.
fn block(socket: &Datagrams, block: u8) -> Vec<u8> {
    let options = [RawOption { number: number::BLOCK2, value: &[block << 4] }];
    let path = [&b".well-known"[..], b"core"];
    let request = Outgoing { options: &options, ..Outgoing::new(RequestType::Get, &path) };
    let request = datagram(&request, block.into(), &[block]);
    for _ in 0..REPETITIONS {
        socket.send(&request);
        if let Ok(answer) = socket.try_receive() {
            let answer = message(&answer);
            assert_eq!((answer.code().to_string(), answer.message_id()), ("2.05".into(), block.into()));
            return answer.payload().to_vec();
        }
    }
    panic!("block {block}: no answer");
}

#[test]
fn a_transfer_goes_on_after_a_reset_in_its_middle() {
    let mut board = Emulator::start();
    let address = board.address();
    let whole = get(address, ".well-known/core").payload;
    assert_eq!(code(&put(address, "lamps/board", 60, &[0xa1, 0, 0xf5])), "2.04");
    let socket = Datagrams::to(address);
    socket.set_patience(REPEAT);
    assert_eq!(block(&socket, 0), whole[..16]);
    board.reset();
    assert_eq!(block(&socket, 1), whole[16..32]);
    assert_eq!(code(&get(address, "sensors/board/temperature")), "2.05");
    board.wait_for_times("twite ", 2);
    // The EEPROM counted it, and kept the lamp's state.
    board.wait_for("start 2");
    assert!(board.lamp_shines(), "the lamp is what it was");
    assert_eq!(get(address, "lamps/board").payload, [0xa1, 0, 0xf5]);
}

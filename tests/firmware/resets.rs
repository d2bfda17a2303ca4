//! A board that is reset at the worst time.

use twite::exchange::Outgoing;
use twite::wire::{RawOption, RequestType, number};
use twite_tests::ask::{code, get, put, send};
use twite_tests::emulator::Emulator;

#[test]
fn a_reset_in_a_transfer_costs_the_client_one_repetition() {
    let mut board = Emulator::start();
    let address = board.address();
    assert_eq!(code(&put(address, "lamps/board", 60, &[0xa1, 0, 0xf5])), "2.04");
    let block = |block: u8| {
        // 16 bytes each: the number alone, four bits up.
        let options = [RawOption { number: number::BLOCK2, value: &[block << 4] }];
        let path = [&b".well-known"[..], b"core"];
        send(address, &Outgoing { options: &options, ..Outgoing::new(RequestType::Get, &path) })
    };
    let first = block(0);
    assert_eq!((code(&first), first.payload.len()), ("2.05".into(), 16));
    board.reset();
    // The client repeats its request until somebody answers.
    let second = block(1);
    assert_eq!((code(&second), second.payload.len()), ("2.05".into(), 16));
    assert_eq!(code(&get(address, "sensors/board/temperature")), "2.05");
    board.wait_for_times("twite ", 2);
    // The EEPROM counted it.
    board.wait_for("start 2");
}

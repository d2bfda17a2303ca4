//! A board that fails starts anew and says why.

use twite_tests::ask::get;
use twite_tests::board::{Board, Setup, build};
use twite_tests::emulator::Emulator;

/// An image that fails as it is told, by the numbers of its `provoke.rs`.
#[test]
fn a_board_that_fails_starts_anew_and_says_why() {
    let image = build(Board::Lm3s6965evb, &[], "provoke", &["--features", "provoke"]);
    for (how, uart, log) in [
        (1, "before: panic ", "before: panic"),
        (2, "before: fault ", "before: stack overflow"),
        (3, "before: standstill", "before: standstill"),
    ] {
        let setup = Setup { provoke: Some(how), image: Some(image.clone()), ..Setup::default() };
        let mut board = Emulator::start_with(&setup);
        board.wait_for(uart);
        assert_eq!(board.starts(), 2, "{}", board.log());
        let lines = String::from_utf8(get(board.address(), "nodes/board/log").payload).expect("text");
        assert!(lines.lines().any(|line| line.ends_with(log)), "{how}: {lines}");
    }
}

//! Two boards, each behind its emulator's network.

use std::time::{Duration, Instant};

use twite_tests::ask::{code, get};
use twite_tests::board::{Setup, on_host};
use twite_tests::emulator::Emulator;

/// How long the boards may take to hear of each other on a machine under load.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_board_asks_another_which_answers() {
    let first = Emulator::start();
    let push = Some((on_host(first.address().port()), Duration::from_secs(1)));
    let second = Emulator::start_with(&Setup { push, ..Setup::default() });
    // A node has no collection of readings: 4.04, which is an answer.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let log = String::from_utf8(get(second.address(), "nodes/board/log").payload).expect("text");
        assert!(!log.contains("server silent"), "{log}");
        if log.contains("reading not taken") {
            break;
        }
        assert!(Instant::now() < deadline, "{log}\n{}", second.log());
    }
    assert_eq!(code(&get(first.address(), "lamps/board")), "2.05");
    assert_eq!((first.complaints(), second.complaints()), (String::new(), String::new()));
}

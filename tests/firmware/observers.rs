//! Whoever observes the thermometer hears of a change.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use twite_tests::emulator::Emulator;
use twite_tests::program::command;

#[test]
fn an_observer_hears_of_a_change() {
    let mut board = Emulator::start();
    board.set_temperature(1_000);
    let mut command = command();
    command.args(["observe", &board.uri("sensors/board/temperature"), "--for", "30s"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it starts");
    let lines = BufReader::new(child.stdout.take().expect("standard output")).lines();
    let mut lines = lines.map(|line| line.expect("text"));
    assert_eq!(lines.next().as_deref(), Some("{0: 1.0}"));
    board.set_temperature(2_000);
    // The state that was registered may be told once more.
    assert_eq!(lines.find(|line| line != "{0: 1.0}").as_deref(), Some("{0: 2.0}"));
    child.kill().expect("it runs");
    child.wait().expect("it was killed");
}

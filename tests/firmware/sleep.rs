//! A board with nothing to do sleeps.

use std::time::Duration;

use twite_tests::board::{Board, Setup};
use twite_tests::emulator::Emulator;

/// Ticks of the kernel's clock in a second, as `/proc` counts.
const TICKS: u64 = 100;

/// How long the board is watched at a time.
const WINDOW: Duration = Duration::from_secs(5);

/// How often, until it is seen to sleep: what else runs on the machine only ever adds to what the emulator takes.
const WINDOWS: usize = 12;

/// Processor time of a process so far, in ticks.
fn used(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("a running process");
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
    [11, 12].map(|field| fields[field].parse::<u64>().expect("a number")).iter().sum()
}

#[test]
fn an_idle_board_takes_at_most_two_hundredths_of_a_processor() {
    for board in [Board::Lm3s6965evb, Board::QemuVirtRv32] {
        let board = Emulator::start_with(&Setup { board, ..Setup::default() });
        let slept = (0..WINDOWS).any(|_| {
            let before = used(board.pid());
            std::thread::sleep(WINDOW);
            let taken = used(board.pid()) - before;
            eprintln!("{taken} ticks in {WINDOW:?}");
            taken * 100 <= 2 * TICKS * WINDOW.as_secs()
        });
        assert!(slept, "{board:?}");
    }
}

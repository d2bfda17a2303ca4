//! Instructions and heap allocations per operation, counted by callgrind: of operations in this program the same on
//! every run of one build, of the server program nearly.
//!
//! `cargo bench -p twite-tests --bench instructions` runs each under valgrind, twice with different counts, and divides
//! the difference. It fails when a gate is exceeded, or a figure of `benches/baseline.toml` by more than 5 %.

mod baseline;
mod callgrind;
mod operations;
mod running;

use std::process::ExitCode;

use twite_tests::folder::Folder;

use baseline::Judge;
use callgrind::Counts;
use operations::{OPERATIONS, memory, register};
use running::LOADS;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, command, operation, count] = arguments.as_slice()
        && command == "run"
    {
        let run = OPERATIONS.get(operation.parse::<usize>().expect("a number")).map(|(_, run, _)| *run);
        run.unwrap_or(register)(count.parse().expect("a number"));
        return ExitCode::SUCCESS;
    }
    let mut judge = Judge::new();
    registrations(&mut judge);
    for (name, bytes, gate) in memory() {
        judge.figure(name, "bytes", bytes as f64, gate as f64);
    }
    for (number, (name, _, gate)) in OPERATIONS.iter().enumerate() {
        const LESS: u64 = 1_000;
        const MORE: u64 = 11_000;
        let [instructions, _] = counted(number, MORE).each_beyond(counted(number, LESS), MORE - LESS);
        judge.figure(name, "instructions", instructions, *gate as f64);
    }
    for (name, arguments, instructions, allocations) in LOADS {
        let each = running::each(arguments);
        judge.figure(name, "instructions", each[0], *instructions);
        judge.figure(&format!("{name}, heap"), "allocations", each[1], *allocations);
    }
    if judge.is_content() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn registrations(judge: &mut Judge) {
    let [none, some, many, all] = [0, 1_000, 9_000, 10_000].map(|count| counted(OPERATIONS.len(), count));
    let [first, _] = some.each_beyond(none, 1_000);
    let [last, _] = all.each_beyond(many, 1_000);
    judge.figure("an observer among the first 1 000", "instructions", first, first);
    judge.figure("an observer among the last 1 000 of 10 000", "instructions", last, first * 1.3);
}

/// One operation of this program, so many times.
fn counted(operation: usize, count: u64) -> Counts {
    let folder = Folder::new();
    let file = folder.path().join("callgrind.out");
    let mut command = callgrind::counting(&file);
    command.arg(std::env::current_exe().expect("this program has a path"));
    let output = command.args(["run", &operation.to_string(), &count.to_string()]).output();
    let output = output.expect("valgrind runs: install Debian's package valgrind");
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "operation {operation} fails:\n{report}");
    callgrind::counts(&file)
}

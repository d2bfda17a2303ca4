//! A process that uses numbers is killed at any time; none is ever used again.
//!
//! `TWITE_CRASH_ROUNDS` says how often.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use twite_server::oscore::Held;

use super::{Directory, take};

const ROUNDS: u64 = 60;

/// Names the context to the process that is killed.
const CONTEXT: &str = "TWITE_TEST_CONTEXT";

/// Before each line of that process that tells a number.
const USED: &str = "used ";

#[test]
fn no_number_is_used_twice_whenever_the_process_is_killed() {
    if let Some(path) = std::env::var_os(CONTEXT) {
        return use_numbers(Path::new(&path));
    }
    let rounds =
        std::env::var("TWITE_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    let directory = Directory::new();
    let path = directory.context();
    let mut used = BTreeSet::new();
    let mut killed_at_work = 0;
    for round in 0..rounds {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kills::no_number_is_used_twice_whenever_the_process_is_killed", "--nocapture"])
            .env(CONTEXT, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut seen = 0;
        let mut take = |line: String| {
            let number: u64 = line.strip_prefix(USED)?.parse().ok()?;
            assert!(used.insert(number), "{number} is used twice, in round {round}");
            seen += 1;
            Some(())
        };
        // It is at work once it has told of something.
        while take(lines.next().expect("it does not end by itself").unwrap()).is_none() {}
        // Spread over the time that storing takes.
        std::thread::sleep(Duration::from_micros(round * 7_919 % 6_000));
        child.kill().unwrap();
        child.wait().unwrap();
        // The last line may be cut off by the kill; no number is one that was not used, since numbers have a fixed length.
        for line in lines.map_while(Result::ok).filter(|line| line.len() == USED.len() + 13) {
            take(line);
        }
        killed_at_work += u64::from(seen > 1);
    }
    assert!(killed_at_work > rounds / 2, "only {killed_at_work} of {rounds} were killed at work");
}

/// Uses numbers until it is killed, and tells of each.
fn use_numbers(path: &Path) {
    let mut held = Held::open(path).unwrap();
    let mut stdout = std::io::stdout().lock();
    loop {
        let number = take(&mut held.context).expect("enough are reserved");
        writeln!(stdout, "{USED}{number:013}").unwrap();
        stdout.flush().unwrap();
        held.context.reserve(&mut held.numbers).unwrap();
    }
}

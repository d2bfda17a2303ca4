//! What callgrind counted in a run: instructions, and calls of functions by their names.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

/// The functions of the C library that give memory; Rust's allocator calls no others.
const ALLOCATING: [&str; 5] = ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"];

/// The counts of a whole run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) instructions: u64,
    pub(crate) allocations: u64,
}

impl Counts {
    /// What each of `count` more operations cost.
    pub(crate) fn each_beyond(self, less: Self, count: u64) -> [f64; 2] {
        [(self.instructions, less.instructions), (self.allocations, less.allocations)]
            .map(|(more, less)| (more as f64 - less as f64) / count as f64)
    }
}

/// Valgrind, about to count in a program that is still to be named.
pub(crate) fn counting(output: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--quiet", "--tool=callgrind"]).arg(format!("--callgrind-out-file={}", output.display()));
    command
}

/// Reads what callgrind wrote.
pub(crate) fn counts(output: &Path) -> Counts {
    let bytes = std::fs::read(output).unwrap_or_else(|error| panic!("{}: {error}", output.display()));
    let text = String::from_utf8_lossy(&bytes);
    let instructions = text.lines().find_map(|line| line.strip_prefix("totals: "));
    let instructions = instructions.and_then(|total| total.trim().parse().ok());
    Counts { instructions: instructions.expect("a total"), allocations: allocations(&text) }
}

/// `cfn=(7) malloc`, the first time, or `cfn=(7)` goes before `calls=COUNT ADDRESS`.
fn allocations(text: &str) -> u64 {
    let mut names = HashMap::new();
    let mut called = None;
    let mut total = 0;
    for line in text.lines() {
        let function = line.strip_prefix("cfn=").or_else(|| line.strip_prefix("fn="));
        if let Some((number, name)) = function.and_then(|function| function.split_once(')')) {
            if !name.is_empty() {
                names.insert(number, name.trim());
            }
            called = names.get(number).copied();
        } else if let Some(calls) = line.strip_prefix("calls=")
            && called.is_some_and(|name| ALLOCATING.contains(&name))
        {
            let count = calls.split(' ').next().and_then(|count| count.parse::<u64>().ok());
            total += count.expect("a count of calls");
        }
    }
    total
}

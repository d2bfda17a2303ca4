//! One idea, one file.

use crate::source::{package, rust_files};

/// Over this many lines a file holds more than one idea.
const LONGEST: usize = 400;

#[test]
fn no_file_is_longer_than_400_lines() {
    let mut faults = Vec::new();
    let folders = ["common/src", "server/src", "device/src", "device/boards", "tests"].map(package);
    for file in folders.iter().flat_map(|folder| rust_files(folder)) {
        let lines = std::fs::read_to_string(&file).expect("a readable file").lines().count();
        if lines > LONGEST {
            faults.push(format!("{}: {lines} lines", file.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

//! What the image may cost, by `device/budget.toml`.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use twite_tests::ask::{code, get, put};
use twite_tests::board::{Board, Setup, build, on_host};
use twite_tests::emulator::Emulator;

/// A figure of `device/budget.toml`, in bytes.
fn budget(key: &str) -> u64 {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../device/budget.toml");
    let text = std::fs::read_to_string(path).expect("device/budget.toml is part of the repository");
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_prefix('='));
    value.and_then(|value| value.trim().replace('_', "").parse().ok()).unwrap_or_else(|| panic!("{key}"))
}

/// Bytes of code and constants, of initialised and of zeroed memory.
fn sizes(image: &Path) -> [u64; 3] {
    let output = Command::new("size").arg(image).output().expect("binutils' size");
    let text = String::from_utf8(output.stdout).expect("text");
    let figures = text.lines().nth(1).expect("a line of figures").split_whitespace();
    let figures: Vec<u64> = figures.take(3).map(|figure| figure.parse().expect("a number")).collect();
    figures.try_into().expect("three figures")
}

/// The sizes of the image as budgets want it, with these features.
fn built(kind: &str, cargo: &[&str]) -> [u64; 3] {
    sizes(&build(Board::Lm3s6965evb, &["--build-std"], kind, cargo))
}

#[test]
fn security_contexts_keep_within_their_budget() {
    let [plain, secured] = [("-sized", &[][..]), ("-oscore-sized", &["--features", "oscore"])]
        .map(|(kind, cargo)| built(kind, cargo))
        .map(|[text, data, bss]| (text + data, data + bss));
    let (flash, memory) = (secured.0 - plain.0, secured.1 - plain.1);
    println!("security contexts: flash {flash}, memory {memory}");
    assert!(flash <= budget("oscore_flash"), "flash: {flash} bytes");
    assert!(memory <= budget("oscore_memory"), "memory: {memory} bytes");
}

#[test]
fn the_image_keeps_within_its_budget() {
    let [text, data, bss] = built("-sized", &[]);
    // Pushing and registering go deepest; nobody is there.
    let nobody = Some((on_host(9), Duration::from_secs(1)));
    let mut board = Emulator::start_with(&Setup { push: nobody, directory: nobody, ..Setup::default() });
    for path in ["sensors/board/temperature", ".well-known/core", "nodes/board", "none"] {
        get(board.address(), path);
    }
    assert_eq!(code(&put(board.address(), "lamps/board", 60, &[0xa1, 0, 1])), "4.00");
    board.set_temperature(-1_500);
    for path in ["buttons/board", "nodes/board/log"] {
        get(board.address(), path);
    }
    let stack = board.stack_used();
    let (flash, memory) = (text + data, data + bss + stack);
    println!("flash {flash}, memory {memory} of which stack {stack}");
    assert!(flash <= budget("flash"), "flash: {flash} bytes");
    assert!(memory <= budget("memory"), "memory: {memory} bytes, {stack} of them stack");
}

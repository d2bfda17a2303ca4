//! No datagram can make a board panic or reach for a heap: there is no such path in the linked program.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::source::package;

/// The only callers of a panic that the optimizer leaves: splitting of texts in `core`, which keeps its own rules, with
/// what needs it.
const EXCUSED: &[(&str, &str)] =
    &[("core::str::iter::Split", "templates and attributes are taken apart for discovery")];

const MANIFEST: &str = r#"
[package]
name = "board"
edition = "2024"

[lib]
path = "board.rs"
crate-type = ["staticlib"]

[dependencies]
twite = { path = "COMMON", default-features = false, features = ["full"] }

[profile.release]
lto = "fat"
codegen-units = 1
panic = "abort"

[workspace]
"#;

/// Links the board for this host at an optimization level; the program.
fn link(level: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("board-{level}"));
    std::fs::create_dir_all(&folder).expect("a folder");
    let manifest = MANIFEST.replace("COMMON", &package("common").to_string_lossy());
    std::fs::write(folder.join("Cargo.toml"), manifest).expect("written");
    std::fs::write(folder.join("board.rs"), include_str!("link/board.rs")).expect("written");
    std::fs::copy(package("Cargo.lock"), folder.join("Cargo.lock")).expect("the workspace's versions");
    run(Command::new(env!("CARGO"))
        .args(["build", "--release", "--offline", "--target-dir", "target"])
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level)
        .env_remove("CARGO_BUILD_TARGET")
        .env_remove("RUSTFLAGS")
        .current_dir(&folder));
    let shell = package("tests").join("architecture/link/shell.c");
    run(Command::new("cc")
        .args(["-O1", "-ffunction-sections", "-Wl,--gc-sections", "-o", "board"])
        .arg(shell)
        .arg("target/release/libboard.a")
        .current_dir(&folder));
    folder.join("board")
}

/// Runs a program that must succeed; what it prints.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}:\n{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn is_panic(symbol: &str) -> bool {
    symbol.contains("core::panicking::") || symbol.ends_with("_fail") || symbol.ends_with("_failed")
}

/// Who calls or jumps to a panic, in the words of `objdump -dC`.
fn panicking(disassembly: &str) -> BTreeSet<String> {
    let mut callers = BTreeSet::new();
    let mut function = "";
    for line in disassembly.lines() {
        if let Some((_, name)) = line.strip_suffix(">:").and_then(|line| line.split_once(" <")) {
            function = name;
        } else if let Some((_, target)) = line.strip_suffix('>').and_then(|line| line.split_once(" <")) {
            let target = target.split("+0x").next().unwrap_or(target);
            if is_panic(target) && !is_panic(function) {
                callers.insert(function.to_owned());
            }
        }
    }
    callers
}

fn check(level: &str) {
    let disassembly = run(Command::new("objdump").args(["-dC", "--no-show-raw-insn"]).arg(link(level)));
    assert!(disassembly.contains("<serve>:"), "the board is in the program");
    let callers = panicking(&disassembly);
    let is_excused = |caller: &&String| {
        EXCUSED.iter().any(|(prefix, _)| caller.trim_start_matches('<').starts_with(prefix))
    };
    let faults: Vec<_> = callers.iter().filter(|caller| !is_excused(caller)).collect();
    assert!(faults.is_empty(), "at level {level} these can panic: {faults:#?}");
}

#[test]
fn a_board_built_for_speed_has_no_panic_path_and_no_heap() {
    check("3");
}

#[test]
fn a_board_built_for_size_has_no_panic_path_and_no_heap() {
    check("s");
}

#[test]
fn a_call_of_a_panic_is_found() {
    let text = "0000000000001000 <twite::wire::parse>:\n    1000:\tcall   2000 <core::panicking::panic_bounds_check>\n\
                0000000000003000 <twite::wire::fine>:\n    3000:\tjmp    3008 <twite::wire::fine+0x8>\n";
    assert!(panicking(text).iter().eq(["twite::wire::parse"]));
}

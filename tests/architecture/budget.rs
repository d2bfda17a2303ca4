//! What engine, model and routes may cost a microcontroller, by `device/budget.toml`.

use std::process::Command;

use crate::source::package;

/// A figure of `device/budget.toml`, in bytes.
fn budget(key: &str) -> u64 {
    let path = package("device").join("budget.toml");
    let text = std::fs::read_to_string(path).expect("device/budget.toml is part of the repository");
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_prefix('='));
    value.and_then(|value| value.trim().replace('_', "").parse().ok()).unwrap_or_else(|| panic!("{key}"))
}

/// What a command that must succeed prints.
fn output(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}:\n{errors}");
    String::from_utf8(output.stdout).expect("text")
}

/// Flash and memory of engine, model and routes alone with these features.
fn alone(features: &str) -> [u64; 2] {
    let build = package("device").join("boards/build");
    let options = ["--build-std", "probe", "--no-default-features", "--features", features];
    let image = output(Command::new(build).args(options));
    let sizes = output(Command::new("size").arg(image.trim()));
    let figures = sizes.lines().nth(1).expect("a line of figures").split_whitespace();
    let figures: Vec<u64> = figures.take(3).map(|figure| figure.parse().expect("a number")).collect();
    let [text, data, bss] = figures[..] else { panic!("{sizes}") };
    [text + data, data + bss]
}

#[test]
fn the_engine_alone_keeps_within_its_budget() {
    for (features, set) in [("full", "engine"), ("discovery,observe,uploads", "server")] {
        let [flash, memory] = alone(features);
        println!("{set}: flash {flash}, memory {memory}");
        assert!(flash <= budget(&format!("{set}_flash")), "{set}: {flash} bytes of flash");
        assert!(memory <= budget(&format!("{set}_memory")), "{set}: {memory} bytes of memory");
    }
}

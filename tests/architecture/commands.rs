//! What the README tells a stranger to type.

use std::process::Command;

use serde_json::Value;

use crate::source::package;

/// `cargo run` without a name takes the workspace's only program.
#[test]
fn the_workspace_has_one_program() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(package(""))
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages").iter();
    let targets = packages.flat_map(|package| package["targets"].as_array().expect("targets"));
    let programs: Vec<&Value> =
        targets.filter(|target| target["kind"][0] == "bin").map(|target| &target["name"]).collect();
    assert_eq!(programs, ["twite"]);
}

//! The `twite` binary: found or built, run to its end.

use std::ffi::OsStr;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Names a binary to test instead of the one beside the tests.
const PROGRAM: &str = "TWITE_PROGRAM";

/// How long a program may take on a machine under load.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a program ended.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Ran {
    /// Standard output as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("the output is text")
    }
}

/// Runs `twite` with these arguments and nothing on standard input.
pub fn twite<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ran {
    run(command().args(arguments), &[])
}

/// Runs `twite` with these arguments and `input` on standard input.
pub fn twite_reading<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>, input: &[u8]) -> Ran {
    run(command().args(arguments), input)
}

/// A command for `twite` that no `TWITE_*` variable of the caller reaches.
pub fn command() -> Command {
    let mut command = Command::new(program());
    without_settings(&mut command);
    command
}

/// Keeps the caller's `TWITE_*` variables from a command.
pub fn without_settings(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TWITE_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command to its end, which must come soon; `input` is its standard input.
pub fn run(command: &mut Command, input: &[u8]) -> Ran {
    run_within(PATIENCE, command, input)
}

/// Runs a command that may take this long.
pub fn run_within(patience: Duration, command: &mut Command, input: &[u8]) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let name = command.get_program().to_owned();
    let mut child =
        command.spawn().unwrap_or_else(|error| panic!("{} does not start: {error}", name.display()));
    // A program that ends without reading all of it is fine.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    let stdout = collect(child.stdout.take().expect("a pipe"));
    let stderr = collect(child.stderr.take().expect("a pipe"));
    let code = ended(&mut child, patience);
    let [stdout, stderr] = [stdout, stderr].map(|output| output.join().expect("its output"));
    let ran = Ran { code: code.flatten(), stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() };
    assert!(code.is_some(), "{command:?} does not end: {ran:?}");
    ran
}

/// Reads to the end, beside everything else.
fn collect(mut output: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // It ends with the program, however that ends.
        let _ = output.read_to_end(&mut bytes);
        bytes
    })
}

/// The exit code; none if the program had to be killed.
fn ended(child: &mut Child, patience: Duration) -> Option<Option<i32>> {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().expect("it is our child") {
            return Some(status.code());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("it runs");
    child.wait().expect("it was killed");
    None
}

/// The binary: the one that `TWITE_PROGRAM` names, else a fresh one from `cargo build`, once per test program.
pub fn program() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| match std::env::var_os(PROGRAM) {
        Some(path) => std::path::absolute(&path).expect("TWITE_PROGRAM is a path"),
        None => build(),
    })
}

/// Builds the binary in the folder and the profile of this test program: `target/PROFILE/deps/name`.
fn build() -> PathBuf {
    let this = std::env::current_exe().expect("this program has a path");
    let profile = this.ancestors().nth(2).expect("it lies in a folder for its profile");
    let target = profile.parent().expect("the profile lies in the target folder");
    let name = profile.file_name().expect("the profile has a name");
    let name = if name == "debug" { OsStr::new("dev") } else { name };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--package", "twite-server", "--bin", "twite", "--profile"])
        .arg(name)
        .arg("--target-dir")
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "no binary:\n{}", String::from_utf8_lossy(&output.stderr));
    profile.join("twite")
}

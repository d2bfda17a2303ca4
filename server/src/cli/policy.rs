//! `twite token` and `twite check-policy`: what an operator needs around a policy.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use super::Ended;
use crate::policy;

/// Makes a token and prints it with the line of its hash.
pub(super) fn token() -> Result<ExitCode, Ended> {
    let made = policy::generate();
    let (token, hash) = made.map_err(|error| Ended::Usage(format!("no randomness: {error}")))?;
    show(&format!("{token}\nbearer = [\"{}\"]\n", hash.to_text()))
}

/// Checks a policy and prints what identity may do what.
pub(super) fn check(path: &Path) -> Result<ExitCode, Ended> {
    let policy = policy::load(path).map_err(|error| Ended::Usage(error.to_string()))?;
    show(&policy.to_string())
}

/// Prints what was asked for.
pub(super) fn show(text: &str) -> Result<ExitCode, Ended> {
    let written = std::io::stdout().lock().write_all(text.as_bytes());
    written.map(|()| ExitCode::SUCCESS).map_err(|error| Ended::Usage(format!("cannot be written: {error}")))
}

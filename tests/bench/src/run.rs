//! One run of the generator, and medians of several.

use serde_json::Value;

use crate::machine;
use crate::peers::{Peer, pinned, twite};

/// What one run gave.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample {
    /// Answers or notifications per second.
    pub per_second: f64,
    /// The median latency in µs.
    pub p50: f64,
    /// The server's processor time for one request in µs.
    pub processor: f64,
}

/// Loads the peer with these arguments of `twite bench`.
pub fn load(peer: &Peer, arguments: &[&str]) -> Sample {
    let before = machine::processor_time(peer.process());
    let mut command = pinned(1, twite());
    command.arg("bench").arg(peer.uri()).args(["--json", "--warm-up", "0"]).args(arguments);
    let output = command.output().expect("the generator starts");
    let used = machine::processor_time(peer.process()) - before;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
        panic!("{} {arguments:?}: {}", peer.name, String::from_utf8_lossy(&output.stderr))
    });
    let number = |value: &Value| value.as_f64().expect("a number");
    let answered = number(&report["answered"]);
    let failed = report["codes"].as_object().expect("codes").keys().any(|code| !code.starts_with('2'));
    assert!(!failed, "{} {arguments:?}: {}", peer.name, report["codes"]);
    let lost = number(&report["lost"]) + number(&report["unanswered"]) + number(&report["retransmissions"]);
    if lost > answered / 1_000.0 {
        eprintln!("{} {arguments:?}: {lost} lost or sent again of {answered}", peer.name);
    }
    Sample {
        per_second: number(&report["per_second"]),
        p50: number(&report["latency"]["p50"]),
        processor: used * 1e6 / answered.max(1.0),
    }
}

/// The peers one after the other, so many times; the samples of each.
pub fn interleaved(peers: &[&Peer], rounds: usize, arguments: &[&str]) -> Vec<Vec<Sample>> {
    let mut samples = vec![Vec::new(); peers.len()];
    for _ in 0..rounds {
        for (peer, samples) in peers.iter().zip(&mut samples) {
            samples.push(load(peer, arguments));
        }
    }
    samples
}

/// The median of one figure.
pub fn median(samples: &[Sample], figure: impl Fn(&Sample) -> f64) -> f64 {
    middle(samples.iter().map(figure).collect())
}

/// The median of values.
pub fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

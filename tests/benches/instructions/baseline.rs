//! The figures that were committed: none may become much worse unnoticed.

use std::collections::BTreeMap;

/// Kept by hand, so that each change of a figure is a change that somebody has looked at.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/baseline.toml");

/// By how much a figure may be worse.
const SLACK: f64 = 1.05;

/// Judges figures, and remembers whether one failed.
#[derive(Debug)]
pub(crate) struct Judge {
    baseline: BTreeMap<String, f64>,
    over: Vec<String>,
    failed: bool,
}

impl Judge {
    /// Reads the committed figures.
    pub(crate) fn new() -> Self {
        let text = std::fs::read_to_string(FILE).unwrap_or_else(|error| panic!("{FILE}: {error}"));
        let mut file: toml::Table = text.parse().unwrap_or_else(|error| panic!("{FILE}: {error}"));
        let over = file.remove("over").and_then(|over| over.try_into().ok()).unwrap_or_default();
        let baseline = file.remove("figures").and_then(|figures| figures.try_into().ok());
        Self { baseline: baseline.expect("a table of figures"), over, failed: false }
    }

    /// Says how a figure is beside its gate and, if it has one, its baseline; both are to be undercut.
    pub(crate) fn figure(&mut self, name: &str, unit: &str, value: f64, gate: f64) {
        let known_over = self.over.iter().any(|over| over == name);
        let baseline = self.baseline.get(name).copied();
        let is_over = value > gate;
        let is_worse = baseline.is_some_and(|baseline| value > baseline * SLACK);
        let is_better = baseline.is_some_and(|baseline| value * SLACK < baseline);
        let verdict = match (is_over, known_over) {
            _ if is_worse => "WORSE than baseline.toml says",
            (true, false) => "OVER its gate",
            (true, true) if baseline.is_none() => "OVER its gate, with no baseline",
            (true, true) => "over its gate as known, no worse",
            (false, true) => "within its gate: it can leave `over` of baseline.toml",
            (false, false) if is_better => "better: write it to baseline.toml",
            (false, false) => "ok",
        };
        let beside = baseline.map_or_else(String::new, |baseline| format!(", baseline {}", shown(baseline)));
        println!("{:>8} {unit}, gate {}{beside}: {name}: {verdict}", shown(value), shown(gate));
        self.failed |= is_worse || is_over && !(known_over && baseline.is_some());
    }

    /// Whether all were good enough.
    pub(crate) const fn is_content(&self) -> bool {
        !self.failed
    }
}

fn shown(value: f64) -> String {
    if value < 100.0 { format!("{}", (value * 100.0).round() / 100.0 + 0.0) } else { format!("{value:.0}") }
}

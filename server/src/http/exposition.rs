//! Figures in the text format of Prometheus (version 0.0.4).

use std::fmt::{Display, Write as _};

/// The media type of the format.
pub const EXPOSITION: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What a figure does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// It counts by size.
    Histogram,
}

/// Figures as text.
#[derive(Clone, Debug, Default)]
pub struct Exposition {
    text: String,
}

impl Exposition {
    /// Begins a family of figures.
    pub fn family(&mut self, name: &str, kind: Kind, about: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        // Writing to a string does not fail.
        let _ = write!(self.text, "# HELP {name} {about}\n# TYPE {name} {kind}\n");
    }

    /// One figure of the family; the values of labels are our own words.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &dyn Display)], value: impl Display) {
        self.text.push_str(name);
        for (position, (label, value)) in labels.iter().enumerate() {
            let before = if position == 0 { '{' } else { ',' };
            // Writing to a string does not fail.
            let _ = write!(self.text, "{before}{label}=\"{value}\"");
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        let _ = writeln!(self.text, " {value}");
    }

    /// A family of one figure without labels.
    pub fn single(&mut self, name: &str, kind: Kind, about: &str, value: impl Display) {
        self.family(name, kind, about);
        self.sample(name, &[], value);
    }

    /// All figures.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_have_a_head_and_figures() {
        let mut exposition = Exposition::default();
        exposition.single("a_total", Kind::Counter, "Things.", 3_u64);
        exposition.family("b", Kind::Gauge, "Others.");
        exposition.sample("b", &[("method", &"GET"), ("status", &404)], 0.25);
        assert_eq!(
            exposition.into_text(),
            "# HELP a_total Things.\n# TYPE a_total counter\na_total 3\n\
             # HELP b Others.\n# TYPE b gauge\nb{method=\"GET\",status=\"404\"} 0.25\n"
        );
    }
}

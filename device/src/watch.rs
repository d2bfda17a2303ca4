//! When observers hear of the temperature.

use twite::base::{Duration, Instant};

use crate::Settings;

/// What observers were told, and when the thermometer is read for them.
#[derive(Debug)]
pub(crate) struct Watch {
    sample: Duration,
    threshold: f32,
    quiet: Duration,
    next: Instant,
    told: Option<(f32, Instant)>,
    silent: bool,
}

impl Watch {
    pub(crate) const fn new(now: Instant, settings: &Settings<'_>) -> Self {
        let Settings { sample, threshold, quiet, .. } = *settings;
        Self { sample, threshold, quiet, next: now, told: None, silent: false }
    }

    /// When the thermometer is read.
    pub(crate) const fn next(&self) -> Instant {
        self.next
    }

    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.next <= now
    }

    /// Whether the thermometer fell silent or answers again: `Some(true)` if it is silent now.
    pub(crate) fn turned(&mut self, celsius: Option<f32>) -> Option<bool> {
        let silent = celsius.is_none();
        let turned = silent != self.silent;
        self.silent = silent;
        turned.then_some(silent)
    }

    /// The thermometer was read; whether observers are to be told: at once if they were told nothing yet, else when it
    /// moved by the threshold and the last time is long enough ago.
    pub(crate) fn sampled(&mut self, now: Instant, celsius: Option<f32>) -> bool {
        self.next = now + self.sample;
        let Some(celsius) = celsius else { return false };
        let tell = self
            .told
            .is_none_or(|(told, at)| (celsius - told).abs() >= self.threshold && now.since(at) >= self.quiet);
        if tell {
            self.told = Some((celsius, now));
        }
        tell
    }
}

//! What is counted of HTTP.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use crate::http::exposition::{Exposition, Kind};

/// Counts since the start.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// Requests by method and status: there are few of either.
    answered: RefCell<BTreeMap<(&'static str, u16), u64>>,
    /// Requests by how long they took, each in the first bucket that holds it, and those that took longer.
    took: RefCell<[u64; BUCKETS.len() + 1]>,
    seconds: Cell<f64>,
    pub(super) accepted: Cell<u64>,
    pub(super) turned_away: Cell<u64>,
    pub(super) events: Cell<u64>,
    pub(super) streams_refused: Cell<u64>,
}

/// The ends of the buckets in seconds.
const BUCKETS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Counts one more.
pub(super) fn count(counter: &Cell<u64>) {
    counter.set(counter.get() + 1);
}

impl Figures {
    /// A request was answered.
    pub(super) fn answered(&self, method: &'static str, status: u16, took: Duration) {
        *self.answered.borrow_mut().entry((method, status)).or_default() += 1;
        let seconds = took.as_secs_f64();
        self.seconds.set(self.seconds.get() + seconds);
        let bucket = BUCKETS.iter().position(|end| seconds <= *end).unwrap_or(BUCKETS.len());
        if let Some(count) = self.took.borrow_mut().get_mut(bucket) {
            *count += 1;
        }
    }

    /// All of them.
    pub(super) fn write(&self, exposition: &mut Exposition) {
        let name = "twite_http_requests_total";
        exposition.family(name, Kind::Counter, "Requests answered over HTTP.");
        for ((method, status), count) in &*self.answered.borrow() {
            exposition.sample(name, &[("method", method), ("status", status)], count);
        }
        let name = "twite_http_request_duration_seconds";
        exposition.family(name, Kind::Histogram, "From the head of a request to the head of its response.");
        let took = self.took.borrow();
        let mut total = 0;
        for (end, count) in BUCKETS.iter().zip(&*took) {
            total += count;
            exposition.sample(&format!("{name}_bucket"), &[("le", end)], total);
        }
        total += took.last().copied().unwrap_or(0);
        exposition.sample(&format!("{name}_bucket"), &[("le", &"+Inf")], total);
        exposition.sample(&format!("{name}_sum"), &[], self.seconds.get());
        exposition.sample(&format!("{name}_count"), &[], total);
        for (name, kind, about, value) in [
            ("twite_http_connections_total", Kind::Counter, "Connections accepted.", &self.accepted),
            (
                "twite_http_connections_refused_total",
                Kind::Counter,
                "Connections answered 503 because there were too many.",
                &self.turned_away,
            ),
            ("twite_http_events_total", Kind::Counter, "Events sent on streams.", &self.events),
            (
                "twite_http_streams_refused_total",
                Kind::Counter,
                "Streams answered 503 because there were too many.",
                &self.streams_refused,
            ),
        ] {
            exposition.single(name, kind, about, value.get());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_all_that_is_shorter() {
        let figures = Figures::default();
        for millis in [0, 2, 2_000, 60_000] {
            figures.answered("GET", 200, Duration::from_millis(millis));
        }
        let mut exposition = Exposition::default();
        figures.write(&mut exposition);
        let text = exposition.into_text();
        for line in [
            "twite_http_requests_total{method=\"GET\",status=\"200\"} 4",
            "twite_http_request_duration_seconds_bucket{le=\"0.001\"} 1",
            "twite_http_request_duration_seconds_bucket{le=\"0.0025\"} 2",
            "twite_http_request_duration_seconds_bucket{le=\"10\"} 3",
            "twite_http_request_duration_seconds_bucket{le=\"+Inf\"} 4",
            "twite_http_request_duration_seconds_count 4",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} in\n{text}");
        }
    }
}

//! What was dropped and refused, told at a bounded rate: a flood of datagrams is no flood of lines.

use std::fmt::Write as _;
use std::net::SocketAddr;

use twite::base::{Duration, Instant};
use twite::endpoint::Counters;

/// The shortest time between two lines of one socket.
const EVERY: Duration = Duration::from_secs(10);

/// One reason: its words, and how often there was reason.
type Reason = (&'static str, fn(&Counters) -> u64);

const REASONS: [Reason; 12] = [
    ("no messages", |counters| counters.format_errors),
    ("answers to nothing", |counters| counters.unsolicited),
    ("resets withheld", |counters| counters.resets_withheld),
    ("errors withheld", |counters| counters.errors_withheld),
    ("from sources that asked too often", |counters| counters.too_many),
    ("refused for want of room", |counters| counters.refused),
    ("observers refused", |counters| counters.observers_refused),
    ("withheld from addresses not validated", |counters| counters.withheld),
    ("shrunk for such", |counters| counters.shrunk),
    ("challenges to such", |counters| counters.challenged),
    ("peers forgotten for want of room", |counters| counters.peers_forgotten),
    ("unsent for want of message ids", |counters| counters.message_ids_exhausted),
];

/// What was told of one socket, and when.
#[derive(Debug, Default)]
pub(super) struct Dropped {
    told: Counters,
    at: Option<Instant>,
}

impl Dropped {
    /// Tells what is new, if it is time for that.
    pub(super) fn tell(&mut self, now: Instant, address: SocketAddr, counters: &Counters) {
        if self.at.is_none_or(|at| now.since(at) >= EVERY)
            && let Some(news) = self.news(counters)
        {
            tracing::warn!(%address, "dropped or refused: {news}");
            (self.told, self.at) = (*counters, Some(now));
        }
    }

    /// The same at the end, whatever the time.
    pub(super) fn close(&mut self, now: Instant, address: SocketAddr, counters: &Counters) {
        self.at = None;
        self.tell(now, address, counters);
    }

    /// What happened since the last line.
    fn news(&self, counters: &Counters) -> Option<String> {
        let mut news = String::new();
        for (words, count) in REASONS {
            let more = count(counters).wrapping_sub(count(&self.told));
            if more != 0 {
                let comma = if news.is_empty() { "" } else { ", " };
                // Writing to a string does not fail.
                let _ = write!(news, "{comma}{more} {words}");
            }
        }
        (!news.is_empty()).then_some(news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_is_told() {
        let mut dropped = Dropped::default();
        let mut counters = Counters { received: 7, requests: 7, ..Counters::default() };
        assert_eq!(dropped.news(&counters), None, "what is served is no news");
        (counters.withheld, counters.format_errors) = (3, 2);
        assert_eq!(
            dropped.news(&counters).as_deref(),
            Some("2 no messages, 3 withheld from addresses not validated")
        );
        let address = SocketAddr::from(([127, 0, 0, 1], 5683));
        dropped.tell(Instant::from_millis(1), address, &counters);
        assert_eq!(dropped.news(&counters), None);
        counters.withheld = 1_003;
        dropped.tell(Instant::from_millis(9_000), address, &counters);
        assert_eq!(dropped.told.withheld, 3, "too early");
        dropped.tell(Instant::from_millis(10_001), address, &counters);
        assert_eq!(dropped.told.withheld, 1_003);
        counters.withheld = 1_004;
        dropped.close(Instant::from_millis(10_002), address, &counters);
        assert_eq!(dropped.told.withheld, 1_004, "the end is told at once");
    }
}

//! What was dropped and refused, told at a bounded rate: a flood of datagrams is no flood of lines.

use std::fmt::Write as _;
use std::net::SocketAddr;

use twite::base::{Duration, Instant};
use twite::endpoint::Counters;

/// The shortest time between two lines of one socket.
const EVERY: Duration = Duration::from_secs(10);

/// The reasons in words.
const REASONS: [&str; 12] = [
    "no messages",
    "answers to nothing",
    "resets withheld",
    "errors withheld",
    "from sources that asked too often",
    "refused for want of room",
    "observers refused",
    "withheld from addresses not validated",
    "shrunk for such",
    "challenges to such",
    "peers forgotten for want of room",
    "unsent for want of message ids",
];

/// How often there was each.
const fn counts(counters: &Counters) -> [u64; REASONS.len()] {
    [
        counters.format_errors,
        counters.unsolicited,
        counters.resets_withheld,
        counters.errors_withheld,
        counters.too_many,
        counters.refused,
        counters.observers_refused,
        counters.withheld,
        counters.shrunk,
        counters.challenged,
        counters.peers_forgotten,
        counters.message_ids_exhausted,
    ]
}

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
        let (now, before) = (counts(counters), counts(&self.told));
        if now == before {
            return None;
        }
        let mut news = String::new();
        for (words, (now, before)) in REASONS.iter().zip(now.iter().zip(before)) {
            let more = now.wrapping_sub(before);
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

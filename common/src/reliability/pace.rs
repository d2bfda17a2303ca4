//! How fast a peer may be told news without being asked for an acknowledgement, RFC 7641 §4.5.1.

use crate::base::{Duration, Instant};

/// The pause between Non-confirmable notifications to a peer whose round-trip time is not known.
const UNKNOWN: Duration = Duration::from_secs(3);

/// The round-trip time of a peer and when it was told the last time. There is one of these for each peer, so every
/// byte counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// The smoothed round-trip time in microseconds; the largest number where it is not known.
    round_trip: u32,
    /// When the last Non-confirmable notification went, in ticks that wrap after three days; 0 for never.
    told: u32,
}

impl Pace {
    /// A peer that nothing is known of.
    pub const NEW: Self = Self { round_trip: u32::MAX, told: 0 };

    /// Takes the time from a message to its acknowledgement; a new one counts for an eighth.
    pub fn measured(&mut self, round_trip: Duration) {
        let sample = round_trip.as_micros().min(u64::from(u32::MAX - 1)) as u32;
        self.round_trip = match self.round_trip {
            u32::MAX => sample,
            known => known - known / 8 + sample / 8,
        };
    }

    /// A Non-confirmable notification goes out.
    pub const fn tell(&mut self, now: Instant) {
        self.told = ticks(now);
    }

    /// When the next may go: one per round trip, every 3 seconds where that is not known (§4.5.1).
    pub const fn next(&self, now: Instant) -> Option<Instant> {
        if self.told == 0 {
            return None;
        }
        let pause = if self.round_trip == u32::MAX { UNKNOWN.as_micros() } else { self.round_trip as u64 };
        let passed = ticks(now).wrapping_sub(self.told) as u64 * TICK;
        if passed >= pause { None } else { Some(Instant::from_micros(now.as_micros() + pause - passed)) }
    }
}

/// Microseconds in a tick.
const TICK: u64 = 64;

/// The present tick, never 0.
const fn ticks(now: Instant) -> u32 {
    (now.as_micros() / TICK) as u32 | 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Instant = Instant::from_millis(1);

    #[test]
    fn section_4_5_1_three_seconds_where_nothing_is_known() {
        let mut pace = Pace::NEW;
        assert_eq!(pace.next(START), None, "the first");
        pace.tell(START);
        let at = pace.next(START).expect("a pause");
        assert!(at.since(START) <= UNKNOWN && UNKNOWN - at.since(START) <= Duration::from_micros(TICK));
        assert_eq!(pace.next(START + UNKNOWN), None);
    }

    #[test]
    fn section_4_5_1_a_round_trip_where_it_is_known() {
        let mut pace = Pace::NEW;
        pace.measured(Duration::from_secs(8));
        pace.tell(START);
        assert!(pace.next(START + Duration::from_millis(7_900)).is_some());
        assert_eq!(pace.next(START + Duration::from_secs(8)), None);
        for _ in 0..60 {
            pace.measured(Duration::from_millis(80));
        }
        assert!(pace.next(START + Duration::from_millis(70)).is_some());
        assert_eq!(pace.next(START + Duration::from_millis(90)), None, "the mean follows");
    }

    #[test]
    fn the_clock_may_wrap() {
        let mut pace = Pace::NEW;
        let late = Instant::from_micros((1 << 32) * TICK - 1_000_000);
        pace.tell(late);
        assert!(pace.next(late + Duration::from_secs(2)).is_some());
        assert_eq!(pace.next(late + Duration::from_secs(3)), None);
    }
}

//! The retransmission timeout by measured round-trip times: CoCoA, draft-ietf-core-cocoa-03, in integers.

use super::Timing;
use crate::base::{Duration, Instant};

/// What is known of the way to one peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Estimate {
    /// From messages that were transmitted once.
    strong: Mean,
    /// From messages that were transmitted again: from the first transmission on, so that it is too long if anything.
    weak: Mean,
    /// The overall timeout, in microseconds.
    timeout: u64,
    updated: Instant,
}

/// The shortest timeout: below it is what a peer may take to process.
pub const SHORTEST: Duration = Duration::from_millis(100);

/// The longest timeout.
pub const LONGEST: Duration = Duration::from_secs(32);

/// Timeouts below the first are short, above the second long: they age, and back off otherwise.
const SHORT: u64 = 1_000_000;
const LONG: u64 = 3_000_000;

/// The deviation that counts at least, in microseconds: no clock is better.
const GRANULARITY: u64 = 10_000;

impl Estimate {
    /// Nothing is measured yet.
    pub const fn new(now: Instant, timing: &Timing) -> Self {
        let timeout = timing.ack_timeout.as_micros();
        Self { strong: Mean::NEW, weak: Mean::NEW, timeout, updated: now }
    }

    /// Takes the time from the first transmission of a message to its acknowledgement; after more than two
    /// retransmissions it says nothing.
    pub fn measured(&mut self, now: Instant, round_trip: Duration, transmissions: u8) {
        self.age(now);
        let sample = round_trip.as_micros();
        self.timeout = match transmissions {
            1 => (self.timeout + self.strong.take(sample, 4)) / 2,
            2 | 3 => (3 * self.timeout + self.weak.take(sample, 1)) / 4,
            _ => return,
        };
        self.timeout = self.timeout.clamp(SHORTEST.as_micros(), LONGEST.as_micros());
        self.updated = now;
    }

    /// The timeout now.
    pub fn timeout(&mut self, now: Instant) -> Duration {
        self.age(now);
        Duration::from_micros(self.timeout)
    }

    /// An estimate that nothing confirmed for long gets closer to what a timeout is without one.
    fn age(&mut self, now: Instant) {
        // A few steps lead from any timeout to between the bounds.
        while let Some(after) = match self.timeout {
            short if short < SHORT => Some(Duration::from_micros(16 * short)),
            long if long > LONG => Some(Duration::from_micros(4 * long)),
            _ => None,
        } {
            if now.since(self.updated) < after {
                return;
            }
            self.updated = self.updated + after;
            self.timeout = if self.timeout < SHORT { 2 * self.timeout } else { SHORT + self.timeout / 2 };
        }
    }
}

/// By how much, in thousandths, each timeout of a message is longer than the one before: a short first one
/// backs off faster, a long one slower.
pub const fn back_off_thousandths(timeout: Duration) -> u32 {
    match timeout.as_micros() {
        short if short < SHORT => 3_000,
        long if long > LONG => 1_500,
        _ => 2_000,
    }
}

/// The longest EXCHANGE_LIFETIME (RFC 7252 §4.8.2) with any timeout that may be estimated.
pub fn exchange_lifetime(timing: &Timing) -> Duration {
    let bounds = [Duration::from_micros(SHORT - 1), Duration::from_micros(LONG), LONGEST];
    let longest =
        bounds.into_iter().map(|timeout| timing.lifetime_of(timeout, back_off_thousandths(timeout)));
    longest.fold(timing.exchange_lifetime(), Duration::max)
}

/// A smoothed time and its deviation, RFC 6298 §2, in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Mean {
    mean: u32,
    deviation: u32,
}

impl Mean {
    /// No sample was taken.
    const NEW: Self = Self { mean: u32::MAX, deviation: 0 };

    /// Takes a sample: the mean and so many deviations after it.
    fn take(&mut self, sample: u64, deviations: u64) -> u64 {
        let sample = sample.min(u64::from(u32::MAX - 1)) as u32;
        *self = if self.mean == u32::MAX {
            Self { mean: sample, deviation: sample / 2 }
        } else {
            let away = self.mean.abs_diff(sample);
            Self {
                mean: self.mean - self.mean / 8 + sample / 8,
                deviation: self.deviation - self.deviation / 4 + away / 4,
            }
        };
        u64::from(self.mean) + (deviations * u64::from(self.deviation)).max(GRANULARITY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Instant = Instant::from_millis(1);

    fn of(samples: &[(u64, u8)]) -> Estimate {
        let mut estimate = Estimate::new(START, &Timing::DEFAULT);
        samples
            .iter()
            .for_each(|(millis, sent)| estimate.measured(START, Duration::from_millis(*millis), *sent));
        estimate
    }

    fn millis(estimate: &mut Estimate, after: u64) -> u64 {
        estimate.timeout(START + Duration::from_secs(after)).as_micros() / 1_000
    }

    #[test]
    fn section_4_2_the_overall_timeout_is_half_strong_or_a_quarter_weak() {
        assert_eq!(millis(&mut of(&[]), 0), 2_000, "ACK_TIMEOUT");
        // 400 ms and four times a deviation of 200 ms, half of it; the other half is what it was.
        assert_eq!(millis(&mut of(&[(400, 1)]), 0), 1_600);
        // 8 s and once a deviation of 4 s, a quarter of it.
        assert_eq!(millis(&mut of(&[(8_000, 2)]), 0), 4_500);
        assert_eq!(of(&[(8_000, 3)]), of(&[(8_000, 2)]));
        assert_eq!(of(&[(8_000, 4)]), of(&[]), "too many retransmissions");
    }

    #[test]
    fn the_timeout_is_bounded() {
        assert_eq!(millis(&mut of(&[(0, 1); 100]), 0), 100);
        assert_eq!(millis(&mut of(&[(3_600_000, 1); 100]), 0), 32_000);
        assert_eq!(millis(&mut of(&[(u64::MAX, 1); 3]), 0), 32_000);
    }

    #[test]
    fn section_4_3_an_old_estimate_approaches_what_holds_without_one() {
        let mut short = of(&[(0, 1); 100]);
        assert_eq!([0, 1, 2, 10_000].map(|after| millis(&mut short, after)), [100, 100, 200, 1_600]);
        let mut long = of(&[(3_600_000, 1); 100]);
        assert_eq!(
            [0, 127, 128, 10_000].map(|after| millis(&mut long, after)),
            [32_000, 32_000, 17_000, 2_937]
        );
    }

    #[test]
    fn section_4_2_1_the_variable_back_off_factor() {
        let factor = |millis| back_off_thousandths(Duration::from_millis(millis));
        assert_eq!([100, 999, 1_000, 3_000, 3_001].map(factor), [3_000, 3_000, 2_000, 2_000, 1_500]);
        // 32 s times 1.5 times (1 + 1.5 + 2.25 + 3.375), 200 s on the way, 2 s to process.
        assert_eq!(exchange_lifetime(&Timing::DEFAULT), Duration::from_secs(390 + 202));
    }
}

//! Retransmission with exponential back-off, RFC 7252 §4.2.

use super::Timing;
use crate::base::{Duration, Random};

/// How long to wait for the acknowledgement of one confirmable message, and how often to ask again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BackOff {
    timeout: Duration,
    left: u8,
    transmissions: u8,
}

impl BackOff {
    /// The state before the first transmission: a first timeout between ACK_TIMEOUT and
    /// ACK_TIMEOUT × ACK_RANDOM_FACTOR.
    pub fn start(timing: &Timing, random: &mut Random) -> Self {
        let longest = timing.ack_timeout.scaled(timing.ack_random_thousandths);
        let spread = (longest - timing.ack_timeout).as_micros();
        let timeout = timing.ack_timeout + Duration::from_micros(random.up_to(spread));
        Self { timeout, left: timing.max_retransmit.saturating_add(1), transmissions: 0 }
    }

    /// The state before the only transmission, with the time to wait after it.
    pub const fn once(timeout: Duration) -> Self {
        Self { timeout, left: 1, transmissions: 0 }
    }

    /// Whether nothing was transmitted yet.
    pub const fn is_first(&self) -> bool {
        self.transmissions == 0
    }

    /// How often the message was transmitted.
    pub const fn transmissions(&self) -> u8 {
        self.transmissions
    }

    /// Whether no transmission may follow.
    pub const fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// Accounts for one transmission: the time to wait after it, or `None` if no more may follow.
    pub fn transmit(&mut self) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        self.transmissions = self.transmissions.saturating_add(1);
        let wait = self.timeout;
        self.timeout = self.timeout.times(2);
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn section_4_2_five_transmissions_with_doubling_timeouts() {
        let mut random = Random::from_seed([7; 32]);
        for _ in 0..100 {
            let mut back_off = BackOff::start(&Timing::DEFAULT, &mut random);
            let first = back_off.transmit().expect("the first transmission");
            assert!((Duration::from_secs(2)..=Duration::from_secs(3)).contains(&first));
            for factor in [2, 4, 8, 16] {
                assert_eq!(back_off.transmit(), Some(first.times(factor)));
            }
            assert_eq!(back_off.transmit(), None);
        }
    }
}

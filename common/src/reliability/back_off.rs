//! Retransmission with exponential back-off, RFC 7252 §4.2.

use super::{Timing, estimate};
use crate::base::{Duration, Random, divided};

/// How long to wait for the acknowledgement of one confirmable message, and how often to ask again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BackOff {
    timeout: Duration,
    left: u8,
    transmissions: u8,
    factor_thousandths: u16,
}

impl BackOff {
    /// The state before the first transmission: a first timeout between ACK_TIMEOUT and
    /// ACK_TIMEOUT × ACK_RANDOM_FACTOR, doubled each time. An estimate takes the place of ACK_TIMEOUT and says what
    /// takes the place of doubling.
    pub fn start(timing: &Timing, estimated: Option<Duration>, random: &mut Random) -> Self {
        let shortest = estimated.unwrap_or(timing.ack_timeout);
        let spread = (shortest.scaled(timing.ack_random_thousandths) - shortest).as_micros();
        Self {
            timeout: shortest + Duration::from_micros(random.up_to(spread)),
            left: timing.max_retransmit.saturating_add(1),
            transmissions: 0,
            factor_thousandths: estimated.map_or(2_000, estimate::back_off_thousandths) as u16,
        }
    }

    /// The state before the only transmission, with the time to wait after it.
    pub const fn once(timeout: Duration) -> Self {
        Self { timeout, left: 1, transmissions: 0, factor_thousandths: 1_000 }
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
        let (longer, _) = divided(self.timeout.times(u64::from(self.factor_thousandths)).as_micros(), 1_000);
        self.timeout = Duration::from_micros(longer);
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
            let mut back_off = BackOff::start(&Timing::DEFAULT, None, &mut random);
            let first = back_off.transmit().expect("the first transmission");
            assert!((Duration::from_secs(2)..=Duration::from_secs(3)).contains(&first));
            for factor in [2, 4, 8, 16] {
                assert_eq!(back_off.transmit(), Some(first.times(factor)));
            }
            assert_eq!(back_off.transmit(), None);
        }
    }

    #[test]
    fn an_estimate_is_dithered_and_backs_off_by_its_length() {
        let mut random = Random::from_seed([7; 32]);
        for (millis, tenths) in [(100, 30), (2_000, 20), (8_000, 15)] {
            let estimated = Duration::from_millis(millis);
            let mut back_off = BackOff::start(&Timing::DEFAULT, Some(estimated), &mut random);
            let first = back_off.transmit().expect("the first transmission");
            assert!((estimated..=estimated.scaled(1_500)).contains(&first), "{first:?}");
            let second = back_off.transmit().expect("the second transmission");
            assert_eq!(second.as_micros(), first.as_micros() * tenths / 10);
        }
    }
}

//! The transmission parameters of RFC 7252 §4.8.

use crate::base::{Duration, divided};

/// Transmission parameters; [`Timing::DEFAULT`] holds the values of the RFC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// ACK_TIMEOUT: the shortest first wait for an acknowledgement.
    pub ack_timeout: Duration,
    /// ACK_RANDOM_FACTOR in thousandths, 1000 or more.
    pub ack_random_thousandths: u32,
    /// MAX_RETRANSMIT: how often a confirmable message is sent again.
    pub max_retransmit: u8,
    /// NSTART: how many confirmable messages to one peer may wait for their acknowledgement at once (§4.7);
    /// further ones wait for their turn. At least 1.
    pub nstart: u8,
    /// PROBING_RATE in bytes per second: no faster, on average, go Non-confirmable requests to a peer that does not
    /// respond (§4.7). At least 1.
    pub probing_rate: u32,
    /// MAX_LATENCY: how long a datagram may travel.
    pub max_latency: Duration,
    /// PROCESSING_DELAY: how long a peer may take to acknowledge.
    pub processing_delay: Duration,
    /// How long a deferred response is waited for before the empty acknowledgement goes out.
    /// Shorter than ACK_TIMEOUT, or every such request is sent twice.
    pub piggyback: Duration,
    /// DEFAULT_LEISURE (§8.2): within this time a request to a group is answered.
    pub leisure: Duration,
}

impl Timing {
    /// The values of RFC 7252 §4.8, and a quarter of ACK_TIMEOUT for a piggybacked response.
    pub const DEFAULT: Self = Self {
        ack_timeout: Duration::from_secs(2),
        ack_random_thousandths: 1_500,
        max_retransmit: 4,
        nstart: 1,
        probing_rate: 1,
        max_latency: Duration::from_secs(100),
        processing_delay: Duration::from_secs(2),
        piggyback: Duration::from_millis(500),
        leisure: Duration::from_secs(5),
    };

    /// For links whose round trip takes many seconds, such as NB-IoT: 3GPP TR 45.820 aims at 10 seconds for one report
    /// in extended coverage. ACK_TIMEOUT is that (§4.8.1 allows more than the default), so that what is merely slow is
    /// not sent twice; PROCESSING_DELAY and the leisure follow it, everything else is the default.
    pub const SLOW: Self = Self {
        ack_timeout: Duration::from_secs(10),
        processing_delay: Duration::from_secs(10),
        piggyback: Duration::from_millis(2_500),
        leisure: Duration::from_secs(10),
        ..Self::DEFAULT
    };

    /// Whether this is a protocol.
    ///
    /// # Errors
    /// The parameter that makes it none.
    pub const fn check(&self) -> Result<(), TimingError> {
        Err(match self {
            Self { ack_timeout: Duration::ZERO, .. } => TimingError::AckTimeout,
            Self { ack_random_thousandths: 0..1_000, .. } => TimingError::AckRandomFactor,
            Self { max_retransmit: 21.., .. } => TimingError::MaxRetransmit,
            Self { nstart: 0, .. } => TimingError::Nstart,
            Self { probing_rate: 0, .. } => TimingError::ProbingRate,
            _ if self.piggyback.as_micros() >= self.ack_timeout.as_micros() => TimingError::Piggyback,
            _ if self.exchange_lifetime().as_micros() > LONGEST_LIFETIME.as_micros() => TimingError::Lifetime,
            _ => return Ok(()),
        })
    }

    /// MAX_TRANSMIT_WAIT (§4.8.2): from the first transmission to giving up.
    pub const fn max_transmit_wait(&self) -> Duration {
        self.ack_timeout.times((1 << (self.retransmissions() + 1)) - 1).scaled(self.ack_random_thousandths)
    }

    /// EXCHANGE_LIFETIME (§4.8.2): how long a message id may not be used again.
    pub const fn exchange_lifetime(&self) -> Duration {
        self.lifetime_of(self.ack_timeout, 2_000)
    }

    /// The same for another timeout than ACK_TIMEOUT and another factor of the back-off than two, in thousandths.
    pub(super) const fn lifetime_of(&self, timeout: Duration, factor_thousandths: u32) -> Duration {
        let mut wait = timeout.scaled(self.ack_random_thousandths);
        let mut lifetime =
            self.max_latency.times(2).as_micros().saturating_add(self.processing_delay.as_micros());
        let mut left = self.retransmissions();
        while left > 0 {
            lifetime = lifetime.saturating_add(wait.as_micros());
            wait = wait.scaled(factor_thousandths);
            left -= 1;
        }
        Duration::from_micros(lifetime)
    }

    /// How long a response is expected to a Non-confirmable request of so many bytes before its turn is over (§4.7).
    /// NSTART of them may be expected at once, so that each is expected NSTART times as long.
    pub const fn probing_time(&self, bytes: usize) -> Duration {
        let turns = if self.nstart == 0 { 1 } else { self.nstart as u64 };
        let rate = if self.probing_rate == 0 { 1 } else { self.probing_rate };
        let micros = (bytes as u64).saturating_mul(1_000_000).saturating_mul(turns);
        // Sixteen bits of the rate are enough, rounded down so that it is kept.
        let dropped = 16_u32.saturating_sub(rate.leading_zeros());
        let (whole, rest) = divided(micros >> dropped, (rate >> dropped) as u16);
        let part = rest != 0 || dropped != 0;
        Duration::from_micros(whole + part as u64)
    }

    /// More than 20 doublings of any timeout is no protocol any more.
    const fn retransmissions(&self) -> u8 {
        if self.max_retransmit > 20 { 20 } else { self.max_retransmit }
    }
}

/// No lifetime may be longer: 65 536 message ids have to last for it.
const LONGEST_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// A transmission parameter that is no good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimingError {
    /// ACK_TIMEOUT is 0.
    AckTimeout,
    /// ACK_RANDOM_FACTOR is less than 1.
    AckRandomFactor,
    /// MAX_RETRANSMIT is more than 20.
    MaxRetransmit,
    /// NSTART is 0.
    Nstart,
    /// PROBING_RATE is 0.
    ProbingRate,
    /// The piggyback time is ACK_TIMEOUT or more.
    Piggyback,
    /// EXCHANGE_LIFETIME is more than a day.
    Lifetime,
}

impl core::fmt::Display for TimingError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::AckTimeout => "ACK_TIMEOUT is 0, expected a time",
            Self::AckRandomFactor => "ACK_RANDOM_FACTOR is less than 1, expected 1 or more",
            Self::MaxRetransmit => "MAX_RETRANSMIT is too large, expected at most 20",
            Self::Nstart => "NSTART is 0, expected 1 or more",
            Self::ProbingRate => "PROBING_RATE is 0, expected 1 byte per second or more",
            Self::Piggyback => "the piggyback time is not shorter than ACK_TIMEOUT",
            Self::Lifetime => {
                "ACK_TIMEOUT, MAX_RETRANSMIT and MAX_LATENCY make EXCHANGE_LIFETIME longer than a day"
            }
        })
    }
}

impl core::error::Error for TimingError {}

impl Default for Timing {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn section_4_8_2_derived_values() {
        assert_eq!(Timing::DEFAULT.max_transmit_wait(), Duration::from_secs(93));
        assert_eq!(Timing::DEFAULT.exchange_lifetime(), Duration::from_secs(247));
        assert_eq!(Timing::SLOW.exchange_lifetime(), Duration::from_secs(225 + 210));
    }

    #[test]
    fn section_4_8_what_is_no_protocol_is_named() {
        let fine = Timing::DEFAULT;
        assert_eq!((fine.check(), Timing::SLOW.check()), (Ok(()), Ok(())));
        let hours = Duration::from_secs(7_200);
        for (timing, error) in [
            (Timing { ack_timeout: Duration::ZERO, ..fine }, TimingError::AckTimeout),
            (Timing { ack_random_thousandths: 999, ..fine }, TimingError::AckRandomFactor),
            (Timing { max_retransmit: 21, ..fine }, TimingError::MaxRetransmit),
            (Timing { nstart: 0, ..fine }, TimingError::Nstart),
            (Timing { probing_rate: 0, ..fine }, TimingError::ProbingRate),
            (Timing { piggyback: fine.ack_timeout, ..fine }, TimingError::Piggyback),
            (Timing { ack_timeout: hours, ..fine }, TimingError::Lifetime),
        ] {
            assert_eq!(timing.check(), Err(error), "{error}");
        }
    }

    #[test]
    fn section_4_7_the_time_of_a_probe_keeps_the_rate_for_any_nstart() {
        assert_eq!(Timing::DEFAULT.probing_time(21), Duration::from_secs(21));
        let fast = Timing { nstart: 4, probing_rate: 40, ..Timing::DEFAULT };
        assert_eq!(fast.probing_time(20), Duration::from_secs(2), "4 times 20 bytes in 2 s are 40 bytes/s");
        for (rate, bytes) in [(65_535, 1_000), (65_536, 1_000), (1_000_001, 1_152), (u32::MAX, 65_535)] {
            let time = Timing { probing_rate: rate, ..Timing::DEFAULT }.probing_time(bytes).as_micros();
            let exact = (bytes as u64 * 1_000_000).div_ceil(rate.into());
            assert!((exact..=exact + exact / 30_000 + 2).contains(&time), "{rate}: {time} for {exact}");
        }
        let silly = Timing { nstart: 0, probing_rate: 0, ..Timing::DEFAULT };
        assert_eq!(silly.probing_time(3), Duration::from_secs(3));
    }
}

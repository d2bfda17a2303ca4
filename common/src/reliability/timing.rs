//! The transmission parameters of RFC 7252 §4.8.

use crate::base::Duration;

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

    /// MAX_TRANSMIT_SPAN (§4.8.2): from the first to the last transmission.
    pub const fn max_transmit_span(&self) -> Duration {
        self.ack_timeout.times((1 << self.retransmissions()) - 1).scaled(self.ack_random_thousandths)
    }

    /// MAX_TRANSMIT_WAIT (§4.8.2): from the first transmission to giving up.
    pub const fn max_transmit_wait(&self) -> Duration {
        self.ack_timeout.times((1 << (self.retransmissions() + 1)) - 1).scaled(self.ack_random_thousandths)
    }

    /// EXCHANGE_LIFETIME (§4.8.2): how long a message id may not be used again.
    pub const fn exchange_lifetime(&self) -> Duration {
        let travel = self.max_latency.times(2).as_micros() + self.processing_delay.as_micros();
        Duration::from_micros(self.max_transmit_span().as_micros().saturating_add(travel))
    }

    /// How long a response is expected to a Non-confirmable request of so many bytes before its turn is over (§4.7).
    /// NSTART of them may be expected at once, so that each is expected NSTART times as long.
    pub const fn probing_time(&self, bytes: usize) -> Duration {
        let turns = if self.nstart == 0 { 1 } else { self.nstart as u64 };
        let rate = if self.probing_rate == 0 { 1 } else { self.probing_rate as u64 };
        let micros = (bytes as u64).saturating_mul(1_000_000).saturating_mul(turns);
        Duration::from_micros(micros.div_ceil(rate))
    }

    /// More than 20 doublings of any timeout is no protocol any more.
    const fn retransmissions(&self) -> u8 {
        if self.max_retransmit > 20 { 20 } else { self.max_retransmit }
    }
}

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
        assert_eq!(Timing::DEFAULT.max_transmit_span(), Duration::from_secs(45));
        assert_eq!(Timing::DEFAULT.max_transmit_wait(), Duration::from_secs(93));
        assert_eq!(Timing::DEFAULT.exchange_lifetime(), Duration::from_secs(247));
    }

    #[test]
    fn section_4_7_the_time_of_a_probe_keeps_the_rate_for_any_nstart() {
        assert_eq!(Timing::DEFAULT.probing_time(21), Duration::from_secs(21));
        let fast = Timing { nstart: 4, probing_rate: 40, ..Timing::DEFAULT };
        assert_eq!(fast.probing_time(20), Duration::from_secs(2), "4 times 20 bytes in 2 s are 40 bytes/s");
        let silly = Timing { nstart: 0, probing_rate: 0, ..Timing::DEFAULT };
        assert_eq!(silly.probing_time(3), Duration::from_secs(3));
    }
}

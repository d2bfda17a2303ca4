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
}

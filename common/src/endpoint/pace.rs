//! Round trips and what follows from them: timeouts, and who is told news when (RFC 7641 §4.5.1).

use super::{Endpoint, Timer, TransmissionRecord};
use crate::base::{Duration, Instant};
use crate::exchange::Due;
use crate::reliability::{Estimate, Peer};

impl Endpoint<'_> {
    /// Who has to be told now. Whoever was told less than a round trip ago is told later, and then the state that
    /// holds then; what needs an acknowledgement is held back by that alone.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn next_due(&mut self, now: Instant) -> Option<Due> {
        if !cfg!(feature = "observe") || self.observers.is_quiet() {
            None
        } else {
            self.next_observer_due(now)
        }
    }

    fn next_observer_due(&mut self, now: Instant) -> Option<Due> {
        while let Some(due) = self.observers.next_due(now) {
            let known = self.peers.find(&due.key.peer).and_then(|index| self.peers.at(index));
            let later = known.filter(|_| !due.confirmable).and_then(|(_, record)| record.pace.next(now));
            let Some(at) = later else { return Some(due) };
            self.observers.postpone(due.index);
            self.set_timer(Timer::Observation(due.index), at);
        }
        None
    }

    /// A peer acknowledged a message: what that says about the way. After a retransmission it is not clear which
    /// transmission was acknowledged, which only the estimate can deal with.
    pub(super) fn measure(&mut self, now: Instant, peer: Peer, record: &TransmissionRecord) {
        let (transmissions, round_trip) = (record.back_off.transmissions(), now.since(record.first_sent));
        let known = self.peers.find(&peer).filter(|_| transmissions == 1);
        if let Some(known) = known.and_then(|index| self.peers.at_mut(index)) {
            known.pace.measured(round_trip);
        }
        self.estimate(now, peer, round_trip, transmissions);
    }

    /// Takes a measured time into the estimate of the peer's timeout, as the newest of the table; the oldest makes
    /// room. Without memory lent for estimates there are none.
    fn estimate(&mut self, now: Instant, peer: Peer, round_trip: Duration, transmissions: u8) {
        if !cfg!(feature = "estimates") {
            return;
        }
        let known = self.estimates.find(&peer).and_then(|index| self.estimates.remove(index));
        let new = || Estimate::new(now, self.timings.of(&peer));
        let mut estimate = known.map_or_else(new, |(_, estimate)| estimate);
        estimate.measured(now, round_trip, transmissions);
        if self.estimates.is_full() {
            self.estimates.oldest().and_then(|oldest| self.estimates.remove(oldest));
        }
        // Full without a single slot.
        let _ = self.estimates.insert(peer, estimate);
    }

    /// The estimated timeout of the peer.
    pub(super) fn estimated(&mut self, now: Instant, peer: &Peer) -> Option<Duration> {
        if !cfg!(feature = "estimates") {
            return None;
        }
        let index = self.estimates.find(peer)?;
        Some(self.estimates.at_mut(index)?.timeout(now))
    }
}

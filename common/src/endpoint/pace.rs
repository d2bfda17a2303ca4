//! Who is told news when, RFC 7641 §4.5.1.

use super::{Endpoint, Timer, TransmissionRecord};
use crate::base::Instant;
use crate::exchange::Due;
use crate::reliability::Peer;

impl Endpoint<'_> {
    /// Who has to be told now. Whoever was told less than a round trip ago is told later, and then the state that
    /// holds then; what needs an acknowledgement is held back by that alone.
    pub(super) fn next_due(&mut self, now: Instant) -> Option<Due> {
        while let Some(due) = self.observers.next_due(now) {
            let known = self.peers.find(&due.key.peer).and_then(|index| self.peers.at(index));
            let later = known.filter(|_| !due.confirmable).and_then(|(_, record)| record.pace.next(now));
            let Some(at) = later else { return Some(due) };
            self.observers.postpone(due.index);
            self.set_timer(Timer::Observation(due.index), at);
        }
        None
    }

    /// A peer acknowledged a message: what that says about the way, unless it is not clear which transmission was
    /// acknowledged.
    pub(super) fn measure(&mut self, now: Instant, peer: Peer, record: &TransmissionRecord) {
        let known = self.peers.find(&peer).filter(|_| record.back_off.transmissions() == 1);
        if let Some(known) = known.and_then(|index| self.peers.at_mut(index)) {
            known.pace.measured(now.since(record.first_sent));
        }
    }
}

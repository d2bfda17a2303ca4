//! What proves that somebody at an address receives what is sent to it: an Echo value that comes back (RFC 9175 §2.3), a
//! response with our token, an acknowledgement of our message id, a message that is verified under a security context, or
//! whatever the application knows of.

use super::Endpoint;
use super::limits::{Limiter, Limits};
use super::record::Purpose;
use crate::base::Instant;
use crate::reliability::{Origin, Peer};

impl<'s> Endpoint<'s> {
    /// Sets other limits than the [default](Limits::default); before the first datagram, since what is known of
    /// addresses stays known.
    pub fn limit(&mut self, limits: Limits<'s>) {
        self.limiter = Limiter::new(limits, self.random.u64());
    }

    /// It was proved that somebody at this address receives what is sent to it: by a security protocol, or by any other
    /// exchange that this endpoint does not see. Holds until the peer is forgotten.
    pub fn validated(&mut self, peer: Peer) {
        if let Some(record) = self.peer_record(peer.answering()) {
            record.ledger.validate();
        }
    }

    /// A request brought an Echo value back (RFC 9175 §2.3): a fresh one proves where it came from.
    pub(super) fn echoed(&mut self, now: Instant, peer: Peer, value: &[u8]) {
        if self.is_trusted(&peer) {
            return;
        }
        let known = self.peers.find(&peer).and_then(|index| self.peers.at(index));
        if known.is_none_or(|(_, record)| !record.ledger.is_validated())
            && self.limiter.echo().is_some_and(|echo| echo.is_fresh(now, &peer, value))
        {
            self.validated(peer);
        }
    }

    /// A message of ours was acknowledged, or one that there is not: what that says of the address.
    pub(super) fn acknowledges(&mut self, origin: &Origin, purpose: Option<Purpose>) {
        let peer = &origin.peer;
        if self.is_trusted(peer) {
            return;
        }
        let own = core::mem::take(&mut self.limiter.allowance);
        let Some(record) = self.peers.find(peer).and_then(|index| self.peers.at_mut(index)) else { return };
        record.ledger.earn(own);
        match purpose {
            // An acknowledgement that comes late, or twice, is no guess.
            None if record.ids.is_recent(origin.message_id) => {}
            None => record.ledger.missed(),
            Some(purpose) => {
                if let (true, Purpose::Notification(observation)) = (record.ledger.acknowledged(), purpose) {
                    self.observers.prove(observation);
                }
            }
        }
    }

    /// A response to a request of ours came, with its token of 64 random bits; whether it was verified under a security
    /// context.
    pub(super) fn responds(&mut self, peer: &Peer, is_protected: bool) {
        #[cfg(feature = "oscore")]
        if is_protected {
            return self.authenticated(*peer);
        }
        #[cfg(not(feature = "oscore"))]
        let _ = is_protected;
        if !self.is_trusted(peer)
            && let Some(record) = self.peers.find(peer).and_then(|index| self.peers.at_mut(index))
        {
            record.ledger.validate();
        }
    }
}

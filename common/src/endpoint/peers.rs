//! Whom the endpoint knows, and who is forgotten when there are too many.

use super::shares::KEPT;
use super::{Endpoint, PeerRecord};
use crate::base::{Index, Instant};
#[cfg(not(feature = "host"))]
use crate::reliability::IdShare;
use crate::reliability::Peer;

/// How many of the oldest are looked at.
const LOOKED_AT: usize = 16;

impl Endpoint<'_> {
    /// The record of a peer. When there are too many, one that nothing depends on is forgotten, else the one known
    /// longest that no message of ours waits for.
    pub(super) fn peer_record(&mut self, peer: Peer) -> Option<&mut PeerRecord> {
        let index = match self.peers.find(&peer) {
            Some(index) => index,
            None => self.insert_peer(peer, false)?,
        };
        self.peers.at_mut(index)
    }

    /// Adds a peer, of which it is known who it is or not.
    pub(super) fn insert_peer(&mut self, peer: Peer, is_known: bool) -> Option<Index> {
        // Strangers fill no more than what is not kept, whoever fills the rest.
        let is_crowded =
            || KEPT && !is_known && self.peers.free() + self.shares.peers() <= self.shares.of(&self.peers);
        if self.peers.is_full() || is_crowded() {
            let expendable = self.expendable_peer()?;
            self.counters.peers_forgotten += 1;
            self.peers.discard(expendable);
        }
        self.peers.insert(peer, PeerRecord::new(self.random.u16())).ok()
    }

    /// A stranger that may be forgotten. Who is none is passed over, and then is the newest, so that the way to the next
    /// stranger stays short.
    fn expendable_peer(&mut self) -> Option<Index> {
        let mut expendable = None;
        let mut next = self.peers.oldest();
        for _ in 0..LOOKED_AT {
            let Some(index) = next else { break };
            next = self.peers.after(index);
            let (_, record) = self.peers.at(index)?;
            if KEPT && record.ledger.is_authenticated() {
                self.peers.renew(index);
            } else if record.is_idle() {
                return Some(index);
            } else if record.outstanding == 0 && expendable.is_none() {
                expendable = Some(index);
            }
        }
        expendable
    }

    /// Those that are known longest.
    #[cfg(all(feature = "oscore", feature = "limits"))]
    pub(super) fn oldest_peers(&self) -> impl Iterator<Item = (Index, &PeerRecord)> {
        let oldest = core::iter::successors(self.peers.oldest(), |index| self.peers.after(*index));
        oldest.filter_map(|index| Some((index, self.peers.at(index)?.1))).take(LOOKED_AT)
    }

    pub(super) fn take_message_id(&mut self, now: Instant, peer: Peer) -> Option<u16> {
        let lifetime = self.lifetime;
        #[cfg(feature = "host")]
        let share = self.id_share;
        #[cfg(not(feature = "host"))]
        let share = IdShare::ALL;
        let id = self.peer_record(peer)?.ids.take(now, lifetime, share);
        if id.is_none() {
            self.counters.message_ids_exhausted += 1;
        }
        id
    }
}

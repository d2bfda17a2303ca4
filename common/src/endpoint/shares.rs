//! What strangers cannot take from who has proved who it is: on an endpoint with security contexts a quarter of each table.
//!
//! Whether a request counts as a stranger's is decided by how it came, not by its address, since anybody can send from there:
//! what was verified under a context is remembered in memories of its own ([`SecurityStorage`](super::SecurityStorage)), and
//! may fill the other tables to their end. The table of peers is kept by what they proved last, and only strangers make room
//! in it for strangers.

#[cfg(feature = "oscore")]
use super::Endpoint;
use super::PeerRecord;
use crate::base::{Hashed, Table};

/// Whether anything is kept: without limits on strangers the compiler leaves out what would.
pub(super) const KEPT: bool = cfg!(all(feature = "oscore", feature = "limits"));

/// What is left, and to how many.
#[derive(Debug, Default)]
pub(super) struct Shares {
    #[cfg(all(feature = "oscore", feature = "limits"))]
    is_on: bool,
    /// Peers that have proved who they are.
    #[cfg(all(feature = "oscore", feature = "limits"))]
    peers: usize,
}

impl Shares {
    /// Whether one more entry leaves what is kept of a table that is not full; it is a stranger's or not.
    #[inline]
    pub(super) fn admit<K: Hashed, V>(&self, table: &Table<'_, K, V>, is_bound: bool) -> bool {
        !KEPT || is_bound || table.free() > self.of(table)
    }

    /// How many entries of a table are left to who is no stranger.
    #[inline]
    pub(super) fn of<K: Hashed, V>(&self, table: &Table<'_, K, V>) -> usize {
        #[cfg(all(feature = "oscore", feature = "limits"))]
        if self.is_on {
            return quarter(table.len() + table.free());
        }
        let _ = table;
        0
    }

    /// How many peers have proved who they are.
    #[inline]
    pub(super) const fn peers(&self) -> usize {
        #[cfg(all(feature = "oscore", feature = "limits"))]
        return self.peers;
        #[cfg(not(all(feature = "oscore", feature = "limits")))]
        0
    }
}

/// A quarter of a table, where it has more than one place.
#[cfg(all(feature = "oscore", feature = "limits"))]
fn quarter(capacity: usize) -> usize {
    (capacity / 4).max(usize::from(capacity > 1))
}

impl PeerRecord {
    /// Whether something counts against what one peer may have: in the name of who has proved who it is, only what does prove
    /// it.
    #[inline]
    pub(super) const fn counts(&self, is_bound: bool) -> bool {
        !KEPT || is_bound || !self.ledger.is_authenticated()
    }
}

#[cfg(all(feature = "oscore", not(feature = "limits")))]
impl Endpoint<'_> {
    /// Nothing is kept.
    pub(super) const fn keep_shares(&mut self) {}

    /// Nothing is different to who has proved who it is.
    pub(super) const fn authenticated(&mut self, _: crate::reliability::Peer) {}
}

#[cfg(all(feature = "oscore", feature = "limits"))]
impl Endpoint<'_> {
    /// From now on a share of each table is kept.
    pub(super) fn keep_shares(&mut self) {
        self.shares.is_on = true;
        let bodies = self.assembly.places();
        self.assembly.keep(quarter(bodies));
    }

    /// Somebody at this address has proved who it is, by a message that was verified under a security context, and so that
    /// it receives what is sent there. Strangers do not push it out of the table, as long as no more than three quarters are
    /// held so; beyond that the one that was heard of least recently is as a stranger again.
    pub(super) fn authenticated(&mut self, peer: crate::reliability::Peer) {
        let peer = peer.answering();
        let Some(index) = self.peers.find(&peer).or_else(|| self.insert_peer(peer, true)) else { return };
        self.peers.renew(index);
        let kept = self.shares.of(&self.peers);
        if self.peers.at(index).is_none_or(|(_, record)| record.ledger.is_authenticated()) {
            return;
        }
        let most = self.peers.len() + self.peers.free() - kept;
        if self.shares.peers >= most {
            self.demote_peer();
        }
        let may = kept != 0 && self.shares.peers < most;
        if let Some(record) = self.peers.at_mut(index) {
            record.ledger.validate();
            if may {
                record.ledger.authenticate();
                // What was counted came without proof.
                (record.once, record.observations) = (0, 0);
                self.shares.peers += 1;
            }
        }
    }

    /// Makes one of those that were not heard of for long a stranger again.
    fn demote_peer(&mut self) {
        let known = self.oldest_peers().find(|(_, record)| record.ledger.is_authenticated());
        if let Some(record) = known.map(|(index, _)| index).and_then(|index| self.peers.at_mut(index)) {
            record.ledger.forget_identity();
            self.shares.peers -= 1;
        }
    }
}

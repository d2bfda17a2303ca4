//! No more goes to an address that nobody vouched for than it may ask for in another's name, RFC 9175 §2.4: an answer
//! that is too large becomes a challenge, a smaller block, or nothing.

use super::Endpoint;
use super::limits::ON;
use super::observe::key;
use super::record::{Asked, Memory, Purpose};
use super::reply::Reply;
use crate::base::{Index, Instant};
#[cfg(feature = "host")]
use crate::exchange::Passed;
use crate::exchange::{Head, Problem, Response};
use crate::reliability::{Ledger, Origin, Peer};
use crate::wire::{Block, ResponseType};

/// What a challenged client is asked for.
pub(super) const CHALLENGE: &str = "send this again with the Echo option";

impl Endpoint<'_> {
    /// The answer of `len` bytes in the send buffer is more than its request alone allows: how long the one is that may
    /// go instead, if any may.
    #[cold]
    pub(super) fn economize(
        &mut self,
        now: Instant,
        origin: Origin,
        asked: &Asked<'_>,
        head: Head<'_>,
        (reply, len): (Reply<'_>, usize),
    ) -> Option<usize> {
        if self.is_trusted(&origin.peer) {
            return Some(len);
        }
        let own = core::mem::take(&mut self.limiter.allowance);
        let peer = origin.peer.answering();
        let Some(record) = self.peer_record(peer) else {
            self.counters.withheld += 1;
            return None;
        };
        if record.ledger.is_validated() {
            return Some(len);
        }
        let room = record.ledger.room(own);
        let challenges = len > room && asked.memory == Memory::None && record.ledger.challenge();
        let len = if len <= room {
            Some(len)
        } else {
            let challenge =
                if challenges { self.write_challenge(now, origin, asked, head, room) } else { None };
            challenge.or_else(|| reply.fit(self.send, head, room).inspect(|_| self.counters.shrunk += 1))
        };
        let record = self.peer_record(peer)?;
        match len {
            Some(len) => record.ledger.answer(own, len),
            None => {
                record.ledger.earn(own);
                self.counters.withheld += 1;
            }
        }
        len
    }

    /// Writes 4.01 with an Echo value, with a sentence where there is room for one. Who is challenged does not observe.
    fn write_challenge(
        &mut self,
        now: Instant,
        origin: Origin,
        asked: &Asked<'_>,
        head: Head<'_>,
        room: usize,
    ) -> Option<usize> {
        let echo = Some(self.limiter.echo()?.value(now, &origin.peer));
        let response = Response { echo, ..Response::new(ResponseType::Unauthorized) };
        let problem = Problem::titled(CHALLENGE);
        let head = Head { block2: None, ..head };
        let written = [Reply::Error(&response, &problem, None), Reply::Response(&response)]
            .into_iter()
            .find_map(|reply| reply.write(self.send, head).ok().filter(|len| *len <= room))?;
        if asked.observe.is_some() {
            key(origin.peer, asked.token).inspect(|key| self.deregister(key, asked.bound));
        }
        self.counters.challenged += 1;
        Some(written)
    }

    /// Whether an answer of `len` bytes may go once more, though its request alone does not allow it.
    #[cold]
    pub(super) fn may_repeat(&mut self, peer: &Peer, len: usize) -> bool {
        self.bank(*peer);
        self.may_send(peer, Purpose::Response, len)
    }

    /// Whether the peer gets anything whatever is known of it.
    pub(super) fn is_trusted(&self, peer: &Peer) -> bool {
        #[cfg(feature = "faults")]
        if self.has(super::Fault::IgnoresAmplification) {
            return true;
        }
        self.limiter.trusts(peer)
    }

    /// An answer of `len` bytes goes out: what its request allows beyond it is of use if something follows.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn answered(&mut self, peer: Peer, len: usize, observed: bool) {
        if !ON {
            return;
        }
        if self.limiter.registered.is_some() && observed {
            self.lend(len);
        } else if self.limiter.starving != 0 {
            self.feed(peer, len);
        }
    }

    /// Something waits for what requests allow beyond their answers: this one was answered in `len` bytes.
    #[cold]
    fn feed(&mut self, peer: Peer, len: usize) {
        let own = core::mem::take(&mut self.limiter.allowance);
        self.limiter.starving -= 1;
        if let Some(record) = self.peers.find(&peer).and_then(|index| self.peers.at_mut(index)) {
            record.ledger.earn(own.saturating_sub((len + Ledger::LOWER_LAYERS) as u32));
        }
    }

    /// What a registration allows beyond its answer of `len` bytes is kept for the first notification, with the
    /// observation, since the peer may be forgotten before.
    fn lend(&mut self, len: usize) {
        let own = core::mem::take(&mut self.limiter.allowance);
        if let Some(index) = self.limiter.registered.take() {
            self.observers.give_credit(index, own.saturating_sub((len + Ledger::LOWER_LAYERS) as u32));
        }
    }

    /// What the datagram at hand allows is kept for what will be sent on its account later.
    pub(super) fn bank(&mut self, peer: Peer) {
        let own = core::mem::take(&mut self.limiter.allowance);
        if !self.is_trusted(&peer)
            && let Some(record) = self.peer_record(peer)
        {
            record.ledger.earn(own);
        }
    }

    /// How many bytes of CoAP may tell the peer something now, of the observation at `index`.
    pub(super) fn room_for_news(&mut self, peer: &Peer, index: Index) -> usize {
        if self.is_trusted(peer) || self.observers.is_proven(index) {
            return usize::MAX;
        }
        let credit = self.observers.take_credit(index);
        let known = self.peers.find(peer).and_then(|index| self.peers.at_mut(index));
        let Some(record) = known else { return 0 };
        if !record.ledger.is_validated() {
            record.ledger.earn(credit);
            return record.ledger.left();
        }
        // The peer may be forgotten, the observation is not.
        self.observers.prove(index);
        usize::MAX
    }

    /// Enters the first transmission of a notification, for which `room` was found, so that no other takes its room.
    pub(super) fn prepay(&mut self, origin: &Origin, room: usize) {
        if room == usize::MAX || self.is_trusted(&origin.peer) {
            return;
        }
        let Self { peers, transmissions, .. } = self;
        let Some(index) = transmissions.find(origin) else { return };
        let record = peers.find(&origin.peer).and_then(|index| peers.at_mut(index));
        if let (Some(record), Some(transmission)) = (record, transmissions.at_mut(index)) {
            transmission.prepaid = record.ledger.send(transmission.len);
        }
    }

    /// Whether a notification of `len` bytes may make room for a newer one: whether that may be sent. Of any length it may
    /// to who is proved to be there.
    pub(super) fn may_replace(&self, peer: &Peer, observation: Index, len: usize) -> bool {
        let known = || self.peers.find(peer).and_then(|index| self.peers.at(index));
        self.is_trusted(peer)
            || self.observers.is_proven(observation)
            || known().is_some_and(|(_, record)| record.ledger.is_validated() || record.ledger.left() >= len)
    }

    /// Whether this message of ours of `len` bytes may go; then it counts. What we ask on our own account always may.
    pub(super) fn may_send(&mut self, peer: &Peer, purpose: Purpose, len: usize) -> bool {
        let proven = match purpose {
            Purpose::Request(_) | Purpose::Probe(_) | Purpose::Group => true,
            Purpose::Notification(observation) => self.observers.is_proven(observation),
            Purpose::Response => false,
        };
        if proven || self.is_trusted(peer) {
            return true;
        }
        let record = self.peers.find(peer).and_then(|index| self.peers.at_mut(index));
        let may = record.is_some_and(|record| record.ledger.is_validated() || record.ledger.send(len));
        if !may {
            self.counters.withheld += 1;
            self.limiter.starve();
        }
        may
    }
}

impl Reply<'_> {
    /// Writes the reply as a whole, smaller if that keeps it within `room` bytes.
    pub(super) fn within(self, buffer: &mut [u8], head: Head<'_>, room: usize) -> Option<usize> {
        let len = self.write(buffer, head).ok()?;
        if !ON || len <= room {
            return Some(len);
        }
        self.fit(buffer, head, room).or_else(|| self.write(buffer, head).ok())
    }

    /// Writes the reply in `room` bytes: with a smaller block of its body, an error without its words.
    pub(super) fn fit(self, buffer: &mut [u8], head: Head<'_>, room: usize) -> Option<usize> {
        if self.code().class() != 2 {
            let plain = match self {
                Self::Response(response) | Self::Window(response, _) | Self::Error(response, ..) => {
                    Response { payload: &[], content_format: None, ..*response }.write(buffer, head)
                }
                #[cfg(feature = "host")]
                Self::Passed(passed) => Passed { payload: &[], options: &[], ..*passed }.write(buffer, head),
            };
            return plain.ok().filter(|len| *len <= room);
        }
        let first = Block { number: 0, more: false, exponent: Block::MAX_EXPONENT };
        let wanted = head.block2.unwrap_or(first);
        (0..=wanted.exponent).rev().find_map(|exponent| {
            let head = Head { block2: Some(wanted.at_most(exponent)), ..head };
            self.write(buffer, head).ok().filter(|len| *len <= room)
        })
    }
}

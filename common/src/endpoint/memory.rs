//! Which requests were answered already, and what a repetition gets, RFC 7252 §4.5.

use super::Endpoint;
use super::limits::ON;
use super::record::Memory;
use crate::base::{Full, Instant};
use crate::reliability::{Answer, Duplicates, Origin};
use crate::wire::{Code, MessageType};

/// Why a request that must be done once is not remembered, and so not served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Busy {
    /// Its peer has as many as one may have: 4.29 (RFC 8516).
    Peer,
    /// All peers together do: 5.03.
    Everybody,
}

impl From<Full> for Busy {
    fn from(_: Full) -> Self {
        Self::Everybody
    }
}

impl<'s> Endpoint<'s> {
    /// How the request was answered before and where that is remembered, if it came before.
    #[inline]
    pub(super) fn repeated(&self, now: Instant, origin: &Origin, code: Code) -> Option<(Memory, Answer)> {
        #[cfg(feature = "faults")]
        if self.has(super::Fault::ForgetsDuplicates) {
            return None;
        }
        if code.is_safe() {
            if !cfg!(feature = "deferred") || self.deferred.is_empty() {
                return None;
            }
            let (_, record) = self.deferred.at(self.deferred.find(origin)?)?;
            let answer = if record.acknowledged { Answer::Acknowledgement } else { Answer::Pending };
            return Some((Memory::None, answer));
        }
        let once = || self.once.find(now, origin).map(|answer| (Memory::Once, answer));
        let repeatable = self.repeatable.find(now, origin).map(|answer| (Memory::Repeatable, answer));
        if code.is_idempotent() { repeatable } else { repeatable.or_else(once) }
    }

    /// Answers a repetition.
    pub(super) fn repeat(&mut self, origin: Origin, kind: MessageType, memory: Memory, answer: Answer) {
        self.counters.duplicates += 1;
        if kind != MessageType::Confirmable {
            return;
        }
        match answer {
            Answer::Acknowledgement => self.acknowledge(origin),
            Answer::Bytes(span) => {
                let duplicates = if memory == Memory::Once { &self.once } else { &self.repeatable };
                let Some(bytes) = duplicates.bytes(span) else { return };
                let Some(target) = self.send.get_mut(..bytes.len()) else { return };
                target.copy_from_slice(bytes);
                let len = bytes.len();
                if !ON || self.limiter.allows(len) || self.may_repeat(&origin.peer, len) {
                    self.queue(origin.peer, len);
                }
            }
            Answer::Pending | Answer::Silence => {}
        }
    }

    /// Remembers a request that is about to be served.
    pub(super) fn remember(&mut self, now: Instant, origin: Origin, memory: Memory) -> Result<(), Busy> {
        match memory {
            Memory::None | Memory::Group => Ok(()),
            Memory::Repeatable => {
                // Only an entry whose time is over can be of the same message.
                if self.repeatable.expire(now, |_| {}) {
                    self.repeatable.forget(&origin);
                }
                self.repeatable.make_room();
                Ok(self.repeatable.begin(now, origin)?)
            }
            Memory::Once => self.remember_once(now, origin),
        }
    }

    /// Nothing that must be done once is forgotten before its time: without room the request is refused.
    fn remember_once(&mut self, now: Instant, origin: Origin) -> Result<(), Busy> {
        let mut more = self.expire_once(now);
        let stale = u16::from(more && self.once.forget(&origin));
        let most = self.once_per_peer;
        let record = self.peer_record(origin.peer).ok_or(Full)?;
        record.once = record.once.saturating_sub(stale);
        // Entries of this peer whose time is over may stand behind such entries of others.
        while self.peer_record(origin.peer).is_some_and(|record| record.once >= most) {
            if !more {
                return Err(Busy::Peer);
            }
            more = self.expire_once(now);
        }
        self.once.begin(now, origin)?;
        if let Some(record) = self.peer_record(origin.peer) {
            record.once += 1;
        }
        Ok(())
    }

    /// Lets go of a few requests whose time is over; whether there may be more.
    fn expire_once(&mut self, now: Instant) -> bool {
        let Self { once, peers, .. } = self;
        once.expire(now, |gone| {
            if let Some(record) = peers.find(gone).and_then(|index| peers.at_mut(index)) {
                record.once = record.once.saturating_sub(1);
            }
        })
    }

    pub(super) fn memory(&mut self, memory: Memory) -> Option<&mut Duplicates<'s>> {
        match memory {
            Memory::None | Memory::Group => None,
            Memory::Repeatable => Some(&mut self.repeatable),
            Memory::Once => Some(&mut self.once),
        }
    }
}

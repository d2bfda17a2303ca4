//! Which requests were answered already, and what a repetition gets, RFC 7252 §4.5.

use super::Endpoint;
use super::limits::ON;
use super::record::Memory;
use crate::base::{Full, Instant, Span};
use crate::reliability::{Answer, Duplicates, Origin};
use crate::wire::{Code, MessageType};

/// Where requests are remembered that were verified, so that no stranger pushes them out.
#[cfg(all(feature = "oscore", feature = "limits"))]
#[derive(Debug)]
pub(super) struct Verified<'s> {
    pub(super) repeatable: Duplicates<'s>,
    pub(super) once: Duplicates<'s>,
}

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

    /// Answers a repetition; `is_bound` says whether it is one of a message that was verified.
    pub(super) fn repeat(
        &mut self,
        origin: Origin,
        kind: MessageType,
        (memory, answer): (Memory, Answer),
        is_bound: bool,
    ) {
        self.counters.duplicates += 1;
        if kind != MessageType::Confirmable {
            return;
        }
        match answer {
            Answer::Acknowledgement => self.acknowledge(origin),
            Answer::Bytes(span) => {
                let Some(len) = self.recall(memory, span, is_bound) else { return };
                if !ON || self.limiter.allows(len) || self.may_repeat(&origin.peer, len) {
                    self.queue(origin.peer, len);
                }
            }
            Answer::Pending | Answer::Silence => {}
        }
    }

    /// Copies an answer into the send buffer, if it was not overwritten; the number of bytes.
    fn recall(&mut self, memory: Memory, span: Span, is_bound: bool) -> Option<usize> {
        let mut send = core::mem::take(&mut self.send);
        let recalled = self.memory(memory, is_bound).and_then(|duplicates| {
            let bytes = duplicates.bytes(span)?;
            send.get_mut(..bytes.len())?.copy_from_slice(bytes);
            Some(bytes.len())
        });
        core::mem::swap(&mut self.send, &mut send);
        recalled
    }

    /// Remembers a request that is about to be served, in the memory of those that were verified or of all others.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn remember(
        &mut self,
        now: Instant,
        origin: Origin,
        memory: Memory,
        is_bound: bool,
    ) -> Result<(), Busy> {
        match memory {
            Memory::None | Memory::Group => Ok(()),
            Memory::Repeatable => {
                let repeatable = self.memory(memory, is_bound).ok_or(Full)?;
                // Only an entry whose time is over can be of the same message.
                if repeatable.expire(now, |_| {}) {
                    repeatable.forget(&origin);
                }
                repeatable.make_room();
                Ok(repeatable.begin(now, origin)?)
            }
            Memory::Once => self.remember_once(now, origin, is_bound),
        }
    }

    /// Nothing that must be done once is forgotten before its time: without room the request is refused.
    fn remember_once(&mut self, now: Instant, origin: Origin, is_bound: bool) -> Result<(), Busy> {
        let mut more = self.expire_once(now, is_bound);
        let once = self.memory(Memory::Once, is_bound).ok_or(Full)?;
        let stale = u16::from(more && once.forget(&origin));
        let most = self.once_per_peer;
        let record = self.peer_record(origin.peer).ok_or(Full)?;
        let counts = record.counts(is_bound);
        if counts {
            record.once = record.once.saturating_sub(stale);
        }
        // Entries of this peer whose time is over may stand behind such entries of others.
        while counts && self.peer_record(origin.peer).is_some_and(|record| record.once >= most) {
            if !more {
                return Err(Busy::Peer);
            }
            more = self.expire_once(now, is_bound);
        }
        self.memory(Memory::Once, is_bound).ok_or(Full)?.begin(now, origin)?;
        if let Some(record) = self.peer_record(origin.peer).filter(|_| counts) {
            record.once += 1;
        }
        Ok(())
    }

    /// Lets go of a few requests whose time is over; whether there may be more.
    fn expire_once(&mut self, now: Instant, is_bound: bool) -> bool {
        let Self { peers, once, .. } = self;
        #[cfg(all(feature = "oscore", feature = "limits"))]
        let once = match &mut self.security {
            Some(security) if is_bound => &mut security.verified.once,
            _ => once,
        };
        once.expire(now, |gone| {
            let record = peers.find(gone).and_then(|index| peers.at_mut(index));
            if let Some(record) = record.filter(|record| record.counts(is_bound)) {
                record.once = record.once.saturating_sub(1);
            }
        })
    }

    /// Where answers are remembered: of requests that were verified, or of all others.
    #[inline]
    pub(super) fn memory(&mut self, memory: Memory, is_bound: bool) -> Option<&mut Duplicates<'s>> {
        let Self { repeatable, once, .. } = self;
        #[cfg(all(feature = "oscore", feature = "limits"))]
        let (repeatable, once) = match &mut self.security {
            Some(security) if is_bound => (&mut security.verified.repeatable, &mut security.verified.once),
            _ => (repeatable, once),
        };
        #[cfg(not(all(feature = "oscore", feature = "limits")))]
        let _ = is_bound;
        match memory {
            Memory::None | Memory::Group => None,
            Memory::Repeatable => Some(repeatable),
            Memory::Once => Some(once),
        }
    }

    /// How a protected request was answered before and where that is remembered, if it came before.
    #[cfg(feature = "oscore")]
    pub(super) fn repeated_protected(&self, now: Instant, origin: &Origin) -> Option<(Memory, Answer)> {
        #[cfg(feature = "limits")]
        let Verified { repeatable, once } = &self.security.as_ref()?.verified;
        #[cfg(not(feature = "limits"))]
        let Self { repeatable, once, .. } = self;
        let repeatable = repeatable.find(now, origin).map(|answer| (Memory::Repeatable, answer));
        repeatable.or_else(|| once.find(now, origin).map(|answer| (Memory::Once, answer)))
    }
}

//! The server's side of a request, RFC 7252 §4.5 and §5.2.

use super::error_answer::error;
use super::{Endpoint, Event, Incoming, Memory};
use crate::base::{Full, Instant};
use crate::exchange::{Head, Problem, Rejection, Request, Response};
use crate::reliability::{Answer, Duplicates, Origin};
use crate::wire::{Code, Message, MessageType, ResponseType, Token, WriteError, number};

impl<'s> Endpoint<'s> {
    /// Answers a repetition from memory, refuses what breaks the rules, hands everything else on.
    #[inline]
    pub(super) fn serve<'e>(
        &'e mut self,
        now: Instant,
        origin: Origin,
        message: Message<'e>,
    ) -> Option<Event<'e, 's>> {
        if origin.peer.is_multicast() {
            self.counters.multicast += 1;
            return None;
        }
        let memory = memory_for(message.code());
        if let Some(answer) = self.repeated(now, &origin, memory) {
            self.repeat(origin, message.kind(), memory, answer);
            return None;
        }
        let request = match Request::check(message) {
            Ok(request) => request,
            Err(rejection) => {
                self.refuse(now, origin, &message, rejection);
                return None;
            }
        };
        if memory != Memory::None && self.remember(now, origin, memory).is_err() {
            self.refuse_full(now, origin, &message);
            return None;
        }
        self.counters.requests += 1;
        Some(Event::Request(Incoming::new(self, now, request, origin, memory)))
    }

    /// How the request was answered before, if it came before.
    #[inline]
    fn repeated(&self, now: Instant, origin: &Origin, memory: Memory) -> Option<Answer> {
        match memory {
            Memory::None if self.deferred.is_empty() => None,
            Memory::None => {
                let (_, record) = self.deferred.at(self.deferred.find(origin)?)?;
                Some(if record.acknowledged { Answer::Acknowledgement } else { Answer::Pending })
            }
            Memory::Repeatable => self.repeatable.find(now, origin),
            Memory::Once => self.once.find(now, origin),
        }
    }

    fn repeat(&mut self, origin: Origin, kind: MessageType, memory: Memory, answer: Answer) {
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
                self.queue(origin.peer, len);
            }
            Answer::Pending | Answer::Silence => {}
        }
    }

    fn remember(&mut self, now: Instant, origin: Origin, memory: Memory) -> Result<(), Full> {
        match memory {
            Memory::None => Ok(()),
            Memory::Repeatable => {
                self.repeatable.expire(now, |_| {});
                self.repeatable.forget(&origin);
                self.repeatable.make_room();
                self.repeatable.begin(now, origin)
            }
            Memory::Once => self.remember_once(now, origin),
        }
    }

    /// Nothing that must be done once is forgotten before its time: without room the request is refused.
    fn remember_once(&mut self, now: Instant, origin: Origin) -> Result<(), Full> {
        let mut more = self.expire_once(now);
        let stale = u16::from(self.once.forget(&origin));
        let most = self.once_per_peer;
        let record = self.peer_record(origin.peer).ok_or(Full)?;
        record.once = record.once.saturating_sub(stale);
        // Entries of this peer whose time is over may stand behind such entries of others.
        while self.peer_record(origin.peer).is_some_and(|record| record.once >= most) {
            if !more {
                return Err(Full);
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
            Memory::None => None,
            Memory::Repeatable => Some(&mut self.repeatable),
            Memory::Once => Some(&mut self.once),
        }
    }

    fn refuse(&mut self, now: Instant, origin: Origin, message: &Message<'_>, rejection: Rejection) {
        self.counters.rejected += 1;
        let mut response = Response::new(rejection.code());
        let mut problem = Problem::titled(rejection.title());
        match rejection {
            Rejection::BadOption(number) => problem.option = Some(number),
            Rejection::Body => response.size1 = Some(self.body_capacity()),
            Rejection::Proxy | Rejection::Method => {}
        }
        // The option list may be unfit for more than this: read Accept without judging it.
        let accept = message.values(number::ACCEPT).next().and_then(crate::wire::uint);
        self.answer(now, origin, message.kind(), message.token(), Memory::None, |buffer, head| {
            error(&response, &problem, accept, buffer, head)
        });
    }

    fn refuse_full(&mut self, now: Instant, origin: Origin, message: &Message<'_>) {
        self.counters.refused += 1;
        let seconds = self.once.room_in(now).as_secs_ceil().clamp(1, u64::from(u32::MAX));
        let response =
            Response { max_age: Some(seconds as u32), ..Response::new(ResponseType::ServiceUnavailable) };
        self.answer(now, origin, message.kind(), message.token(), Memory::None, |buffer, head| {
            response.write(buffer, head)
        });
    }

    /// What a request's payload may hold, in bytes: a message less its header, token and a path.
    pub(super) fn body_capacity(&self) -> u32 {
        u32::try_from(self.message_capacity().saturating_sub(HEAD_ROOM)).unwrap_or(u32::MAX)
    }

    /// Writes the response to `origin` into the send buffer, queues it and remembers it.
    #[inline]
    pub(super) fn answer(
        &mut self,
        now: Instant,
        origin: Origin,
        kind: MessageType,
        token: Token,
        memory: Memory,
        write: impl FnOnce(&mut [u8], Head) -> Result<usize, WriteError>,
    ) {
        let confirmable = kind == MessageType::Confirmable;
        let head = if confirmable {
            Head { kind: MessageType::Acknowledgement, message_id: origin.message_id, token }
        } else {
            let Some(message_id) = self.take_message_id(now, origin.peer) else { return };
            Head { kind: MessageType::NonConfirmable, message_id, token }
        };
        let written = write(self.send, head).or_else(|_| {
            self.counters.unwritable += 1;
            Response::new(ResponseType::InternalServerError).write(self.send, head)
        });
        let Ok(len) = written else { return };
        match (memory, confirmable, self.send.get(..len)) {
            (Memory::Repeatable, true, Some(bytes)) => self.repeatable.settle_bytes(&origin, bytes),
            (Memory::Once, true, Some(bytes)) => self.once.settle_bytes(&origin, bytes),
            (Memory::None, ..) => {}
            _ => {
                if let Some(duplicates) = self.memory(memory) {
                    duplicates.settle(&origin, Answer::Silence);
                }
            }
        }
        self.queue(origin.peer, len);
    }
}

/// Header, token, path and formats of an ordinary request: RFC 7252 §4.6 leaves 128 bytes for them.
const HEAD_ROOM: usize = 128;

#[inline]
const fn memory_for(code: Code) -> Memory {
    if code.is_safe() {
        Memory::None
    } else if code.is_idempotent() {
        Memory::Repeatable
    } else {
        Memory::Once
    }
}

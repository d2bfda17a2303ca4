//! Requests that come protected, and what goes back, RFC 8613 §8.2 and §8.3.

use super::bound::Bound;
use super::observe::ROOM_IN;
use super::record::{Asked, Memory, Purpose};
use super::reply::Reply;
use super::security::Told;
use super::serve::{LOST, asked, unbound};
use super::{Count, Endpoint, Event, Timer};
use crate::base::Instant;
use crate::exchange::{Echo, Head, Rejection, Request, Response};
use crate::oscore::{Compressed, Opened, Refusal};
use crate::reliability::{Answer, Origin};
use crate::wire::{Block, Message, MessageType, ResponseType, definition, is_critical, number, uint};

impl<'s> Endpoint<'s> {
    /// Serves a request that was rejected for its OSCORE option: opens it, and serves what was inside. Any other is
    /// refused.
    #[cold]
    pub(super) fn serve_protected<'e>(
        &'e mut self,
        now: Instant,
        origin: Origin,
        outer: Message<'e>,
        rejection: Rejection,
        room: &'e mut [u8],
    ) -> Option<Event<'e, 's>> {
        let supported = self.security.is_some() && !room.is_empty();
        if rejection != Rejection::BadOption(number::OSCORE) || !supported {
            self.refuse(now, origin, &outer, rejection, unbound(&outer));
            return None;
        }
        if let Some(answered) = self.repeated_protected(now, &origin) {
            self.repeat(origin, outer.kind(), answered, true);
            return None;
        }
        if let Some(rejection) = outer_fault(&outer) {
            self.refuse(now, origin, &outer, rejection, unbound(&outer));
            return None;
        }
        let (opened, bound) = match self.open_request(&outer, room) {
            Ok(opened) => opened,
            Err(refusal) => {
                self.refuse_unopened(now, origin, &outer, refusal);
                return None;
            }
        };
        let Opened { message, binding, is_new } = opened;
        let refusing = Asked { memory: Memory::Repeatable, bound: Some(bound), ..unbound(&message) };
        if !is_new && !self.is_fresh(now, &origin, &message, bound) {
            self.challenge(now, origin, refusing);
            return None;
        }
        self.authenticated(origin.peer);
        let request = match Request::check(message) {
            Ok(request) => request,
            Err(rejection) => {
                // Its repetition would be a replay.
                let _ = self.remember(now, origin, Memory::Repeatable, true);
                self.refuse(now, origin, &message, rejection, refusing);
                return None;
            }
        };
        let mut served = asked(&request);
        // Of what is safe, too, since a repetition cannot be opened again.
        if served.memory == Memory::None {
            served.memory = Memory::Repeatable;
        }
        served.bound = Some(Bound { binding, ..bound });
        self.serve_checked(now, origin, request, served)
    }

    fn open_request<'e>(
        &mut self,
        outer: &Message<'_>,
        room: &'e mut [u8],
    ) -> Result<(Opened<'e>, Bound), Refusal> {
        let block = outer.values(number::BLOCK1).next().and_then(uint).and_then(Block::from_option);
        if block.is_some_and(|block| block.more || block.number != 0) {
            // What somebody on the way cut into blocks has to be put together before it comes here (§4.1.3.4.2).
            return Err(Refusal::TooLarge);
        }
        let value = outer.values(number::OSCORE).next().ok_or(Refusal::Decode)?;
        let compressed = Compressed::read(value).ok_or(Refusal::Decode)?;
        if compressed.kid.is_none() || compressed.partial_iv.is_none() {
            return Err(Refusal::Decode);
        }
        let security = self.security.as_mut().ok_or(Refusal::ContextNotFound)?;
        let (id, context) = security.named(&compressed).ok_or(Refusal::ContextNotFound)?;
        let opened = context.open_request(&compressed, outer, room)?;
        let bound = Bound { context: id, binding: opened.binding };
        Ok((opened, bound))
    }

    /// Answers a request that was not opened: not protected, since nobody knows by whom it was sent (§8.2).
    fn refuse_unopened(&mut self, now: Instant, origin: Origin, outer: &Message<'_>, refusal: Refusal) {
        self.counters.rejected += 1;
        self.counters.unopened += 1;
        let response = Response {
            max_age: Some(u32::from(refusal == Refusal::NotStored)),
            size1: (refusal == Refusal::TooLarge).then_some(self.message_capacity() as u32),
            payload: refusal.diagnostic().as_bytes(),
            ..Response::new(refusal.code())
        };
        self.answer(now, origin, unbound(outer), Reply::Response(&response));
    }

    /// Answers a request that is not protected where only protected ones are served.
    #[cold]
    pub(super) fn refuse_unprotected(&mut self, now: Instant, origin: Origin, message: &Message<'_>) {
        self.counters.rejected += 1;
        let response =
            Response { payload: b"Protection demanded", ..Response::new(ResponseType::Unauthorized) };
        self.answer(now, origin, unbound(message), Reply::Response(&response));
    }

    /// Whether a request that was verified shows by an Echo value of ours that it was made after the last start; then
    /// the window starts with it (App. B.1.2).
    fn is_fresh(&mut self, now: Instant, origin: &Origin, message: &Message<'_>, bound: Bound) -> bool {
        let value = message.values(number::ECHO).next().unwrap_or_default();
        if !self.prover().is_some_and(|echo| echo.is_fresh(now, &origin.peer, value)) {
            return false;
        }
        let security = self.security.as_mut();
        let Some(context) = security.and_then(|security| security.context(bound.context)) else {
            return false;
        };
        context.start_window(bound.binding.partial_iv());
        true
    }

    /// What makes Echo values: one for all purposes where there is one, so that a client that shows one value has shown all.
    fn prover(&self) -> Option<&Echo> {
        self.limiter.echo().or(self.security.as_ref().map(|security| &security.echo))
    }

    /// Answers 4.01 with an Echo value, protected under a number of its own: a replayed request must not make the nonce of
    /// the request protect a second response (App. B.1.2).
    fn challenge(&mut self, now: Instant, origin: Origin, asked: Asked<'_>) {
        let (Some(echo), Some(mut bound)) = (self.prover(), asked.bound) else { return };
        let echo = Some(echo.value(now, &origin.peer));
        bound.binding.spend();
        let _ = self.remember(now, origin, Memory::Repeatable, true);
        let response = Response { echo, ..Response::new(ResponseType::Unauthorized) };
        let asked = Asked { bound: Some(bound), ..asked };
        self.answer(now, origin, asked, Reply::Response(&response));
    }

    /// Writes the protected response to `origin` into the send buffer, queues it and remembers it. Without one that may
    /// be sent, a confirmable request is acknowledged and nothing else.
    #[cold]
    pub(super) fn answer_protected(
        &mut self,
        origin: Origin,
        asked: Asked<'_>,
        mut bound: Bound,
        reply: Reply<'_>,
        head: Head<'_>,
    ) {
        let mut unwanted = false;
        let Self { security, send, .. } = self;
        let written = security.as_mut().and_then(|security| {
            security.write_response(&mut bound, send, &mut |room| {
                let len =
                    reply.write(room, head).or_else(|_| Reply::Response(&LOST).write(room, head)).ok()?;
                unwanted = asked.does_not_want(room);
                Some(len)
            })
        });
        self.counters.unprotectable += Count::from(written.is_none());
        let written = written.filter(|_| !unwanted);
        let len = match written {
            None if asked.confirmable => self.write_empty(MessageType::Acknowledgement, origin.message_id),
            written => written,
        };
        let send = core::mem::take(&mut self.send);
        let bytes = len.filter(|_| asked.confirmable).and_then(|len| send.get(..len));
        match (self.memory(asked.memory, true), bytes) {
            (Some(memory), Some(bytes)) => memory.settle_bytes(&origin, bytes),
            (Some(memory), None) => memory.settle(&origin, Answer::Silence),
            (None, _) => {}
        }
        self.send = send;
        if let Some(len) = len {
            self.queue(origin.peer, len);
        }
    }

    /// Answers a request that was acknowledged by a confirmable response `ours`; by a Non-confirmable one if too many are
    /// in flight.
    #[cold]
    pub(super) fn respond_protected(
        &mut self,
        now: Instant,
        ours: Origin,
        origin: Origin,
        asked: Asked<'_>,
        mut bound: Bound,
        reply: Reply<'_>,
    ) {
        let Some(mut security) = self.security.take() else { return };
        let head = asked.head(MessageType::Confirmable, ours.message_id);
        let mut unwanted = false;
        let begun = self.transmit(now, ours, Purpose::Response, None, &mut |buffer| {
            let len = security.write_response(&mut bound, buffer, &mut |room| {
                let len =
                    reply.write(room, head).or_else(|_| Reply::Response(&LOST).write(room, head)).ok()?;
                unwanted = asked.does_not_want(room);
                Some(len)
            });
            len.filter(|_| !unwanted)
        });
        self.security = Some(security);
        if begun.is_none() && !unwanted {
            // Under another number if the first one is used.
            let once_more = Asked { confirmable: false, memory: Memory::None, bound: Some(bound), ..asked };
            self.answer(now, origin, once_more, reply);
        }
    }

    /// Tells an observer. Where that cannot be protected yet, it is told later; not at all where its context is gone.
    #[cold]
    pub(super) fn notify_protected<'t>(
        &mut self,
        now: Instant,
        told: Told,
        mut bound: Bound,
        reply: Reply<'_>,
        head: &dyn Fn(MessageType) -> Head<'t>,
    ) {
        let Told { origin, index, goes_on, confirmable, back_off } = told;
        let Some(mut security) = self.security.take() else { return };
        if confirmable || !goes_on {
            let purpose = if goes_on { Purpose::Notification(index) } else { Purpose::Response };
            let begun = self.transmit(now, origin, purpose, back_off, &mut |buffer| {
                security.write_response(&mut bound, buffer, &mut |room| {
                    reply.write(room, head(MessageType::Confirmable)).ok()
                })
            });
            if begun.is_some() {
                self.security = Some(security);
                return self.observers.sent(index, origin.message_id, goes_on);
            }
        }
        let written = security.write_response(&mut bound, self.send, &mut |room| {
            reply.write(room, head(MessageType::NonConfirmable)).ok()
        });
        let is_known = security.context(bound.context).is_some();
        self.security = Some(security);
        match written {
            Some(len) => {
                self.queue(origin.peer, len);
                if let Some(record) = self.peer_record(origin.peer) {
                    record.pace.tell(now);
                }
                self.observers.sent(index, origin.message_id, false);
            }
            None => {
                self.counters.unprotectable += 1;
                if goes_on && is_known {
                    self.observers.postpone(index);
                    self.set_timer(Timer::Observation(index), now + ROOM_IN);
                } else if goes_on {
                    self.end_observation(index);
                }
            }
        }
    }
}

/// What is wrong outside: with what is meant for everybody on the way.
fn outer_fault(outer: &Message<'_>) -> Option<Rejection> {
    if outer.values(number::OSCORE).nth(1).is_some() {
        return Some(Rejection::BadOption(number::OSCORE));
    }
    let unknown =
        |number: u16| is_critical(number) && definition(number).is_none() && number != number::OSCORE;
    let mut numbers = outer.options().map(|option| option.number);
    numbers.find_map(|number| match number {
        number::PROXY_URI | number::PROXY_SCHEME => Some(Rejection::Proxy),
        _ if unknown(number) => Some(Rejection::BadOption(number)),
        _ => None,
    })
}

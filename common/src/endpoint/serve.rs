//! The server's side of a request, RFC 7252 §5.2 and RFC 7959 §2.5.

use super::bound::Bound;
use super::limits::ON;
use super::memory::Busy;
use super::observe::key;
use super::record::{Asked, Memory};
use super::reply::{Reply, misfit_response};
use super::security::is_protected;
use super::{Endpoint, Event, Incoming};
use crate::base::{Duration, Index, Instant};
use crate::exchange::{Problem, Refused, Rejection, Request, Response, Taken};
use crate::reliability::{Answer, Origin};
use crate::wire::{Block, Message, MessageType, ObserveOption, ResponseType, number};

impl<'s> Endpoint<'s> {
    /// Answers a repetition from memory, refuses what breaks the rules, hands everything else on.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    #[cfg_attr(target_os = "none", inline(never))]
    pub(super) fn serve<'e>(
        &'e mut self,
        now: Instant,
        origin: Origin,
        message: Message<'e>,
        room: &'e mut [u8],
    ) -> Option<Event<'e, 's>> {
        if let Some(answered) = self.repeated(now, &origin, message.code())
            // Whoever forges the address of a message that is protected must not answer for it.
            && !is_protected(&message)
        {
            self.repeat(origin, message.kind(), answered, false);
            return None;
        }
        let request = match Request::check(message) {
            Ok(_) if self.demands_protection() => {
                self.refuse_unprotected(now, origin, &message);
                return None;
            }
            Ok(request) => request,
            #[cfg(feature = "host")]
            Err(_) if self.is_passed_on(&message) => return self.serve_proxied(now, origin, message),
            Err(rejection) => return self.serve_protected(now, origin, message, rejection, room),
        };
        self.serve_checked(now, origin, request, asked(&request))
    }

    /// Serves a request that is well-formed and did not come before.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn serve_checked<'e>(
        &'e mut self,
        now: Instant,
        origin: Origin,
        request: Request<'e>,
        asked: Asked<'e>,
    ) -> Option<Event<'e, 's>> {
        if cfg!(feature = "observe") && request.observe() == Some(ObserveOption::Deregister) {
            key(origin.peer, asked.token).inspect(|key| self.deregister(key, asked.bound));
        }
        if !cfg!(feature = "uploads") && request.block1().is_some() {
            self.counters.rejected += 1;
            let rejection = Rejection::BadOption(number::BLOCK1);
            let problem = Problem { option: Some(number::BLOCK1), ..Problem::titled(rejection.title()) };
            let reply =
                Reply::Error(&Response::new(rejection.code()), &problem, request.accept().map(u32::from));
            self.answer(now, origin, Asked { memory: Memory::None, ..asked }, reply);
            return None;
        }
        if let Err(wait) = self.is_in_time(now, &origin.peer, asked.bound) {
            self.refuse_rate(now, origin, asked, wait);
            return None;
        }
        if asked.memory != Memory::None
            && let Err(busy) = self.remember(now, origin, asked.memory, asked.bound.is_some())
        {
            self.refuse_full(now, origin, asked, busy);
            return None;
        }
        let body = match request.block1() {
            Some(block) if cfg!(feature = "uploads") && self.assembly.capacity() != 0 => {
                Some(self.assemble(now, origin, asked, block, &request)?)
            }
            _ => None,
        };
        self.counters.requests += 1;
        Some(Event::Request(Incoming::new(self, now, request, origin, asked, body)))
    }

    /// Takes a block of a body; the place of the whole once it is complete. Otherwise the block is answered.
    #[cfg_attr(target_os = "none", inline(never))]
    fn assemble(
        &mut self,
        now: Instant,
        origin: Origin,
        asked: Asked<'_>,
        block: Block,
        request: &Request<'_>,
    ) -> Option<Index> {
        let mut response = Response::new(ResponseType::Continue);
        let title =
            match self.assembly.take(now, origin.peer, asked.bound.map_or(0, Bound::scope), block, request) {
                Ok(Taken::Complete(index)) => return Some(index),
                Ok(Taken::Continue) => {
                    self.answer(now, origin, asked, Reply::Response(&response));
                    return None;
                }
                Err(Refused::Full) => {
                    response.max_age = Some(FULL_MAX_AGE);
                    response.code = ResponseType::ServiceUnavailable;
                    "too many bodies under way"
                }
                Err(Refused::Misfit(misfit)) => {
                    let capacity = u32::try_from(self.assembly.capacity()).ok();
                    response = misfit_response(misfit, capacity);
                    misfit.title()
                }
            };
        self.counters.rejected += 1;
        let problem = Problem::titled(title);
        let accept = request.accept().map(u32::from);
        self.answer(now, origin, asked, Reply::Error(&response, &problem, accept));
        None
    }

    /// Answers a request that breaks a rule.
    pub(super) fn refuse(
        &mut self,
        now: Instant,
        origin: Origin,
        message: &Message<'_>,
        rejection: Rejection,
        asked: Asked<'_>,
    ) {
        self.counters.rejected += 1;
        let response = Response::new(rejection.code());
        let mut problem = Problem::titled(rejection.title());
        if let Rejection::BadOption(number) = rejection {
            problem.option = Some(number);
        }
        // The option list may be unfit for more than this: read Accept without judging it.
        let accept = message.values(number::ACCEPT).next().and_then(crate::wire::uint);
        self.answer(now, origin, asked, Reply::Error(&response, &problem, accept));
    }

    fn refuse_full(&mut self, now: Instant, origin: Origin, asked: Asked<'_>, busy: Busy) {
        self.counters.refused += 1;
        let code = match busy {
            Busy::Peer => ResponseType::TooManyRequests,
            Busy::Everybody => ResponseType::ServiceUnavailable,
        };
        let once = self.memory(Memory::Once, asked.bound.is_some());
        let room_in = once.map_or(Duration::ZERO, |once| once.room_in(now));
        let seconds = room_in.as_secs_ceil().clamp(1, u64::from(u32::MAX));
        let response = Response { max_age: Some(seconds as u32), ..Response::new(code) };
        let asked = self.refusing(now, origin, asked);
        self.answer(now, origin, asked, Reply::Response(&response));
    }

    /// Writes the response to `origin` into the send buffer, queues it and remembers it.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn answer(&mut self, now: Instant, origin: Origin, asked: Asked<'_>, reply: Reply<'_>) {
        let head = if asked.confirmable {
            asked.head(MessageType::Acknowledgement, origin.message_id)
        } else {
            let Some(message_id) = self.take_message_id(now, origin.peer.answering()) else { return };
            asked.head(MessageType::NonConfirmable, message_id)
        };
        if let Some(bound) = asked.bound {
            return self.answer_protected(origin, asked, bound, reply, head);
        }
        let written = reply.write(self.send, head).or_else(|_| {
            self.counters.unwritable += 1;
            Reply::Response(&LOST).write(self.send, head)
        });
        let Ok(mut len) = written else { return };
        if ON && !self.limiter.allows(len) {
            match self.economize(now, origin, &asked, head, (reply, len)) {
                Some(fits) => len = fits,
                None => return self.say_nothing(&origin, asked.memory),
            }
        }
        if ON && reply.is_error() && !self.may_err(now, &origin.peer) {
            return self.say_nothing(&origin, asked.memory);
        }
        self.answered(origin.peer, len, asked.observe.is_some());
        if cfg!(feature = "groups") && asked.memory == Memory::Group {
            let len = if asked.does_not_want(self.send) { 0 } else { len };
            return self.answer_group(now, origin, len);
        }
        if asked.does_not_want(self.send) {
            // A confirmable request still has to be acknowledged.
            let empty = self.write_empty(MessageType::Acknowledgement, origin.message_id);
            let Some(empty) = empty.filter(|_| asked.confirmable) else {
                return self.say_nothing(&origin, asked.memory);
            };
            len = empty;
        }
        match (asked.memory, asked.confirmable, self.send.get(..len)) {
            (Memory::Repeatable, true, Some(bytes)) => self.repeatable.settle_bytes(&origin, bytes),
            (Memory::Once, true, Some(bytes)) => self.once.settle_bytes(&origin, bytes),
            (Memory::None | Memory::Group, ..) => {}
            _ => self.say_nothing(&origin, asked.memory),
        }
        self.queue(origin.peer, len);
    }

    /// A repetition of the message gets no answer.
    fn say_nothing(&mut self, origin: &Origin, memory: Memory) {
        if let Some(duplicates) = self.memory(memory, false) {
            duplicates.settle(origin, Answer::Silence);
        }
    }
}

/// The answer where the one that was meant cannot be written.
pub(super) const LOST: Response<'static> = Response::new(ResponseType::InternalServerError);

/// How long a client should wait for another body to end, in seconds.
const FULL_MAX_AGE: u32 = 30;

/// What has to be known to refuse a request, which is not remembered.
pub(super) fn unbound<'t>(message: &Message<'t>) -> Asked<'t> {
    Asked {
        confirmable: message.kind() == MessageType::Confirmable,
        token: message.token(),
        observe: None,
        no_response: 0,
        block1: None,
        block2: None,
        memory: Memory::None,
        bound: None,
    }
}

#[cfg_attr(not(target_os = "none"), inline)]
pub(super) fn asked<'t>(request: &Request<'t>) -> Asked<'t> {
    let message = request.message();
    Asked {
        confirmable: message.kind() == MessageType::Confirmable,
        token: message.token(),
        observe: None,
        no_response: request.no_response(),
        block1: request.block1_option(),
        block2: request.block2(),
        memory: Memory::of(message.code(), request.block1()),
        bound: None,
    }
}

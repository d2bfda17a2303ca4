//! Responses that come later, RFC 7252 §5.2.2.

use super::record::{Asked, Memory, Purpose};
use super::reply::Reply;
use super::{DeferredRecord, Endpoint, Timer};
use crate::base::{Duration, Full, Index, Instant};
use crate::exchange::{Problem, Response};
use crate::reliability::Origin;
use crate::wire::{MessageType, ResponseType, Token};

/// Stands for a request that is answered later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket {
    index: u32,
    serial: u32,
}

/// The ticket was answered already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gone;

impl Ticket {
    /// The ticket's place among those that can wait at once: below the capacity for deferred requests.
    pub const fn number(self) -> usize {
        self.index as usize
    }

    /// The ticket as one number, to be carried through a queue.
    pub const fn to_bits(self) -> u64 {
        ((self.index as u64) << 32) | self.serial as u64
    }

    /// The ticket of a number; one that was never given out is answered with [`Gone`].
    pub const fn from_bits(bits: u64) -> Self {
        Self { index: (bits >> 32) as u32, serial: bits as u32 }
    }
}

impl Endpoint<'_> {
    pub(super) fn begin_deferred(
        &mut self,
        now: Instant,
        origin: Origin,
        token: Token,
        asked: Asked<'_>,
        piggyback: Duration,
    ) -> Result<Ticket, Full> {
        if !cfg!(feature = "deferred") {
            return Err(Full);
        }
        if !self.shares.admit(&self.deferred, asked.bound.is_some()) {
            return Err(Full);
        }
        self.serial = self.serial.wrapping_add(1);
        let record = DeferredRecord::new(token, asked, self.serial, self.limiter.allowance);
        let index = self.deferred.insert(origin, record)?;
        if asked.confirmable {
            self.set_timer(Timer::Deferred(index), now + piggyback);
        }
        Ok(Ticket { index: index.as_usize() as u32, serial: self.serial })
    }

    /// Answers a deferred request: piggybacked while its acknowledgement is still due, else on its own.
    pub fn respond(&mut self, now: Instant, ticket: Ticket, response: &Response<'_>) -> Result<(), Gone> {
        self.respond_by(now, ticket, Reply::Response(response))
    }

    /// Answers a deferred request with an error; see [`Incoming::fail`](super::Incoming::fail). What the
    /// client accepts has to be told again.
    pub fn fail(
        &mut self,
        now: Instant,
        ticket: Ticket,
        accept: Option<u16>,
        response: &Response<'_>,
        problem: &Problem<'_>,
    ) -> Result<(), Gone> {
        let accept = accept.map(u32::from);
        self.respond_by(now, ticket, Reply::Error(response, problem, accept))
    }

    pub(super) fn respond_by(&mut self, now: Instant, ticket: Ticket, reply: Reply<'_>) -> Result<(), Gone> {
        let index = Index::from_usize(ticket.index as usize);
        if self.deferred.at(index).is_none_or(|(_, record)| record.serial != ticket.serial) {
            return Err(Gone);
        }
        self.clear_timer(Timer::Deferred(index));
        let (origin, record) = self.deferred.remove(index).ok_or(Gone)?;
        self.limiter.allowance = record.allowance;
        if record.acknowledged {
            self.respond_separately(now, origin, record.asked(), reply);
        } else {
            self.answer(now, origin, record.asked(), reply);
        }
        Ok(())
    }

    /// A confirmable response of its own; Non-confirmable when too many are in flight (§5.2.2 allows both).
    fn respond_separately(&mut self, now: Instant, origin: Origin, asked: Asked<'_>, reply: Reply<'_>) {
        let Some(message_id) = self.take_message_id(now, origin.peer) else { return };
        let ours = Origin { peer: origin.peer, message_id };
        self.bank(origin.peer);
        let head = asked.head(MessageType::Confirmable, message_id);
        if let Some(bound) = asked.bound {
            return self.respond_protected(now, ours, origin, asked, bound, reply);
        }
        let lost = Response::new(ResponseType::InternalServerError);
        let begun = self.transmit_to_stranger(now, ours, Purpose::Response, None, &mut |buffer| {
            let len =
                reply.write(buffer, head).or_else(|_| Reply::Response(&lost).write(buffer, head)).ok()?;
            Some(len).filter(|_| !asked.does_not_want(buffer))
        });
        // Also where the client does not want to hear the response, which is then not sent at all.
        if begun.is_none() {
            let once_more = Asked { confirmable: false, memory: Memory::None, ..asked };
            self.answer(now, origin, once_more, reply);
        }
    }
}

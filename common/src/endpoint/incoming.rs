//! A request on its way to being answered.

use super::deferred::{Ticket, Waiting};
use super::error_answer::error;
use super::{Endpoint, Memory};
use crate::base::{Full, Instant};
use crate::exchange::{Head, Problem, Request, Response};
use crate::reliability::{Origin, Peer};
use crate::wire::{MessageType, ResponseType, WriteError};

/// A request that must be answered: by [`respond`](Self::respond), by a [`Ticket`] later, or, when it is
/// dropped, by 5.00.
#[derive(Debug)]
pub struct Incoming<'e, 's> {
    endpoint: &'e mut Endpoint<'s>,
    now: Instant,
    request: Request<'e>,
    origin: Origin,
    memory: Memory,
    open: bool,
}

impl<'e, 's> Incoming<'e, 's> {
    #[inline]
    pub(super) fn new(
        endpoint: &'e mut Endpoint<'s>,
        now: Instant,
        request: Request<'e>,
        origin: Origin,
        memory: Memory,
    ) -> Self {
        Self { endpoint, now, request, origin, memory, open: true }
    }

    /// What is asked; lives as long as the datagram.
    pub const fn request(&self) -> &Request<'e> {
        &self.request
    }

    /// Who asks.
    pub const fn peer(&self) -> Peer {
        self.origin.peer
    }

    /// The largest payload a response can carry without block-wise transfer, in bytes.
    pub fn payload_capacity(&self) -> usize {
        self.endpoint.body_capacity() as usize
    }

    /// Answers now.
    #[inline]
    pub fn respond(self, response: &Response<'_>) {
        self.answer(|buffer, head| response.write(buffer, head));
    }

    /// Answers now, with the payload that `encode` writes in place.
    #[inline]
    pub fn respond_with(
        self,
        response: &Response<'_>,
        encode: impl FnOnce(&mut [u8]) -> Result<usize, Full>,
    ) {
        self.answer(|buffer, head| response.write_with(buffer, head, encode));
    }

    /// Answers with an error: as problem details (RFC 9290) if the client takes them, with the title as
    /// diagnostic payload otherwise.
    pub fn fail(self, response: &Response<'_>, problem: &Problem<'_>) {
        let accept = self.request.accept().map(u32::from);
        self.answer(|buffer, head| error(response, problem, accept, buffer, head));
    }

    /// Puts the answer off; [`Endpoint::respond`] takes the ticket. When there are too many already, the
    /// request is answered 5.03 and the caller gets `Full`.
    pub fn defer(mut self) -> Result<Ticket, Full> {
        let confirmable = self.request.message().kind() == MessageType::Confirmable;
        let waiting = Waiting { token: self.request.message().token(), confirmable, memory: self.memory };
        match self.endpoint.begin_deferred(self.now, self.origin, waiting) {
            Ok(ticket) => {
                self.open = false;
                Ok(ticket)
            }
            Err(Full) => {
                self.endpoint.counters.refused += 1;
                let busy = Response { max_age: Some(1), ..Response::new(ResponseType::ServiceUnavailable) };
                self.respond(&busy);
                Err(Full)
            }
        }
    }

    #[inline]
    fn answer(mut self, write: impl FnOnce(&mut [u8], Head) -> Result<usize, WriteError>) {
        self.open = false;
        let message = self.request.message();
        self.endpoint.answer(self.now, self.origin, message.kind(), message.token(), self.memory, write);
    }
}

impl Drop for Incoming<'_, '_> {
    fn drop(&mut self) {
        if self.open {
            let message = self.request.message();
            let lost = Response::new(ResponseType::InternalServerError);
            let (kind, token) = (message.kind(), message.token());
            self.endpoint.answer(self.now, self.origin, kind, token, self.memory, |buffer, head| {
                lost.write(buffer, head)
            });
        }
    }
}

//! A request on its way to being answered.

use super::Endpoint;
use super::deferred::Ticket;
use super::ledger::CHALLENGE;
use super::limits::ON;
use super::observe::key;
use super::record::{Asked, Memory};
use super::reply::{LONG_TOKEN, Reply, misfit_response};
use crate::base::{Duration, Full, Index, Instant};
use crate::exchange::{Answerable, Echo, Interest, Misfit, Problem, Request, Response};
use crate::reliability::{Origin, Peer};
use crate::wire::{Code, ObserveOption, ResponseType, Token};

/// A request that must be answered: by [`respond`](Self::respond), by a [`Ticket`] later, or, when it is
/// dropped, by 5.00.
#[derive(Debug)]
pub struct Incoming<'e, 's> {
    endpoint: &'e mut Endpoint<'s>,
    now: Instant,
    request: Request<'e>,
    origin: Origin,
    asked: Asked<'e>,
    /// Where the endpoint assembled the body, if it came in blocks.
    body: Option<Index>,
    /// What is observed, if the client wants to.
    resource: Option<u64>,
    /// Whether somebody else is to be asked.
    #[cfg(feature = "host")]
    pub(super) for_proxy: bool,
    open: bool,
}

impl<'e, 's> Incoming<'e, 's> {
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn new(
        endpoint: &'e mut Endpoint<'s>,
        now: Instant,
        request: Request<'e>,
        origin: Origin,
        asked: Asked<'e>,
        body: Option<Index>,
    ) -> Self {
        Self {
            endpoint,
            now,
            request,
            origin,
            asked,
            body,
            resource: None,
            #[cfg(feature = "host")]
            for_proxy: false,
            open: true,
        }
    }

    /// What is asked; lives as long as the datagram.
    pub const fn request(&self) -> &Request<'e> {
        &self.request
    }

    /// Whether the request is about somebody else's resource, which only happens after
    /// [`Endpoint::pass_on`]: its target is in Proxy-Uri or Proxy-Scheme, not in the path.
    #[cfg(feature = "host")]
    pub const fn is_for_proxy(&self) -> bool {
        self.for_proxy
    }

    /// The whole body, also if it came in blocks and the endpoint has memory to assemble them. Without such
    /// memory every block is a request of its own: see [`Request::block1`].
    pub fn body(&self) -> &[u8] {
        match self.body {
            Some(index) => self.endpoint.assembly.body(index),
            None => self.request.payload(),
        }
    }

    /// Who asks, and whether by a group: then only a success with something in it is sent, within the leisure
    /// (RFC 7252 §8.2).
    pub const fn peer(&self) -> Peer {
        self.origin.peer
    }

    /// The security context that the request was protected with (RFC 8613); `None` if it was not protected. Whatever
    /// answers it is protected with the same.
    #[cfg(feature = "oscore")]
    pub fn context(&self) -> Option<super::ContextId> {
        self.asked.bound.map(|bound| bound.context())
    }

    /// A number for the identity that the request came under: 0 if it was not protected, another for each security
    /// context. Transfers in blocks of different identities must not mix.
    pub fn scope(&self) -> u64 {
        self.asked.bound.map_or(0, |bound| bound.scope())
    }

    /// Lets the client observe what it asks for, if it wants to (RFC 7641 §4.1): `resource` is the number by which
    /// [`Endpoint::changed`] will speak of it. Takes effect with a success that is given at once, and never with a
    /// request to a group.
    #[must_use]
    pub fn observable(mut self, resource: u64) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Answers now.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub fn respond(mut self, response: &Response<'_>) {
        if cfg!(feature = "observe") && self.request.observe() == Some(ObserveOption::Register) {
            self.register(response);
        }
        self.answer(Reply::Response(response));
    }

    /// Answers now with a body that is rendered as often as needed; see [`Response::write_window`].
    pub fn respond_window(mut self, response: &Response<'_>, render: impl Fn(usize, &mut [u8]) -> usize) {
        self.answer(Reply::Window(response, &render));
    }

    /// Answers a block that does not fit its body; `capacity` is the longest body, in bytes.
    pub fn misfit(self, misfit: Misfit, capacity: usize) {
        let response = misfit_response(misfit, u32::try_from(capacity).ok());
        self.fail(&response, &Problem::titled(misfit.title()));
    }

    /// Answers with an error: as problem details (RFC 9290) if the client takes them, with the title as
    /// diagnostic payload otherwise.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn fail(mut self, response: &Response<'_>, problem: &Problem<'_>) {
        let accept = self.request.accept().map(u32::from);
        self.answer(Reply::Error(response, problem, accept));
    }

    /// Whether the request was made no longer than [`Echo::VALIDITY`] ago, by somebody who receives what is sent to
    /// its address: whether it brings back a value of `echo` (RFC 9175 §2.3).
    pub fn is_fresh(&self, echo: &Echo) -> bool {
        self.request.echo().is_some_and(|value| echo.is_fresh(self.now, &self.origin.peer, value))
    }

    /// Answers 4.01 with a value of `echo`, to be sent back with the request (RFC 9175 §2.3).
    pub fn challenge(self, echo: &Echo) {
        let echo = Some(echo.value(self.now, &self.origin.peer));
        let response = Response { echo, ..Response::new(ResponseType::Unauthorized) };
        self.fail(&response, &Problem::titled(CHALLENGE));
    }

    /// Puts the answer off; [`Endpoint::respond`] takes the ticket. When there are too many already, the
    /// request is answered 5.03 and the caller gets `Full`; so it does when the token is too long to be kept,
    /// which is answered 4.00 (RFC 8974 §2.2.2).
    pub fn defer(self) -> Result<Ticket, Full> {
        let piggyback = self.endpoint.timings.of(&self.origin.peer).piggyback;
        self.defer_for(piggyback)
    }

    /// Puts the answer off and acknowledges the request at once, since the answer will be late (RFC 7252 §5.2.2).
    pub fn defer_separately(self) -> Result<Ticket, Full> {
        self.defer_for(Duration::default())
    }

    fn defer_for(mut self, piggyback: Duration) -> Result<Ticket, Full> {
        let Some(token) = Token::new(self.asked.token) else {
            self.fail(&Response::new(ResponseType::BadRequest), &Problem::titled(LONG_TOKEN));
            return Err(Full);
        };
        match self.endpoint.begin_deferred(self.now, self.origin, token, self.asked, piggyback) {
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

    /// Registers the client as an observer if the response is a success about the whole resource.
    fn register(&mut self, response: &Response<'_>) {
        let success = Code::from(response.code).class() == 2;
        let whole = self.request.block2().is_none_or(|block| block.number == 0);
        let observable = self.request.code().is_safe() && self.asked.memory != Memory::Group;
        let (Some(resource), true, true) = (self.resource, success && whole, observable) else {
            return;
        };
        let interest = Interest {
            resource,
            accept: self.request.accept(),
            format: (response.code != ResponseType::Valid).then_some(response.content_format),
            exponent: self.request.block2().map(|block| block.exponent),
        };
        let key = key(self.origin.peer, self.asked.token);
        self.asked.observe =
            key.and_then(|key| self.endpoint.register(self.now, key, interest, self.asked.bound));
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    fn answer(&mut self, reply: Reply<'_>) {
        self.open = false;
        if ON && let Some(value) = self.request.echo() {
            self.endpoint.echoed(self.now, self.origin.peer, value);
        }
        self.endpoint.answer(self.now, self.origin, self.asked, reply);
    }
}

impl Answerable for Incoming<'_, '_> {
    #[cfg_attr(not(target_os = "none"), inline)]
    fn respond(self, response: &Response<'_>) {
        self.respond(response);
    }

    fn respond_window(self, response: &Response<'_>, render: impl Fn(usize, &mut [u8]) -> usize) {
        self.respond_window(response, render);
    }

    fn fail(self, response: &Response<'_>, problem: &Problem<'_>) {
        self.fail(response, problem);
    }
}

impl Drop for Incoming<'_, '_> {
    fn drop(&mut self) {
        if let Some(index) = self.body {
            self.endpoint.assembly.forget(index);
        }
        if self.open {
            let lost = Response::new(ResponseType::InternalServerError);
            let accept = self.request.accept().map(u32::from);
            let reply = Reply::Error(&lost, &Problem::titled("no answer"), accept);
            self.endpoint.answer(self.now, self.origin, self.asked, reply);
        }
    }
}

//! Requests that are passed on to somebody else, RFC 7252 §5.7, and what comes back.

use super::reply::Reply;
use super::serve::{asked, unbound};
use super::{Endpoint, Event, Gone, Ticket};
use crate::base::Instant;
use crate::exchange::{Passed, Request};
use crate::reliability::Origin;
use crate::wire::{Message, number};

impl<'s> Endpoint<'s> {
    /// From now on requests that ask for a proxy are handed out instead of being refused (5.05); [`Incoming::is_for_proxy`](super::Incoming::is_for_proxy)
    /// tells them from others.
    pub const fn pass_on(&mut self) {
        self.passes_on = true;
    }

    /// Whether a request that cannot be served here is one to be passed on.
    pub(super) fn is_passed_on(&self, message: &Message<'_>) -> bool {
        let asks = |number| message.values(number).next().is_some();
        self.passes_on && (asks(number::PROXY_URI) || asks(number::PROXY_SCHEME))
    }

    /// Hands out a request that asks for a proxy.
    #[inline(never)]
    pub(super) fn serve_proxied<'e>(
        &'e mut self,
        now: Instant,
        origin: Origin,
        message: Message<'e>,
    ) -> Option<Event<'e, 's>> {
        let request = match Request::check_for_proxy(message) {
            Ok(request) => request,
            Err(rejection) => {
                self.refuse(now, origin, &message, rejection, unbound(&message));
                return None;
            }
        };
        match self.serve_checked(now, origin, request, asked(&request))? {
            Event::Request(mut incoming) => {
                incoming.for_proxy = true;
                Some(Event::Request(incoming))
            }
            other => Some(other),
        }
    }

    /// Answers a request that was put off with what came from somebody else.
    ///
    /// # Errors
    /// When it was answered already.
    pub fn pass_back(&mut self, now: Instant, ticket: Ticket, passed: &Passed<'_>) -> Result<(), Gone> {
        self.respond_by(now, ticket, Reply::Passed(passed))
    }
}

//! What stands for security where the feature `oscore` is off: nothing is protected, and a protected message is refused
//! for its critical option (RFC 7252 §5.4.1).

use super::bound::Bound;
use super::record::Asked;
use super::reply::Reply;
use super::serve::unbound;
use super::{Endpoint, Event, Failure, RequestId};
use crate::base::{Index, Instant};
use crate::exchange::{Head, Rejection};
use crate::reliability::{BackOff, Origin};
use crate::wire::{Message, MessageType};

/// A notification on its way.
#[derive(Clone, Copy)]
#[expect(dead_code, reason = "read where messages are protected")]
pub(super) struct Told {
    pub(super) origin: Origin,
    pub(super) index: Index,
    pub(super) goes_on: bool,
    pub(super) confirmable: bool,
    pub(super) back_off: Option<BackOff>,
}

/// A protected message is one with an unknown critical option.
pub(super) const fn is_protected(_: &Message<'_>) -> bool {
    false
}

impl<'s> Endpoint<'s> {
    pub(super) fn opened_response<'e>(
        &mut self,
        _: Index,
        message: Message<'e>,
        _: &'e mut [u8],
    ) -> Result<Message<'e>, Option<(RequestId, Failure)>> {
        Ok(message)
    }

    pub(super) fn serve_protected<'e>(
        &'e mut self,
        now: Instant,
        origin: Origin,
        message: Message<'e>,
        rejection: Rejection,
        _: &'e mut [u8],
    ) -> Option<Event<'e, 's>> {
        self.refuse(now, origin, &message, rejection, unbound(&message));
        None
    }

    pub(super) fn answer_protected(
        &mut self,
        _: Origin,
        _: Asked<'_>,
        bound: Bound,
        _: Reply<'_>,
        _: Head<'_>,
    ) {
        match bound {}
    }

    pub(super) fn respond_protected(
        &mut self,
        _: Instant,
        _: Origin,
        _: Origin,
        _: Asked<'_>,
        bound: Bound,
        _: Reply<'_>,
    ) {
        match bound {}
    }

    pub(super) fn notify_protected<'t>(
        &mut self,
        _: Instant,
        _: Told,
        bound: Bound,
        _: Reply<'_>,
        _: &dyn Fn(MessageType) -> Head<'t>,
    ) {
        match bound {}
    }

    pub(super) const fn demands_protection(&self) -> bool {
        false
    }

    pub(super) const fn refuse_unprotected(&self, _: Instant, _: Origin, _: &Message<'_>) {}

    pub(super) const fn observer_bound(&self, _: Index) -> Option<Bound> {
        None
    }

    pub(super) const fn bind_observer(&self, _: Index, _: Option<Bound>) -> bool {
        true
    }
}

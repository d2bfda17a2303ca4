//! What stands for security contexts where the feature `oscore` is off: there are none, and everybody is served.

use core::marker::PhantomData;

use twite::base::Instant;
use twite::endpoint::{Endpoint, Event};
use twite::reliability::Peer;

use crate::Storage;

/// Memory for security contexts: there is none.
#[derive(Debug)]
pub struct LentContexts<'s>(PhantomData<&'s mut [u8]>);

/// No contexts.
#[derive(Debug)]
pub(crate) struct Contexts<'s>(PhantomData<&'s mut [u8]>);

impl<'s> Contexts<'s> {
    pub(crate) fn begin<S: Storage>(
        _: &mut Endpoint<'s>,
        _: &mut S,
        _: Option<LentContexts<'s>>,
        _: impl FnMut(&str),
    ) -> Self {
        Self(PhantomData)
    }

    pub(crate) fn handle<'e>(
        &mut self,
        endpoint: &'e mut Endpoint<'s>,
        now: Instant,
        peer: Peer,
        datagram: &'e [u8],
    ) -> Option<Event<'e, 's>> {
        endpoint.handle_input(now, peer, datagram)
    }

    pub(crate) const fn demands_protection(&self, _: &Endpoint<'_>) -> bool {
        false
    }

    pub(crate) const fn reserve<S: Storage>(&mut self, _: Instant, _: &mut Endpoint<'_>, _: &mut S) -> bool {
        false
    }
}

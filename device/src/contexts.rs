//! The device's security contexts (RFC 8613): out of its storage into its endpoint, and their sequence numbers back.

use twite::base::{Duration, Instant};
use twite::endpoint::{ContextId, Endpoint, Event, SecurityStorage};
use twite::reliability::Peer;

use crate::Storage;
use crate::storage::{CONTEXTS, ContextPlace};

/// How long a storage is left alone that failed.
const AGAIN: Duration = Duration::from_secs(1);

/// Memory for security contexts.
#[derive(Debug)]
pub struct LentContexts<'s> {
    /// The contexts, and what is observed under them.
    pub security: SecurityStorage<'s>,
    /// Where a message is opened: twice as long as the longest message.
    pub room: &'s mut [u8],
}

/// The contexts of a device, if it has any.
#[derive(Debug)]
pub(crate) struct Contexts<'s> {
    /// Where a protected message is opened.
    room: &'s mut [u8],
    /// The context of each place.
    ids: [Option<ContextId>; CONTEXTS],
    /// When numbers are stored that could not be.
    again: Option<Instant>,
}

impl<'s> Contexts<'s> {
    /// Takes the contexts out of the storage. If there is one, also one that may not be used, or the storage does not
    /// answer, nothing is served that is not protected; `note` hears of what is wrong.
    pub(crate) fn begin<S: Storage>(
        endpoint: &mut Endpoint<'s>,
        storage: &mut S,
        memory: Option<LentContexts<'s>>,
        mut note: impl FnMut(&str),
    ) -> Self {
        let mut room: &mut [u8] = &mut [];
        if let Some(lent) = memory {
            endpoint.secure(lent.security);
            room = lent.room;
        }
        let mut ids = [None; CONTEXTS];
        for (id, place) in ids.iter_mut().zip(ContextPlace::ALL) {
            let context = match place.load(storage) {
                Ok(None) => continue,
                loaded => loaded.ok().flatten(),
            };
            endpoint.demand_protection();
            *id = context.and_then(|context| endpoint.add_context(context).ok());
            if id.is_none() {
                note("context not usable");
            }
        }
        Self { room, ids, again: None }
    }

    /// Takes a datagram.
    pub(crate) fn handle<'e>(
        &'e mut self,
        endpoint: &'e mut Endpoint<'s>,
        now: Instant,
        peer: Peer,
        datagram: &'e [u8],
    ) -> Option<Event<'e, 's>> {
        endpoint.handle_protected(now, peer, datagram, self.room)
    }

    /// Whether only protected requests are served.
    pub(crate) const fn demands_protection(&self, endpoint: &Endpoint<'_>) -> bool {
        endpoint.demands_protection()
    }

    /// Stores the limits that are due; whether the storage has just begun to fail.
    pub(crate) fn reserve<S: Storage>(
        &mut self,
        now: Instant,
        endpoint: &mut Endpoint<'s>,
        storage: &mut S,
    ) -> bool {
        if self.again.is_some_and(|again| now < again) {
            return false;
        }
        while let Some((id, limit)) = endpoint.reservation_due() {
            let mut places = self.ids.iter().zip(ContextPlace::ALL);
            let place = places.find_map(|(known, place)| (*known == Some(id)).then_some(place));
            if place.is_none_or(|place| place.reserve(storage, limit).is_err()) {
                return self.again.replace(now + AGAIN).is_none();
            }
            endpoint.reserved(id, limit);
        }
        self.again = None;
        false
    }
}

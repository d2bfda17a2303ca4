//! A request to the tree that waits for its answer, over whichever protocol it came.

use std::net::SocketAddr;

use twite::base::Instant;
use twite::endpoint::{Incoming, Ticket};
use twite::exchange::{Answerable, Misfit, Request};

use super::uploads::{Taken, Uploads};
use crate::logging::escaped;

/// What a site needs of whoever asks, beyond the request itself.
pub(super) trait Asked: Answerable {
    /// Stands for the request until the store has decided.
    type Ticket;

    /// Where the request came from, if links can be relative to that: over CoAP.
    fn source(&self) -> Option<SocketAddr>;

    /// Lets the client observe what it asks for, if it wants to: the number of the resource.
    #[must_use]
    fn observable(self, resource: u64) -> Self;

    /// Puts the answer off; if there are too many already, the request is answered and there is no ticket.
    fn defer(self) -> Option<Self::Ticket>;

    /// Answers a body that does not fit; `capacity` is the longest one, in bytes.
    fn misfit(self, misfit: Misfit, capacity: usize);

    /// Where the bodies of its protocol's requests arrive in blocks: what came of the one at hand.
    fn take_block(&self, now: Instant, uploads: &mut Uploads, request: &Request<'_>) -> Option<Taken>;
}

impl Asked for Incoming<'_, '_> {
    type Ticket = Ticket;

    fn source(&self) -> Option<SocketAddr> {
        Some(self.peer().remote)
    }

    fn observable(self, resource: u64) -> Self {
        self.observable(resource)
    }

    fn defer(self) -> Option<Ticket> {
        self.defer().ok()
    }

    fn misfit(self, misfit: Misfit, capacity: usize) {
        self.misfit(misfit, capacity);
    }

    fn take_block(&self, now: Instant, uploads: &mut Uploads, request: &Request<'_>) -> Option<Taken> {
        request.block1().map(|block| uploads.take(now, (self.peer(), self.scope()), block, request))
    }
}

/// Who asks for what, for whoever wants to know; bytes of strangers stay on one line.
pub(super) fn log(incoming: &Incoming<'_, '_>) {
    if tracing::enabled!(tracing::Level::DEBUG) {
        let request = incoming.request();
        let path: Vec<String> = request.path().map(|segment| escaped(segment).to_string()).collect();
        let (peer, method) = (incoming.peer().remote, request.code());
        tracing::debug!(%peer, %method, path = path.join("/"), bytes = request.payload().len(), "request");
    }
}

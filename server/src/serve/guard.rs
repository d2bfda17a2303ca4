//! A handler that panics costs its request and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};

use twite::reliability::Peer;

/// Runs a handler; `None` if it panicked. The request that it dropped is answered 5.00 by that.
pub(super) fn guarded<T>(peer: Peer, handler: impl FnOnce() -> T) -> Option<T> {
    // What the handler left behind is of its request alone: the tree changes by whole entries.
    let outcome = catch_unwind(AssertUnwindSafe(handler));
    if outcome.is_err() {
        tracing::error!(peer = %peer.remote, "a handler panicked; its request is answered 5.00");
    }
    outcome.ok()
}

#[cfg(test)]
mod tests;

//! A handler that panics costs its request and nothing else.

use std::cell::Cell;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a handler of one request after the other, `asks` being who asks; `None` if one of them panicked. The request that
/// it dropped is answered 5.00 by that.
pub(super) fn guarded<T>(asks: &Cell<Option<SocketAddr>>, handler: impl FnOnce() -> T) -> Option<T> {
    // What the handler left behind is of its request alone: the tree changes by whole entries, and nothing in the
    // endpoint can panic.
    let outcome = catch_unwind(AssertUnwindSafe(handler));
    if outcome.is_err() {
        let peer = asks.get().map(tracing::field::display);
        tracing::error!(peer, "a handler panicked; its request is answered 5.00");
    }
    outcome.ok()
}

#[cfg(test)]
mod tests;

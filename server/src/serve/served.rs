//! What a site has in common with those of other threads, and what it says of a request.

use std::hash::RandomState;
use std::sync::Arc;

use twite::endpoint::Ticket;
use twite::exchange::Echo;

use super::plugtest::Later;
use super::retries::Attempt;
use crate::store::{AnyStore, Key, Write};

/// What the sites of all threads have in common, so that a client sees no difference.
#[derive(Clone, Debug)]
pub(super) struct Common {
    /// Numbers paths; nobody outside sees such a number.
    pub numbers: foldhash::fast::RandomState,
    /// Numbers answers that clients see the numbers of.
    pub tags: RandomState,
    /// Knows fresh changes, if only those are wanted.
    pub echo: Option<Echo>,
    /// Decides writes, at once where it can.
    pub store: Arc<AnyStore>,
}

/// What became of a request.
#[derive(Debug)]
pub(super) enum Served<T = Ticket> {
    /// It is answered.
    Answered,
    /// It is answered, and its client may observe this resource under this number.
    Observed(u64, Subject),
    /// It is answered at a certain time.
    Later(Later),
    /// It waits for the store.
    Deferred(Submission<T>),
}

/// What a client observes.
#[derive(Debug)]
pub(super) enum Subject {
    /// A resource of the tree.
    Stored(Key),
    /// One of those of the plugtests, by its path.
    Plugtest(&'static str),
}

impl Subject {
    /// Where it is.
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Stored(key) => key.as_str(),
            Self::Plugtest(path) => path,
        }
    }
}

/// A write on its way to the store, and the ticket that waits for it.
#[derive(Debug)]
pub(super) struct Submission<T = Ticket> {
    /// To be answered when the store has decided.
    pub ticket: T,
    /// The only format the client wants.
    pub accept: Option<u16>,
    /// What the store is asked; `None` for a patch that has to wait for its turn.
    pub write: Option<Write>,
    /// The patch whose result that is.
    pub attempt: Option<Attempt>,
}

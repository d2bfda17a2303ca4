//! What a site has in common with those of other threads, and what it says of a request.

use std::hash::RandomState;
use std::net::SocketAddr;
use std::sync::Arc;

use twite::endpoint::Ticket;
use twite::exchange::Echo;

use super::directory::Directory;
use super::engines::Engines;
use super::plugtest::Later;
use super::retries::Attempt;
use super::statistics::Asking;
use crate::model::Models;
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
    /// Which resources there are.
    pub models: Models,
    /// Decides writes, at once where it can.
    pub store: Arc<AnyStore>,
    /// The resource directory, if there is one.
    pub directory: Option<Directory>,
    /// Say how they are doing.
    pub engines: Engines,
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
    /// It waits for what the engines say.
    Asking(Asking<T>),
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
    /// What the client is told when it is done.
    pub told: Told,
    /// Whose links are fetched before.
    pub registrant: Option<SocketAddr>,
}

/// What the client is told of a write that was done, beside its code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Told {
    /// The state.
    #[default]
    Nothing,
    /// The name of what was created.
    Child,
    /// Where the registration is, new or not (RFC 9176 §5).
    Registered,
    /// That a registration was updated (§5.3.1).
    Updated,
    /// That an endpoint was registered whose links were fetched (§5.1).
    Fetched,
}

impl<T> Submission<T> {
    /// Of a request that asks nothing of the store yet.
    pub(super) fn new(ticket: T, accept: Option<u16>) -> Self {
        Self { ticket, accept, write: None, attempt: None, told: Told::Nothing, registrant: None }
    }
}

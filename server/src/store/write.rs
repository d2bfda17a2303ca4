//! Writes: what is asked of a store, and where the result goes.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::entry::{Change, Entry};
use super::error::Error;
use super::key::Key;
use super::revision::Revision;

/// One write: a condition and what to do if it holds. All of it happens, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The target: what the condition is about.
    pub key: Key,
    /// The condition.
    pub expect: Expect,
    /// What to do.
    pub operation: Operation,
}

/// The condition of a request on its target (RFC 7252 §5.10.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expect {
    /// None.
    #[default]
    Any,
    /// Nothing is there: If-None-Match.
    Absent,
    /// Something is there: an empty If-Match.
    Exists,
    /// One of these is there: If-Match with entity-tags.
    OneOf(Revisions),
}

impl Expect {
    /// Whether the condition holds for what is at the target now.
    #[must_use]
    pub fn holds(&self, current: Option<Revision>) -> bool {
        match (self, current) {
            (Self::Any, _) | (Self::Absent, None) | (Self::Exists, Some(_)) => true,
            (Self::OneOf(revisions), Some(current)) => revisions.contains(current),
            _ => false,
        }
    }
}

/// A few revisions: those a request names in If-Match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revisions([Revision; Revisions::CAPACITY]);

impl Revisions {
    /// How many there may be.
    pub const CAPACITY: usize = 8;

    /// Adds one and says whether there was room. An entity-tag that is no revision matches nothing: leave it out.
    #[must_use]
    pub fn insert(&mut self, revision: Revision) -> bool {
        match self.0.iter_mut().find(|held| **held == Revision::ZERO) {
            Some(free) => {
                *free = revision;
                true
            }
            None => false,
        }
    }

    /// Whether the revision is one of them.
    #[must_use]
    pub fn contains(&self, revision: Revision) -> bool {
        revision != Revision::ZERO && self.0.contains(&revision)
    }
}

impl From<Revision> for Revisions {
    fn from(revision: Revision) -> Self {
        let mut revisions = [Revision::ZERO; Self::CAPACITY];
        revisions[0] = revision;
        Self(revisions)
    }
}

/// What a write does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Creates or replaces the target.
    Put {
        /// The Content-Format of the body, if one was given.
        content_format: Option<u16>,
        /// The representation.
        body: Arc<[u8]>,
    },
    /// Creates an entry below the target, under a name the store chooses: the POST of a collection.
    ///
    /// The name is the new entry's revision in base 36, so the store gives it once only; a name a client has
    /// taken itself is passed over. The target need not be an entry.
    Create {
        /// The Content-Format of the body, if one was given.
        content_format: Option<u16>,
        /// The representation.
        body: Arc<[u8]>,
    },
    /// Removes the target.
    Delete,
}

impl Operation {
    /// How many bytes of representation the write carries.
    #[must_use]
    pub fn body_length(&self) -> usize {
        match self {
            Self::Put { body, .. } | Self::Create { body, .. } => body.len(),
            Self::Delete => 0,
        }
    }
}

/// A write that was done, as durably as [`Capabilities`](super::Capabilities) say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// What it changed: never [`Change::Resync`].
    pub change: Change,
    /// Whether the entry was not there before.
    pub created: bool,
}

impl Committed {
    /// The entry as written; `None` after a delete.
    #[must_use]
    pub fn entry(&self) -> Option<&Entry> {
        self.change.entry()
    }
}

/// The result of a write.
pub type Outcome = Result<Committed, Error>;

/// Where the result of one write goes. A store completes each accepted write once and never waits to do so.
#[derive(Debug)]
pub enum Completion {
    /// To the one who waits for it.
    Once(oneshot::Sender<Outcome>),
    /// To the queue of one who has many writes on the way.
    ///
    /// The queue must have room for all its tickets at once: a result that finds it full is lost, and counted in
    /// [`Counters::completions_lost`](super::Counters::completions_lost).
    Ticket {
        /// Comes back with the result.
        ticket: u64,
        /// The queue.
        sender: mpsc::Sender<Completed>,
    },
}

/// The result of the write with this ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// The ticket of [`Completion::Ticket`].
    pub ticket: u64,
    /// The result.
    pub result: Outcome,
}

impl Completion {
    /// Sends the result and says whether there was room. Who went away does not want it: that is no loss.
    #[must_use]
    pub fn complete(self, result: Outcome) -> bool {
        match self {
            Self::Once(sender) => {
                let _receiver_gone = sender.send(result);
                true
            }
            Self::Ticket { ticket, sender } => {
                let sent = sender.try_send(Completed { ticket, result });
                !matches!(sent, Err(mpsc::error::TrySendError::Full(_)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_bounded_and_all_count() {
        let mut revisions = Revisions::from(Revision(1));
        for value in 2..=8 {
            assert!(revisions.insert(Revision(value)));
        }
        assert!(!revisions.insert(Revision(9)));
        assert!((1..=8).all(|value| revisions.contains(Revision(value))));
        assert!(!revisions.contains(Revision(9)) && !revisions.contains(Revision::ZERO));
        assert!(!Revisions::default().contains(Revision::ZERO));
    }

    #[test]
    fn conditions_are_those_of_the_options() {
        let one = Expect::OneOf(Revisions::from(Revision(1)));
        for (expect, absent, first, second) in [
            (Expect::Any, true, true, true),
            (Expect::Absent, true, false, false),
            (Expect::Exists, false, true, true),
            (one, false, true, false),
            (Expect::OneOf(Revisions::default()), false, false, false),
        ] {
            let held = [None, Some(Revision(1)), Some(Revision(2))].map(|current| expect.holds(current));
            assert_eq!(held, [absent, first, second], "{expect:?}");
        }
    }
}

//! What a store holds, and how it changes.

use std::sync::Arc;

use super::key::Key;
use super::revision::Revision;

/// One representation at a path. Cloning is cheap: the body is shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub key: Key,
    /// The change that made it.
    pub revision: Revision,
    /// The Content-Format it was written with (RFC 7252 §5.10.3); `None` if none was given.
    pub content_format: Option<u16>,
    /// When the store accepted it, in milliseconds since 1970; `None` if it did so before it kept such times.
    pub accepted: Option<u64>,
    /// The representation.
    pub body: Arc<[u8]>,
}

impl Entry {
    /// What the entry counts towards [`Limits::total_bytes`](super::Limits::total_bytes): path and body.
    #[must_use]
    pub fn size(&self) -> usize {
        self.key.as_str().len() + self.body.len()
    }

    /// Becomes a newer state of the same resource; the key stays what it is.
    pub(crate) fn renew(&mut self, newer: &Self) {
        let Self { key: _, revision, content_format, accepted, body } = newer;
        (self.revision, self.content_format, self.accepted) = (*revision, *content_format, *accepted);
        self.body = Arc::clone(body);
    }
}

/// One thing that happened to a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// An entry was created or replaced.
    Put(Entry),
    /// An entry was removed.
    Deleted {
        /// Where it was.
        key: Key,
        /// The change that removed it: a new revision, greater than the removed entry's.
        revision: Revision,
    },
    /// The watcher fell behind, and changes up to this revision are no longer at hand: list again.
    Resync(Revision),
}

impl Change {
    /// When it happened.
    #[must_use]
    pub fn revision(&self) -> Revision {
        match self {
            Self::Put(entry) => entry.revision,
            Self::Deleted { revision, .. } | Self::Resync(revision) => *revision,
        }
    }

    /// Where it happened; `None` for [`Resync`](Self::Resync).
    #[must_use]
    pub fn key(&self) -> Option<&Key> {
        match self {
            Self::Put(entry) => Some(&entry.key),
            Self::Deleted { key, .. } => Some(key),
            Self::Resync(_) => None,
        }
    }

    /// What is at the key after it.
    #[must_use]
    pub fn entry(&self) -> Option<&Entry> {
        match self {
            Self::Put(entry) => Some(entry),
            Self::Deleted { .. } | Self::Resync(_) => None,
        }
    }
}

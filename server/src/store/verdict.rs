//! What becomes of one write, by its condition, the limits and what is there.

use std::sync::Arc;

use super::entry::{Change, Entry};
use super::error::Error;
use super::key::Key;
use super::revision::Revision;
use super::settings::Limits;
use super::write::{Committed, Operation, Outcome, Write};

/// Decides writes one after the other, as if each that was let through were done.
#[derive(Debug)]
pub(super) struct Verdicts {
    limits: Limits,
    entries: usize,
    bytes: usize,
    revision: Revision,
    /// The time of the writes, in milliseconds since 1970.
    now: u64,
}

impl Verdicts {
    /// Over so many entries of so many bytes; the first change gets the revision after `revision`.
    pub(super) const fn new(
        limits: Limits,
        (entries, bytes): (usize, usize),
        revision: Revision,
        now: u64,
    ) -> Self {
        Self { limits, entries, bytes, revision, now }
    }

    /// The revision of the last change.
    pub(super) const fn revision(&self) -> Revision {
        self.revision
    }

    /// What becomes of a write to what is `current`; `is_taken` says whether there is an entry at a key.
    #[inline]
    pub(super) fn decide(
        &mut self,
        write: &Write,
        current: Option<&Entry>,
        is_taken: impl Fn(&Key) -> bool,
    ) -> Outcome {
        let revision = current.map(|entry| entry.revision);
        if !write.expect.holds(revision) {
            return Err(Error::Conflict { current: revision });
        }
        let size = current.map(Entry::size);
        match &write.operation {
            Operation::Put { content_format, body } => {
                self.put(write.key.clone(), size, *content_format, body)
            }
            Operation::Create { content_format, body } => {
                let key = self.free_name(&write.key, is_taken)?;
                self.put(key, None, *content_format, body)
            }
            Operation::Delete => self.delete(&write.key, size),
        }
    }

    #[inline]
    fn put(
        &mut self,
        key: Key,
        before: Option<usize>,
        content_format: Option<u16>,
        body: &Arc<[u8]>,
    ) -> Outcome {
        if body.len() > self.limits.body_bytes {
            return Err(Error::TooLarge);
        }
        let after = key.as_str().len().saturating_add(body.len());
        let entries = self.entries + usize::from(before.is_none());
        let bytes = self.bytes.saturating_sub(before.unwrap_or(0)).saturating_add(after);
        let too_many = entries > self.limits.entries && entries > self.entries;
        let too_much = bytes > self.limits.total_bytes && bytes > self.bytes;
        if too_many || too_much {
            return Err(Error::Full);
        }
        let revision = self.next_revision()?;
        (self.entries, self.bytes) = (entries, bytes);
        let (accepted, body) = (Some(self.now), Arc::clone(body));
        let entry = Entry { key, revision, content_format, accepted, body };
        Ok(Committed { change: Change::Put(entry), created: before.is_none() })
    }

    fn delete(&mut self, key: &Key, before: Option<usize>) -> Outcome {
        let size = before.ok_or(Error::NotFound)?;
        let revision = self.next_revision()?;
        self.entries -= 1;
        self.bytes -= size;
        Ok(Committed { change: Change::Deleted { key: key.clone(), revision }, created: false })
    }

    /// A name below the collection for the next revision. A revision whose name a client has taken is skipped.
    fn free_name(&mut self, collection: &Key, is_taken: impl Fn(&Key) -> bool) -> Result<Key, Error> {
        loop {
            let next = self.revision.next().ok_or(Error::Unavailable)?;
            let key = collection.child(&next.name()).map_err(|_too_long| Error::TooLarge)?;
            if !is_taken(&key) {
                return Ok(key);
            }
            self.revision = next;
        }
    }

    fn next_revision(&mut self) -> Result<Revision, Error> {
        self.revision = self.revision.next().ok_or(Error::Unavailable)?;
        Ok(self.revision)
    }
}

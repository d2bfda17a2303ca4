//! A batch of writes before its commit: conditions and limits are checked against the state with the batch on top.

use foldhash::HashMap;
use std::sync::Arc;

use super::entry::{Change, Entry};
use super::error::Error;
use super::key::Key;
use super::revision::Revision;
use super::settings::Limits;
use super::state::State;
use super::write::{Committed, Operation, Outcome, Write};

/// What a batch would change. Dropping it changes nothing.
pub(super) struct Stage<'s> {
    state: &'s State,
    limits: Limits,
    changes: Vec<Change>,
    /// Which of the changes is the last of its key.
    latest: HashMap<Key, usize>,
    entries: usize,
    bytes: usize,
    revision: Revision,
    /// The time of the batch, in milliseconds since 1970.
    now: u64,
}

impl<'s> Stage<'s> {
    /// An empty batch on top of the state; its first change gets the revision after `revision`.
    pub(super) fn new(state: &'s State, limits: Limits, revision: Revision, now: u64) -> Self {
        Self {
            state,
            limits,
            changes: Vec::new(),
            latest: HashMap::default(),
            entries: state.entries(),
            bytes: state.bytes(),
            revision,
            now,
        }
    }

    /// Adds a write if its condition and the limits allow it.
    pub(super) fn add(&mut self, write: &Write) -> Outcome {
        let committed = self.decide(write)?;
        if let Some(key) = committed.change.key() {
            self.latest.insert(key.clone(), self.changes.len());
        }
        self.changes.push(committed.change.clone());
        Ok(committed)
    }

    /// What becomes of a write that is alone in its batch.
    pub(super) fn only(mut self, write: &Write) -> Outcome {
        self.decide(write)
    }

    fn decide(&mut self, write: &Write) -> Outcome {
        let current = self.entry(&write.key).map(|entry| (entry.revision, entry.size()));
        let revision = current.map(|(revision, _)| revision);
        if !write.expect.holds(revision) {
            return Err(Error::Conflict { current: revision });
        }
        let size = current.map(|(_, size)| size);
        match &write.operation {
            Operation::Put { content_format, body } => {
                self.put(write.key.clone(), size, *content_format, body)
            }
            Operation::Create { content_format, body } => {
                let key = self.free_name(&write.key)?;
                self.put(key, None, *content_format, body)
            }
            Operation::Delete => self.delete(&write.key, size),
        }
    }

    /// The changes of the batch and its last revision.
    pub(super) fn finish(self) -> (Vec<Change>, Revision) {
        (self.changes, self.revision)
    }

    fn entry(&self, key: &Key) -> Option<&Entry> {
        match self.latest.get(key) {
            Some(&position) => self.changes.get(position).and_then(Change::entry),
            None => self.state.entry(key),
        }
    }

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
    fn free_name(&mut self, collection: &Key) -> Result<Key, Error> {
        loop {
            let next = self.revision.next().ok_or(Error::Unavailable)?;
            let key = collection.child(&next.name()).map_err(|_too_long| Error::TooLarge)?;
            if self.entry(&key).is_none() {
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

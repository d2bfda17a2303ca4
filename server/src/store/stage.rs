//! A batch of writes before its commit: conditions and limits are checked against the state with the batch on top.

use foldhash::HashMap;

use super::entry::Change;
use super::key::Key;
use super::revision::Revision;
use super::settings::Limits;
use super::state::State;
use super::verdict::Verdicts;
use super::write::{Outcome, Write};

/// What a batch would change. Dropping it changes nothing.
pub(super) struct Stage<'s> {
    state: &'s State,
    verdicts: Verdicts,
    changes: Vec<Change>,
    /// Which of the changes is the last of its key.
    latest: HashMap<Key, usize>,
}

impl<'s> Stage<'s> {
    /// An empty batch on top of the state; its first change gets the revision after `revision`.
    pub(super) fn new(state: &'s State, limits: Limits, revision: Revision, now: u64) -> Self {
        let verdicts = Verdicts::new(limits, (state.entries(), state.bytes()), revision, now);
        Self { state, verdicts, changes: Vec::new(), latest: HashMap::default() }
    }

    /// Adds a write if its condition and the limits allow it.
    pub(super) fn add(&mut self, write: &Write) -> Outcome {
        let Self { state, verdicts, changes, latest } = self;
        let entry = |key: &Key| match latest.get(key) {
            Some(&position) => changes.get(position).and_then(Change::entry),
            None => state.entry(key),
        };
        let committed = verdicts.decide(write, entry(&write.key), |key| entry(key).is_some())?;
        if let Some(key) = committed.change.key() {
            latest.insert(key.clone(), changes.len());
        }
        changes.push(committed.change.clone());
        Ok(committed)
    }

    /// The changes of the batch and its last revision.
    pub(super) fn finish(self) -> (Vec<Change>, Revision) {
        (self.changes, self.verdicts.revision())
    }
}

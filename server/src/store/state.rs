//! The store in memory: the entries for reads, the last changes for watchers.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use super::engine::Loaded;
use super::entry::{Change, Entry};
use super::key::{Key, Prefix};
use super::page::Page;
use super::revision::Revision;
use super::settings::Limits;
use super::verdict::Verdicts;
use super::write::{Operation, Outcome, Write};

/// All entries and the last changes, as of one revision.
#[derive(Debug)]
pub(super) struct State {
    entries: BTreeMap<Key, Entry>,
    bytes: usize,
    revision: Revision,
    recent: Recent,
}

impl State {
    /// The state an engine kept, with room for so many changes and bytes of changes.
    pub(super) fn new(loaded: Loaded, changes: usize, change_bytes: usize) -> Self {
        let bytes = loaded.entries.iter().map(Entry::size).sum();
        let entries = loaded.entries.into_iter().map(|entry| (entry.key.clone(), entry)).collect();
        let recent = Recent {
            changes: VecDeque::new(),
            bytes: 0,
            floor: loaded.highest,
            limit: changes.max(1),
            byte_limit: change_bytes,
        };
        Self { entries, bytes, revision: loaded.highest, recent }
    }

    pub(super) fn revision(&self) -> Revision {
        self.revision
    }

    pub(super) fn entry(&self, key: &Key) -> Option<&Entry> {
        self.entries.get(key)
    }

    pub(super) fn entries(&self) -> usize {
        self.entries.len()
    }

    /// The bytes of all paths and bodies.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// A page of a part of the tree, in the order of keys.
    pub(super) fn list(&self, prefix: &Prefix, page: &Page) -> Vec<Entry> {
        let limit = page.limit.min(Page::MAX);
        let after = page.after.as_ref().map(Key::as_str);
        let Some(root) = prefix.root() else {
            let start = after.map_or(Bound::Unbounded, Bound::Excluded);
            return self.range(start, Bound::Unbounded).take(limit).cloned().collect();
        };
        // Keys below "a" are those from "a/" to before "a0": '0' follows '/'. Keys such as "a-b" stand between
        // "a" and "a/", so the root is looked up on its own.
        let (first, end) = (format!("{root}/"), format!("{root}0"));
        let itself = self.entries.get(root).filter(|_| after.is_none_or(|after| after < root.as_str()));
        let below = match after {
            Some(after) if after >= end.as_str() => None,
            Some(after) if after >= first.as_str() => Some(Bound::Excluded(after)),
            _ => Some(Bound::Included(first.as_str())),
        };
        let below = below.map(|start| self.range(start, Bound::Excluded(&end)));
        itself.into_iter().chain(below.into_iter().flatten()).take(limit).cloned().collect()
    }

    fn range(&self, start: Bound<&str>, end: Bound<&str>) -> impl Iterator<Item = &Entry> {
        self.entries.range::<str, _>((start, end)).map(|(_, entry)| entry)
    }

    /// Does a write that nothing has to be waited for, at this time in milliseconds since 1970.
    pub(super) fn write(&mut self, write: &Write, limits: Limits, now: u64) -> Outcome {
        let mut verdicts = Verdicts::new(limits, (self.entries.len(), self.bytes), self.revision, now);
        if let Some(known) = self.entries.get_mut(&write.key)
            && matches!(write.operation, Operation::Put { .. })
        {
            // What is there is found once.
            let committed = verdicts.decide(write, Some(known), |_| true)?;
            if let Change::Put(entry) = &committed.change {
                self.bytes = self.bytes - known.size() + entry.size();
                self.revision = entry.revision;
                known.renew(entry);
                self.recent.push(committed.change.clone());
            }
            return Ok(committed);
        }
        let committed =
            verdicts.decide(write, self.entries.get(&write.key), |key| self.entries.contains_key(key))?;
        self.apply([committed.change.clone()]);
        Ok(committed)
    }

    /// Takes over committed changes, in the order of their revisions.
    pub(super) fn apply(&mut self, changes: impl IntoIterator<Item = Change>) {
        for change in changes {
            match &change {
                Change::Put(entry) => {
                    self.bytes += entry.size();
                    match self.entries.get_mut(&entry.key) {
                        Some(known) => {
                            self.bytes -= known.size();
                            known.renew(entry);
                        }
                        None => {
                            self.entries.insert(entry.key.clone(), entry.clone());
                        }
                    }
                }
                Change::Deleted { key, .. } => {
                    self.bytes -= self.entries.remove(key).as_ref().map_or(0, Entry::size);
                }
                Change::Resync(_) => continue,
            }
            self.revision = change.revision();
            self.recent.push(change);
        }
    }

    /// Up to `limit` changes of a part of the tree after a revision, and the revision they lead to. `None` if they
    /// are no longer at hand, or the revision is none of this store.
    pub(super) fn changes_after(
        &self,
        from: Revision,
        prefix: &Prefix,
        limit: usize,
    ) -> Option<(Vec<Change>, Revision)> {
        if from < self.recent.floor || from > self.revision {
            return None;
        }
        let first = self.recent.changes.partition_point(|change| change.revision() <= from);
        let wanted = |change: &&Change| change.key().is_some_and(|key| prefix.contains(key));
        let changes: Vec<_> =
            self.recent.changes.range(first..).filter(wanted).take(limit).cloned().collect();
        let reached = match changes.last() {
            Some(last) if changes.len() == limit => last.revision(),
            _ => self.revision,
        };
        Some((changes, reached))
    }
}

/// The last changes, bounded in number and bytes.
#[derive(Debug)]
struct Recent {
    changes: VecDeque<Change>,
    bytes: usize,
    /// All changes after this revision are here.
    floor: Revision,
    limit: usize,
    byte_limit: usize,
}

impl Recent {
    fn push(&mut self, change: Change) {
        self.bytes += size(&change);
        self.changes.push_back(change);
        while self.changes.len() > self.limit || (self.bytes > self.byte_limit && self.changes.len() > 1) {
            let Some(oldest) = self.changes.pop_front() else { return };
            self.bytes -= size(&oldest);
            self.floor = oldest.revision();
        }
    }
}

fn size(change: &Change) -> usize {
    change.entry().map_or(0, Entry::size)
}

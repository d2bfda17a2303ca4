//! A thread's replica of the store: what GET answers from, without a lock and without SQL.

use std::collections::BTreeSet;
use std::hash::BuildHasher;
use std::ops::Bound;

use foldhash::HashMap;
use foldhash::fast::RandomState;

use crate::store::{Change, Entry, Key, Revision};

/// The present state of every resource.
#[derive(Debug, Default)]
pub(super) struct Tree {
    leaves: HashMap<Key, Leaf>,
    sorted: BTreeSet<Key>,
    /// When what is gone went, so that an older change that comes late does not bring it back.
    deleted: Deleted,
    /// Numbers the resources.
    numbers: RandomState,
}

/// A resource, and what it is called among [`Changes`](super::changes::Changes).
#[derive(Debug)]
struct Leaf {
    entry: Entry,
    number: u64,
}

/// The latest deletions; older ones cannot be overtaken any more.
#[derive(Debug, Default)]
struct Deleted {
    order: std::collections::VecDeque<(Key, Revision)>,
}

/// More changes than can be on their way to one thread.
const DELETIONS: usize = 8_192;

impl Tree {
    /// An empty one whose resources are numbered by this.
    pub(super) fn new(numbers: RandomState) -> Self {
        Self { numbers, ..Self::default() }
    }

    /// The resource at `path`.
    pub(super) fn get(&self, path: &str) -> Option<&Entry> {
        self.leaves.get(path).map(|leaf| &leaf.entry)
    }

    /// The number of the resource at `path`, whether there is one or not.
    pub(super) fn number(&self, path: &str) -> u64 {
        self.numbers.hash_one(path)
    }

    /// All resources in the order of their paths.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.sorted.iter().filter_map(|key| self.get(key.as_str()))
    }

    /// All resources below `path`, in the order of their paths; below the empty path lies everything.
    pub(super) fn below<'t>(&'t self, path: &str) -> impl Iterator<Item = &'t Entry> + use<'t> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let first = (Bound::Included(prefix.as_str()), Bound::Unbounded);
        let keys =
            self.sorted.range::<str, _>(first).take_while(move |key| key.as_str().starts_with(&prefix));
        keys.filter_map(|key| self.get(key.as_str()))
    }

    /// Takes over what the store holds, all of it.
    pub(super) fn replace(&mut self, entries: Vec<Entry>) {
        *self = Self::new(self.numbers.clone());
        for entry in entries {
            self.put(entry);
        }
    }

    /// Takes over one change, unless a newer one of the same resource came before; the number of the resource if it did.
    pub(super) fn apply(&mut self, change: &Change) -> Option<u64> {
        let key = change.key()?;
        let known = self.leaves.get_mut(key);
        let is_late = match &known {
            // What is there is newer than every deletion of it.
            Some(known) => known.entry.revision >= change.revision(),
            None => self.deleted.since(key, change.revision()),
        };
        if is_late {
            return None;
        }
        let number = known.as_ref().map(|known| known.number);
        match (change, known) {
            (Change::Put(entry), Some(known)) => known.entry.renew(entry),
            (Change::Put(entry), None) => self.put(entry.clone()),
            (Change::Deleted { key, revision }, _) => {
                self.leaves.remove(key);
                self.sorted.remove(key);
                self.deleted.note(key.clone(), *revision);
            }
            (Change::Resync(_), _) => {}
        }
        Some(number.unwrap_or_else(|| self.number(key.as_str())))
    }

    fn put(&mut self, entry: Entry) {
        let number = self.number(entry.key.as_str());
        self.sorted.insert(entry.key.clone());
        self.leaves.insert(entry.key.clone(), Leaf { entry, number });
    }
}

impl Deleted {
    fn note(&mut self, key: Key, revision: Revision) {
        if self.order.len() == DELETIONS {
            self.order.pop_front();
        }
        self.order.push_back((key, revision));
    }

    /// Whether `key` was deleted at or after `revision`.
    fn since(&self, key: &Key, revision: Revision) -> bool {
        let newer = self.order.iter().rev().take_while(|(_, deleted)| *deleted >= revision);
        newer.into_iter().any(|(gone, _)| gone == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(path: &str) -> Key {
        Key::new(path).expect("a path")
    }

    fn put(path: &str, revision: u64) -> Change {
        let (key, revision) = (key(path), Revision(revision));
        Change::Put(Entry { key, revision, content_format: None, accepted: None, body: [0].into() })
    }

    fn deleted(path: &str, revision: u64) -> Change {
        Change::Deleted { key: key(path), revision: Revision(revision) }
    }

    #[test]
    fn the_newest_change_wins_in_any_order() {
        let changes = [put("a", 1), deleted("a", 2), put("a", 4), put("b", 3), deleted("b", 5)];
        for first in 0..changes.len() {
            for second in 0..changes.len() {
                let mut tree = Tree::default();
                tree.apply(&changes[first]);
                tree.apply(&changes[second]);
                for change in changes.iter().rev() {
                    tree.apply(change);
                }
                assert_eq!(tree.get("a").map(|entry| entry.revision), Some(Revision(4)), "{first} {second}");
                assert!(tree.get("b").is_none(), "{first} {second}");
                assert_eq!(tree.iter().count(), 1);
            }
        }
    }
}

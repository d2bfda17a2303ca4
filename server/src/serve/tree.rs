//! A thread's replica of the store: what GET answers from, without a lock and without SQL.

use std::collections::BTreeSet;
use std::ops::Bound;

use foldhash::HashMap;

use crate::store::{Change, Entry, Key, Revision};

/// The present state of every resource.
#[derive(Debug, Default)]
pub(super) struct Tree {
    entries: HashMap<Key, Entry>,
    sorted: BTreeSet<Key>,
    /// When what is gone went, so that an older change that comes late does not bring it back.
    deleted: Deleted,
}

/// The latest deletions; older ones cannot be overtaken any more.
#[derive(Debug, Default)]
struct Deleted {
    order: std::collections::VecDeque<(Key, Revision)>,
}

/// More changes than can be on their way to one thread.
const DELETIONS: usize = 8_192;

impl Tree {
    /// The resource at `path`.
    pub(super) fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// All resources in the order of their paths.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.sorted.iter().filter_map(|key| self.entries.get(key))
    }

    /// All resources below `path`, in the order of their paths; below the empty path lies everything.
    pub(super) fn below<'t>(&'t self, path: &str) -> impl Iterator<Item = &'t Entry> + use<'t> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let first = (Bound::Included(prefix.as_str()), Bound::Unbounded);
        let keys =
            self.sorted.range::<str, _>(first).take_while(move |key| key.as_str().starts_with(&prefix));
        keys.filter_map(|key| self.entries.get(key))
    }

    /// Takes over what the store holds, all of it.
    pub(super) fn replace(&mut self, entries: Vec<Entry>) {
        *self = Self::default();
        for entry in entries {
            self.put(entry);
        }
    }

    /// Takes over one change, unless a newer one of the same resource came before; whether it did.
    pub(super) fn apply(&mut self, change: &Change) -> bool {
        let Some(key) = change.key() else { return false };
        let known = self.entries.get_mut(key);
        if known.as_ref().is_some_and(|known| known.revision >= change.revision())
            || self.deleted.since(key, change.revision())
        {
            return false;
        }
        match (change, known) {
            (Change::Put(entry), Some(known)) => *known = entry.clone(),
            (Change::Put(entry), None) => self.put(entry.clone()),
            (Change::Deleted { key, revision }, _) => {
                self.entries.remove(key);
                self.sorted.remove(key);
                self.deleted.note(key.clone(), *revision);
            }
            (Change::Resync(_), _) => {}
        }
        true
    }

    fn put(&mut self, entry: Entry) {
        self.sorted.insert(entry.key.clone());
        self.entries.insert(entry.key.clone(), entry);
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

//! Any sequence of writes and restarts leaves the store as a plain map would be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tokio::sync::mpsc;
use twite_server::store::{
    Change, Completion, Durability, Entry, Error, Expect, Key, Limits, LocalStore, Operation, Outcome,
    Prefix, Revision, Revisions, Settings, Store, Write,
};

use super::{Directory, key, list_all, run};

const LIMITS: Limits = Limits { entries: 6, total_bytes: 120, body_bytes: 40 };
const PATHS: [&str; 7] = ["a", "a/b", "a-b", "a/b/c", "a0", "b", "ab/c"];

#[derive(Clone, Debug)]
enum Step {
    /// Writes that are submitted at once, so that they share batches.
    Burst(Vec<Asked>),
    Reopen,
}

#[derive(Clone, Debug)]
struct Asked {
    path: usize,
    condition: Condition,
    operation: Operation,
}

#[derive(Clone, Copy, Debug)]
enum Condition {
    Any,
    Absent,
    Exists,
    Current,
    Stale,
    StaleOrCurrent,
    NoneOfAll,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let condition = prop_oneof![
        4 => Just(Condition::Any),
        1 => Just(Condition::Absent),
        1 => Just(Condition::Exists),
        1 => Just(Condition::Current),
        1 => Just(Condition::Stale),
        1 => Just(Condition::StaleOrCurrent),
        1 => Just(Condition::NoneOfAll),
    ];
    let body = prop::collection::vec(any::<u8>(), 0..44).prop_map(Arc::<[u8]>::from);
    let content = (any::<Option<u16>>(), body);
    let operation = prop_oneof![
        4 => content.clone().prop_map(|(content_format, body)| Operation::Put { content_format, body }),
        1 => content.prop_map(|(content_format, body)| Operation::Create { content_format, body }),
        2 => Just(Operation::Delete),
    ];
    let asked = (0..PATHS.len(), condition, operation).prop_map(|(path, condition, operation)| Asked {
        path,
        condition,
        operation,
    });
    let step = prop_oneof![
        6 => prop::collection::vec(asked, 1..8).prop_map(Step::Burst),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..16)
}

#[derive(Default)]
struct Model {
    entries: BTreeMap<Key, Entry>,
    given: BTreeSet<Revision>,
    created: BTreeSet<Key>,
}

impl Model {
    fn bytes(&self) -> usize {
        self.entries.values().map(Entry::size).sum()
    }

    fn expect(&self, asked: &Asked) -> Expect {
        let current = self.entries.get(PATHS[asked.path]).map(|entry| entry.revision);
        let stale = self.given.iter().find(|given| Some(**given) != current).copied();
        let mut revisions = Revisions::default();
        match asked.condition {
            Condition::Any => return Expect::Any,
            Condition::Absent => return Expect::Absent,
            Condition::Exists => return Expect::Exists,
            Condition::NoneOfAll => {}
            Condition::Current => assert!(current.is_none_or(|current| revisions.insert(current))),
            Condition::Stale => assert!(stale.is_none_or(|stale| revisions.insert(stale))),
            Condition::StaleOrCurrent => {
                assert!(stale.into_iter().chain(current).all(|revision| revisions.insert(revision)));
            }
        }
        Expect::OneOf(revisions)
    }

    /// Checks the result of a write against the rules, and follows it.
    fn follow(&mut self, write: &Write, outcome: &Outcome) {
        if let Some(error) = self.refusal(write) {
            assert_eq!(outcome, &Err(error), "{write:?}");
            return;
        }
        let committed = outcome.as_ref().unwrap_or_else(|error| panic!("{write:?} was refused: {error}"));
        let revision = committed.change.revision();
        assert!(self.given.last().is_none_or(|last| *last < revision), "{revision} is not new");
        self.given.insert(revision);
        let changed = committed.change.key().unwrap().clone();
        if let Operation::Create { .. } = write.operation {
            assert!(Prefix::from(write.key.clone()).contains(&changed) && changed != write.key);
            assert!(self.created.insert(changed.clone()), "{changed} was created before");
        } else {
            assert_eq!(changed, write.key);
        }
        match &write.operation {
            Operation::Put { content_format, body } | Operation::Create { content_format, body } => {
                let (content_format, body) = (*content_format, body.clone());
                let accepted = Some(NOW);
                let entry = Entry { key: changed.clone(), revision, content_format, accepted, body };
                assert_eq!(committed.change, Change::Put(entry.clone()));
                assert_eq!(committed.created, self.entries.insert(changed, entry).is_none());
            }
            Operation::Delete => {
                self.entries.remove(&changed);
                assert_eq!(committed.change, Change::Deleted { key: changed, revision });
                assert!(!committed.created);
            }
        }
    }

    fn refusal(&self, write: &Write) -> Option<Error> {
        let current = self.entries.get(&write.key);
        let holds = match write.expect {
            Expect::Any => true,
            Expect::Absent => current.is_none(),
            Expect::Exists => current.is_some(),
            Expect::OneOf(revisions) => current.is_some_and(|entry| revisions.contains(entry.revision)),
        };
        if !holds {
            return Some(Error::Conflict { current: current.map(|entry| entry.revision) });
        }
        let (path_length, replaced) = match write.operation {
            Operation::Delete => return current.is_none().then_some(Error::NotFound),
            Operation::Put { .. } => (write.key.as_str().len(), current),
            // Revisions stay below 1296 here: the name has one or two digits.
            Operation::Create { .. } => {
                let next = self.given.last().map_or(1, |last| last.0 + 1);
                (write.key.as_str().len() + if next < 36 { 2 } else { 3 }, None)
            }
        };
        let length = write.operation.body_length();
        let before = replaced.map_or(0, Entry::size);
        let bytes = self.bytes() - before + path_length + length;
        let more_entries = replaced.is_none() && self.entries.len() == LIMITS.entries;
        let more_bytes = bytes > LIMITS.total_bytes && path_length + length > before;
        match () {
            () if length > LIMITS.body_bytes => Some(Error::TooLarge),
            () if more_entries || more_bytes => Some(Error::Full),
            () => None,
        }
    }

    async fn compare(&self, store: &LocalStore) {
        for limit in [1, 3, 100] {
            let (entries, revision) = list_all(store, &Prefix::all(), limit).await;
            assert!(entries.iter().eq(self.entries.values()), "{entries:?}");
            assert!(self.given.last().is_none_or(|last| *last <= revision));
        }
        for path in PATHS {
            assert_eq!(store.get(&key(path)).await.as_ref().unwrap().as_ref(), self.entries.get(path));
            let prefix = Prefix::new(path).unwrap();
            let inside = self.entries.values().filter(|entry| prefix.contains(&entry.key));
            let (entries, _) = list_all(store, &prefix, 2).await;
            assert!(entries.iter().eq(inside), "{path}: {entries:?}");
        }
        assert_eq!(store.usage(), Ok((self.entries.len(), self.bytes())));
    }
}

async fn burst(store: &LocalStore, model: &mut Model, asked: &[Asked]) {
    let (sender, mut receiver) = mpsc::channel(asked.len());
    let writes: Vec<_> = asked
        .iter()
        .map(|asked| Write {
            key: key(PATHS[asked.path]),
            expect: model.expect(asked),
            operation: asked.operation.clone(),
        })
        .collect();
    for (ticket, write) in (0..).zip(&writes) {
        let completion = Completion::Ticket { ticket, sender: sender.clone() };
        store.submit(write.clone(), completion).unwrap();
    }
    for (ticket, write) in (0..).zip(&writes) {
        let completed = receiver.recv().await.unwrap();
        assert_eq!(completed.ticket, ticket);
        model.follow(write, &completed.result);
    }
}

/// Runs the steps; `reopen` gives the store again after it was dropped, if its engine keeps it.
fn check(steps: &[Step], open: impl Fn() -> LocalStore, persistent: bool) {
    run(async {
        let mut model = Model::default();
        let mut store = open();
        for (position, step) in steps.iter().enumerate() {
            match step {
                Step::Burst(asked) => burst(&store, &mut model, asked).await,
                Step::Reopen if persistent => {
                    if position % 2 == 0 {
                        store.close().await.unwrap();
                    }
                    drop(store);
                    store = open();
                }
                Step::Reopen => {}
            }
            model.compare(&store).await;
        }
        assert_eq!(store.counters().completions_lost, 0);
    });
}

/// The time in every store here.
const NOW: u64 = 1_700_000_000_123;

fn settings() -> Settings {
    Settings { limits: LIMITS, clock: || NOW, ..Settings::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]
    #[test]
    fn memory_is_as_the_model(steps in steps()) {
        check(&steps, || LocalStore::memory(settings()).unwrap(), false);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]
    #[test]
    fn sqlite_is_as_the_model(steps in steps(), synced in any::<bool>()) {
        let directory = Directory::new();
        let durability =
            if synced { Durability::Commit } else { Durability::Interval(Duration::from_secs(3600)) };
        check(&steps, || LocalStore::open(&directory.0, durability, settings()).unwrap(), true);
    }
}

//! Watches: without gaps, in order, bounded.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use twite_server::store::{
    Change, Durability, Entry, Key, LocalStore, Page, Prefix, Revision, Settings, Store, Watch,
};

use super::{Directory, body, delete, done, is_put, key, list_all, put, revision, run};

const WRITERS: usize = 3;
const WRITES_EACH: usize = 1500;

fn small(changes: usize) -> LocalStore {
    LocalStore::memory(Settings { changes, ..Settings::default() }).unwrap()
}

/// A copy of the store, as a worker has it.
struct Copy {
    entries: BTreeMap<Key, Entry>,
    watch: Watch,
    resyncs: usize,
}

impl Copy {
    async fn new(store: &LocalStore) -> Self {
        let (entries, revision) = list_all(store, &Prefix::all(), 5).await;
        let entries = entries.into_iter().map(|entry| (entry.key.clone(), entry)).collect();
        Self { entries, watch: store.watch(&Prefix::all(), revision).await.unwrap(), resyncs: 0 }
    }

    /// Follows the store up to a revision.
    async fn follow(&mut self, store: &LocalStore, last: Revision) {
        let mut reached = Revision::ZERO;
        while reached < last {
            let change = self.watch.next().await.unwrap();
            assert!(reached == Revision::ZERO || change.revision() == Revision(reached.0 + 1), "a gap");
            reached = change.revision();
            match change {
                Change::Put(entry) => drop(self.entries.insert(entry.key.clone(), entry)),
                Change::Deleted { key, .. } => drop(self.entries.remove(&key)),
                Change::Resync(_) => {
                    let (entries, revision) = list_all(store, &Prefix::all(), 5).await;
                    self.entries = entries.into_iter().map(|entry| (entry.key.clone(), entry)).collect();
                    self.watch.resume(revision);
                    self.resyncs += 1;
                    reached = revision;
                }
            }
        }
    }
}

fn write_at_random(store: &LocalStore, writer: usize) {
    for round in 0..WRITES_EACH {
        let path = format!("{}/{}", (round * 7 + writer) % 5, (round * 13 + writer) % 11);
        let write = if round % 3 == 2 { delete(&path) } else { put(&path, &round.to_be_bytes()) };
        let _deleted_before = run(store.write(write));
    }
}

/// Copies that begin while others write are in the end as the store.
fn copies_follow(store: LocalStore) -> usize {
    let store = Arc::new(store);
    let mut copies = vec![run(Copy::new(&store))];
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = Arc::clone(&store);
            thread::spawn(move || write_at_random(&store, writer))
        })
        .collect();
    for round in 0..3 {
        // Each begins after a few more writes.
        let mut watch = run(store.watch(&Prefix::all(), Revision(round))).unwrap();
        let _some_write = run(watch.next());
        copies.push(run(Copy::new(&store)));
    }
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let (entries, last) = run(list_all(&*store, &Prefix::all(), Page::MAX));
    for copy in &mut copies {
        run(copy.follow(&store, last));
        assert!(copy.entries.values().eq(&entries));
        assert_eq!(copy.watch.try_next(), None);
    }
    copies.iter().map(|copy| copy.resyncs).sum()
}

#[test]
fn copies_have_no_gap() {
    assert_eq!(copies_follow(LocalStore::memory(Settings::default()).unwrap()), 0);
}

#[test]
fn copies_over_sqlite_have_no_gap() {
    let directory = Directory::new();
    assert_eq!(copies_follow(directory.open(Durability::EVERY_SECOND)), 0);
}

#[test]
fn copies_that_fall_behind_recover() {
    assert!(copies_follow(small(16)) > 0);
}

#[test]
fn slow_watch_gets_resync_and_goes_on() {
    let store = small(4);
    let mut watch = run(store.watch(&Prefix::all(), Revision::ZERO)).unwrap();
    for round in 0..10_u8 {
        done(&store, put("a", &[round]));
    }
    assert_eq!(watch.try_next(), Some(Change::Resync(Revision(10))));
    assert_eq!(watch.try_next(), None);
    let (entries, listed) = run(list_all(&store, &Prefix::all(), 10));
    assert_eq!((entries.len(), listed), (1, Revision(10)));
    watch.resume(listed);
    let next = done(&store, put("a", b"next"));
    assert!(is_put(&run(watch.next()).unwrap(), "a", next));
}

#[test]
fn last_changes_are_bounded_in_bytes() {
    let settings = Settings { change_bytes: 1000, ..Settings::default() };
    let store = LocalStore::memory(settings).unwrap();
    done(&store, put("a", &[0; 600]));
    let second = done(&store, put("a", &[0; 600]));
    let third = done(&store, put("a", &[0; 2000]));
    let mut watch = run(store.watch(&Prefix::all(), Revision::ZERO)).unwrap();
    assert_eq!(watch.try_next(), Some(Change::Resync(third)));
    let mut watch = run(store.watch(&Prefix::all(), second)).unwrap();
    assert!(is_put(&watch.try_next().unwrap(), "a", third), "the last change is kept at any size");
}

#[test]
fn watch_sees_its_part_of_the_tree() {
    let store = small(1000);
    let mut watch = run(store.watch(&Prefix::from(key("a")), Revision::ZERO)).unwrap();
    assert_eq!(watch.try_next(), None);
    for _ in 0..200 {
        done(&store, put("b", b""));
    }
    done(&store, put("ab", b""));
    let expected = [done(&store, put("a", b"")), done(&store, put("a/b", b"")), done(&store, delete("a"))];
    let seen: Vec<_> = std::iter::from_fn(|| watch.try_next()).collect();
    assert!(seen.iter().map(Change::revision).eq(expected), "{seen:?}");
}

#[test]
fn watch_from_an_old_revision_replays() {
    let store = small(1000);
    let revisions: Vec<_> = (0..150).map(|_| done(&store, put("a", b""))).collect();
    let mut watch = run(store.watch(&Prefix::all(), revisions[9])).unwrap();
    let seen: Vec<_> = std::iter::from_fn(|| watch.try_next()).map(|change| change.revision()).collect();
    assert_eq!(seen, revisions[10..]);
}

#[test]
fn watch_from_an_unknown_revision_gets_resync() {
    let store = small(10);
    let last = done(&store, put("a", b""));
    let mut watch = run(store.watch(&Prefix::all(), Revision(99))).unwrap();
    assert_eq!(watch.try_next(), Some(Change::Resync(last)));
}

#[test]
fn watch_from_before_a_restart_gets_resync() {
    let directory = Directory::new();
    let store = directory.open(Durability::Commit);
    let first = done(&store, put("a", b""));
    let last = done(&store, put("a", b""));
    drop(store);
    let store = directory.open(Durability::Commit);
    let mut watch = run(store.watch(&Prefix::all(), first)).unwrap();
    assert_eq!(watch.try_next(), Some(Change::Resync(last)));
    let mut watch = run(store.watch(&Prefix::all(), last)).unwrap();
    assert_eq!(watch.try_next(), None);
}

#[test]
fn a_completed_write_is_shown_everywhere() {
    let store = small(10);
    let mut watch = run(store.watch(&Prefix::all(), Revision::ZERO)).unwrap();
    for round in 0..500_u16 {
        let outcome = run(store.write(put("a", &round.to_be_bytes())));
        assert_eq!(body(&store, "a").unwrap(), round.to_be_bytes());
        assert!(is_put(&watch.try_next().unwrap(), "a", revision(&outcome)));
    }
}

#[test]
fn watch_ends_after_the_last_change_of_a_closed_store() {
    let store = small(1000);
    let mut watch = run(store.watch(&Prefix::all(), Revision::ZERO)).unwrap();
    for _ in 0..100 {
        done(&store, put("a", b""));
    }
    run(store.close()).unwrap();
    run(async {
        for round in 1..=100 {
            assert_eq!(watch.next().await.map(|change| change.revision()), Some(Revision(round)));
        }
        assert_eq!(watch.next().await, None);
        assert_eq!(watch.next().await, None);
    });
}

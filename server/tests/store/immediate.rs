//! Writes that are decided at once, by many threads.

use std::sync::Arc;
use std::thread;

use twite_server::store::{
    Change, Durability, Error, Expect, Limits, LocalStore, Prefix, Revision, Settings, Store,
};

use super::{Directory, body, create, delete, done, is_put, key, put, put_if, revision, run};

fn memory() -> LocalStore {
    LocalStore::memory(Settings::default()).unwrap()
}

#[test]
fn what_is_decided_at_once_is_shown_everywhere() {
    let store = memory();
    let mut watch = run(store.watch(&Prefix::all(), Revision::ZERO)).unwrap();
    for round in 0..100_u8 {
        let outcome = store.write_now(&put("a", &[round])).expect("it keeps nothing");
        assert_eq!(outcome.as_ref().map(|committed| committed.created), Ok(round == 0));
        assert_eq!(body(&store, "a"), Some(vec![round]));
        assert!(is_put(&watch.try_next().unwrap(), "a", revision(&outcome)));
        assert_eq!(watch.try_next(), None);
    }
    let created = store.write_now(&create("list", b"x")).unwrap().unwrap();
    assert!(created.change.key().unwrap().as_str().starts_with("list/"));
    assert_eq!(store.write_now(&delete("b")), Some(Err(Error::NotFound)));
    let gone = store.write_now(&delete("a")).unwrap().unwrap().change;
    assert_eq!(gone, Change::Deleted { key: key("a"), revision: Revision(102) });
    assert_eq!((store.counters().writes, store.counters().refused), (102, 1));
}

#[test]
fn who_waits_for_a_change_hears_of_it() {
    let store = Arc::new(memory());
    let mut watch = run(store.watch(&Prefix::all(), Revision::ZERO)).unwrap();
    let mut signal = watch.signal();
    let writer = Arc::clone(&store);
    let writing = thread::spawn(move || {
        for round in 0..2_000_u16 {
            writer.write_now(&put("a", &round.to_be_bytes())).unwrap().unwrap();
        }
    });
    run(async {
        for round in 1..=2_000 {
            assert_eq!(watch.next().await.map(|change| change.revision()), Some(Revision(round)));
        }
    });
    writing.join().unwrap();
    assert!(run(signal.changed()), "it was not waited for yet");
    run(store.close()).unwrap();
    assert!(!run(signal.changed()), "and none will come");
}

/// Each takes the state that it found for a step further: with one order of all writes none is lost, whichever way they
/// go.
#[test]
fn conditions_are_atomic_over_threads_and_ways() {
    const THREADS: u64 = 4;
    const STEPS: u64 = 500;
    let store = Arc::new(memory());
    done(&*store, put("count", &0_u64.to_be_bytes()));
    let count = move |store: &LocalStore, at_once: bool| {
        for _ in 0..STEPS {
            loop {
                let entry = run(store.get(&key("count"))).unwrap().unwrap();
                let next = u64::from_be_bytes(entry.body[..].try_into().unwrap()) + 1;
                let write = put_if("count", Expect::OneOf(entry.revision.into()), &next.to_be_bytes());
                let outcome =
                    if at_once { store.write_now(&write).unwrap() } else { run(store.write(write)) };
                match outcome {
                    Ok(_) => break,
                    Err(Error::Conflict { current }) => assert_ne!(current, Some(entry.revision)),
                    Err(error) => panic!("{error}"),
                }
            }
        }
    };
    let threads: Vec<_> = (0..THREADS)
        .map(|number| {
            let store = Arc::clone(&store);
            thread::spawn(move || count(&store, number % 2 == 0))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(body(&*store, "count"), Some((THREADS * STEPS).to_be_bytes().to_vec()));
    let last = run(store.get(&key("count"))).unwrap().unwrap().revision;
    assert_eq!(last, Revision(1 + THREADS * STEPS), "one revision for each");
}

#[test]
fn limits_hold_for_what_is_decided_at_once() {
    let limits = Limits { entries: 2, total_bytes: 100, body_bytes: 50 };
    let store = LocalStore::memory(Settings { limits, ..Settings::default() }).unwrap();
    assert_eq!(store.write_now(&put("a", &[0; 51])), Some(Err(Error::TooLarge)));
    store.write_now(&put("a", &[0; 50])).unwrap().unwrap();
    assert_eq!(store.write_now(&put("b", &[0; 49])), Some(Err(Error::Full)));
    store.write_now(&put("b", &[0; 48])).unwrap().unwrap();
    store.write_now(&put("b", &[0; 8])).unwrap().unwrap();
    assert_eq!(store.write_now(&put("c", &[])), Some(Err(Error::Full)));
    assert_eq!(store.usage(), Ok((2, 60)));
}

#[test]
fn a_watch_passes_what_its_owner_wrote() {
    let store = memory();
    let mut watch = run(store.watch(&Prefix::all(), Revision::ZERO)).unwrap();
    let first = revision(&store.write_now(&put("a", b"1")).unwrap());
    watch.pass(first);
    assert_eq!((watch.place(), watch.try_next()), (first, None));
    let second = done(&store, put("a", b"2"));
    watch.pass(first);
    assert!(is_put(&watch.try_next().unwrap(), "a", second), "what others wrote is not passed");
    assert_eq!(watch.place(), second);
}

#[test]
fn what_is_kept_or_closed_decides_nothing_at_once() {
    let directory = Directory::new();
    let store = directory.open(Durability::EVERY_SECOND);
    assert_eq!(store.write_now(&put("a", b"1")), None);
    let store = memory();
    run(store.close()).unwrap();
    assert_eq!(store.write_now(&put("a", b"1")), None);
    assert_eq!(body(&store, "a"), None);
}

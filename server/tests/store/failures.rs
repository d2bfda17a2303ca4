//! Full queues, limits, engines that fail: each write gets its answer, and the store goes on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use twite_server::store::{
    AnyStore, Busy, Capabilities, Change, Completion, Durability, Engine, Error, Expect, Failure, Limits,
    Loaded, LocalStore, MemoryEngine, OpenError, Outcome, Prefix, Revision, Settings, Store, Write,
};

use super::{body, create, delete, done, key, put, put_if, revision, run};

/// An engine that does what the test says.
struct Scripted<F> {
    commit: F,
    kept: Arc<Mutex<Vec<Change>>>,
}

impl<F: FnMut() -> Result<(), Failure> + Send + 'static> Engine for Scripted<F> {
    fn load(&mut self) -> Result<Loaded, OpenError> {
        Ok(Loaded::default())
    }

    fn commit(&mut self, changes: &[Change], _highest: Revision) -> Result<(), Failure> {
        (self.commit)()?;
        self.kept.lock().unwrap().extend_from_slice(changes);
        Ok(())
    }

    fn capabilities(&self) -> Capabilities {
        MemoryEngine.capabilities()
    }
}

type Kept = Arc<Mutex<Vec<Change>>>;

fn scripted(
    settings: Settings,
    commit: impl FnMut() -> Result<(), Failure> + Send + 'static,
) -> (LocalStore, Kept) {
    let kept = Kept::default();
    let store = LocalStore::start(Scripted { commit, kept: Arc::clone(&kept) }, settings).unwrap();
    (store, kept)
}

/// Says when a commit began, and lets it go on.
struct Gate {
    began: Receiver<()>,
    go_on: Sender<()>,
}

/// A store whose commits wait at a gate; without the gate they go through.
fn gated(settings: Settings) -> (LocalStore, Gate) {
    let (began_sender, began) = channel();
    let (go_on, go_on_receiver) = channel();
    let (store, _) = scripted(settings, move || {
        let _gate_gone = began_sender.send(());
        let _gate_gone = go_on_receiver.recv();
        Ok(())
    });
    (store, Gate { began, go_on })
}

fn submit(store: &LocalStore, write: Write) -> Result<oneshot::Receiver<Outcome>, Busy> {
    let (sender, receiver) = oneshot::channel();
    store.submit(write, Completion::Once(sender)).map(|()| receiver)
}

#[test]
fn full_queue_is_busy_and_loses_nothing() {
    let (store, gate) = gated(Settings { queue: 2, ..Settings::default() });
    let mut accepted = vec![submit(&store, put("a", b"0")).unwrap()];
    gate.began.recv().unwrap();
    accepted.extend([1, 2].map(|round: u8| submit(&store, put("a", &[round])).unwrap()));

    let (sender, mut refused) = oneshot::channel();
    assert_eq!(store.submit(put("a", b"3"), Completion::Once(sender)), Err(Busy));
    assert_eq!(refused.try_recv(), Err(oneshot::error::TryRecvError::Closed), "nothing was sent");
    assert_eq!(run(store.write(put("a", b"3"))), Err(Error::Unavailable));

    drop(gate);
    let revisions: Vec<_> =
        accepted.into_iter().map(|one| revision(&one.blocking_recv().unwrap()).0).collect();
    assert_eq!(revisions, [1, 2, 3]);
    assert_eq!(body(&store, "a"), Some(vec![2]));
    assert_eq!(store.counters().busy, 2);
}

#[test]
fn of_many_writes_at_once_those_without_room_come_back() {
    let (store, gate) = gated(Settings { queue: 3, queue_bytes: 1000, ..Settings::default() });
    let first = submit(&store, put("a", b"0")).unwrap();
    gate.began.recv().unwrap();
    let sizes = [10, 2000, 10, 10, 10];
    let (mut receivers, mut writes) = (Vec::new(), Vec::new());
    for (name, size) in (1..).zip(sizes) {
        let (sender, receiver) = oneshot::channel();
        writes.push((put(&format!("many/{name}"), &vec![name; size]), Completion::Once(sender)));
        receivers.push(receiver);
    }
    store.submit_all(&mut writes);
    let back: Vec<_> = writes.iter().map(|(write, _)| write.key.as_str().to_owned()).collect();
    assert_eq!(back, ["many/2", "many/5"], "too many bytes, and one too many");
    assert!(receivers.iter_mut().all(|receiver| receiver.try_recv().is_err()), "nobody was told");
    assert_eq!(store.counters().busy, 2);
    drop((gate, writes));
    first.blocking_recv().unwrap().unwrap();
    let done: Vec<bool> =
        receivers.into_iter().map(|one| one.blocking_recv().is_ok_and(|done| done.is_ok())).collect();
    assert_eq!(done, [true, false, true, true, false]);
    // The room is free again.
    submit(&store, put("a", &[0; 900])).unwrap().blocking_recv().unwrap().unwrap();
}

#[test]
fn queue_is_bounded_in_bytes() {
    let (store, gate) = gated(Settings { queue_bytes: 1000, ..Settings::default() });
    let first = submit(&store, put("a", &[0; 5000])).expect("an empty queue takes any size");
    gate.began.recv().unwrap();
    let second = submit(&store, put("a", &[0; 600])).unwrap();
    assert!(submit(&store, put("a", &[0; 600])).is_err());
    let third = submit(&store, delete("a")).unwrap();
    drop(gate);
    for accepted in [first, second, third] {
        accepted.blocking_recv().unwrap().unwrap();
    }
    done(&store, put("a", &[0; 600]));
}

#[test]
fn what_is_queued_shares_a_commit() {
    let (store, gate) = gated(Settings::default());
    let first = submit(&store, put("first", b"")).unwrap();
    gate.began.recv().unwrap();
    let rest: Vec<_> = (0..200).map(|round| submit(&store, put(&format!("{round}"), b"")).unwrap()).collect();
    drop(gate);
    for accepted in [first].into_iter().chain(rest) {
        accepted.blocking_recv().unwrap().unwrap();
    }
    assert_eq!((store.counters().writes, store.counters().commits), (201, 2));
}

#[test]
fn nothing_is_shown_before_its_commit() {
    let (store, gate) = gated(Settings::default());
    let mut watch = run(store.watch(&Prefix::all(), Revision::ZERO)).unwrap();
    let mut pending = submit(&store, put("a", b"1")).unwrap();
    gate.began.recv().unwrap();
    assert_eq!(body(&store, "a"), None);
    assert_eq!(watch.try_next(), None);
    assert!(pending.try_recv().is_err());
    gate.go_on.send(()).unwrap();
    pending.blocking_recv().unwrap().unwrap();
    assert_eq!(body(&store, "a"), Some(b"1".to_vec()));
    drop(gate);
}

#[test]
fn failed_commit_leaves_nothing_and_the_writer_goes_on() {
    let failing = Arc::new(AtomicBool::new(false));
    let (began_sender, began) = channel();
    let (go_on, go_on_receiver) = channel::<()>();
    let (store, kept) = scripted(Settings::default(), {
        let failing = Arc::clone(&failing);
        move || {
            let _gate_gone = began_sender.send(());
            let _gate_gone = go_on_receiver.recv();
            let full = Failure::Unavailable("disk full".to_owned());
            if failing.load(Ordering::SeqCst) { Err(full) } else { Ok(()) }
        }
    });
    go_on.send(()).unwrap();
    let before = done(&store, put("a", b"before"));
    began.recv().unwrap();
    let mut watch = run(store.watch(&Prefix::all(), before)).unwrap();

    let lead = submit(&store, put("lead", b"")).unwrap();
    began.recv().unwrap();
    // All of these share the next batch, also the one whose condition fails because of the one before.
    let batch = [
        put("a", b"lost"),
        put_if("b", Expect::Absent, b"lost"),
        put_if("b", Expect::Absent, b"refused"),
        create("c", b"lost"),
        delete("a"),
    ]
    .map(|write| submit(&store, write).unwrap());
    go_on.send(()).unwrap();
    began.recv().unwrap();
    failing.store(true, Ordering::SeqCst);
    drop(go_on);
    let lead = revision(&lead.blocking_recv().unwrap());
    for accepted in batch {
        assert_eq!(accepted.blocking_recv().unwrap(), Err(Error::Unavailable));
    }
    assert_eq!(run(store.health()), Err(Error::Unavailable));
    assert_eq!(body(&store, "a"), Some(b"before".to_vec()));
    assert_eq!(store.usage(), Ok((2, "abefore".len() + "lead".len())));
    assert_eq!(kept.lock().unwrap().len(), 2);
    assert_eq!(watch.try_next().map(|change| change.revision()), Some(lead));
    assert_eq!(watch.try_next(), None);

    failing.store(false, Ordering::SeqCst);
    let after = done(&store, put_if("b", Expect::Absent, b"after"));
    assert!(after > lead);
    assert_eq!(run(store.health()), Ok(()));
    assert_eq!(watch.try_next().map(|change| change.revision()), Some(after));
    assert_eq!(store.counters().failures, 1);
}

/// An engine whose upkeep and end say that they were called, and fail as the test says.
struct Tended {
    upkeep: Sender<()>,
    results: Receiver<Result<(), Failure>>,
}

impl Engine for Tended {
    fn load(&mut self) -> Result<Loaded, OpenError> {
        Ok(Loaded::default())
    }

    fn commit(&mut self, _changes: &[Change], _highest: Revision) -> Result<(), Failure> {
        Ok(())
    }

    fn upkeep_within(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }

    fn upkeep(&mut self) -> Result<(), Failure> {
        self.upkeep.send(()).unwrap();
        self.results.recv().unwrap()
    }

    fn close(&mut self, highest: Revision) -> Result<(), Failure> {
        assert_eq!(highest, Revision(2));
        Err(Failure::Corrupt("at the end".to_owned()))
    }

    fn capabilities(&self) -> Capabilities {
        MemoryEngine.capabilities()
    }
}

#[test]
fn upkeep_is_done_and_tried_again() {
    let (upkeep, called) = channel();
    let (result, results) = channel();
    let store = LocalStore::start(Tended { upkeep, results }, Settings::default()).unwrap();
    done(&store, put("a", b""));
    called.recv().unwrap();
    result.send(Err(Failure::Unavailable("sync".to_owned()))).unwrap();
    // This commit goes well; it asks for upkeep itself, or finds it tried again.
    done(&store, put("a", b""));
    called.recv().unwrap();
    assert_eq!(run(store.health()), Err(Error::Unavailable), "the commit does not hide the failed upkeep");
    result.send(Err(Failure::Unavailable("sync".to_owned()))).unwrap();
    called.recv().expect("tried again without a commit");
    result.send(Ok(())).unwrap();
    assert_eq!(run(store.close()), Err(Error::Corrupt("at the end".to_owned())));
    assert_eq!(store.counters().failures, 3);
}

#[test]
fn engine_that_panics_leaves_no_write_without_answer() {
    let (began_sender, began) = channel();
    let (go_on, go_on_receiver) = channel::<()>();
    let (store, _) = scripted(Settings::default(), move || {
        began_sender.send(()).unwrap();
        let _gate_gone = go_on_receiver.recv();
        panic!("the engine of this test panics");
    });
    let mut watch = run(store.watch(&Prefix::all(), Revision::ZERO)).unwrap();
    let (sender, mut completions) = mpsc::channel(2);
    for ticket in 0..2 {
        store.submit(put("a", b""), Completion::Ticket { ticket, sender: sender.clone() }).unwrap();
        if ticket == 0 {
            began.recv().unwrap();
        }
    }
    drop((sender, go_on));
    for _ in 0..2 {
        assert_eq!(completions.blocking_recv().unwrap().result, Err(Error::Unavailable));
    }
    assert_eq!(run(watch.next()), None);
    assert_eq!(run(store.write(put("a", b""))), Err(Error::Unavailable));
    assert_eq!(run(store.health()), Err(Error::Unavailable));
    assert_eq!(run(store.close()), Err(Error::Unavailable));
}

#[test]
fn close_completes_what_is_queued_and_takes_no_more() {
    let (store, gate) = gated(Settings::default());
    let first = submit(&store, put("a", b"")).unwrap();
    gate.began.recv().unwrap();
    let second = submit(&store, put("b", b"")).unwrap();
    run(async {
        // Polled once, the closing store takes no more; the writer still waits at the gate.
        let mut closing = Box::pin(store.close());
        tokio::select! {
            biased;
            _ = &mut closing => panic!("closed before its writes were done"),
            () = std::future::ready(()) => {}
        }
        assert!(submit(&store, put("c", b"")).is_err());
        drop(gate);
        closing.await.unwrap();
    });
    first.blocking_recv().unwrap().unwrap();
    second.blocking_recv().unwrap().unwrap();
    assert!(body(&store, "b").is_some(), "reads stay possible");
    assert_eq!(run(store.health()), Err(Error::Unavailable));
    assert_eq!(run(store.close()), Ok(()));
}

#[test]
fn result_without_room_is_counted() {
    let store = LocalStore::memory(Settings::default()).unwrap();
    let (sender, mut completions) = mpsc::channel(1);
    for ticket in 0..2 {
        store.submit(put("a", b""), Completion::Ticket { ticket, sender: sender.clone() }).unwrap();
    }
    run(store.close()).unwrap();
    assert_eq!(completions.blocking_recv().map(|completed| completed.ticket), Some(0));
    assert_eq!(store.counters().completions_lost, 1);
}

#[test]
fn limits_refuse_growth_only() {
    let limits = Limits { entries: 2, total_bytes: 20, body_bytes: 12 };
    let settings = Settings { limits, ..Settings::default() };
    let store =
        AnyStore::open("never created".as_ref(), Durability::Memory, settings).expect("memory has no file");
    let result = |write| run(store.write(write)).map(|committed| committed.created);
    assert_eq!(result(put("a", &[0; 13])), Err(Error::TooLarge));
    assert_eq!(result(put("a", &[0; 12])), Ok(true));
    assert_eq!(result(put("b", &[0; 7])), Err(Error::Full), "20 bytes hold 1 + 12 + 1 + 6");
    assert_eq!(result(put("b", &[0; 6])), Ok(true));
    assert_eq!(result(put("c", b"")), Err(Error::Full), "a third entry");
    assert_eq!(result(create("a", b"")), Err(Error::Full));
    assert_eq!(result(put("b", &[0; 6])), Ok(false));
    assert_eq!(result(delete("a")), Ok(false));
    assert_eq!(result(delete("a")), Err(Error::NotFound));
    let long = "x".repeat(1023);
    assert_eq!(result(create(&long, b"")), Err(Error::TooLarge), "the path of the child");
    let child = run(store.write(create("b", b""))).unwrap();
    assert_eq!(child.entry().map(|entry| entry.key.clone()), Some(key("b/5")));
}

#[test]
fn created_names_pass_over_those_taken() {
    let store = LocalStore::memory(Settings::default()).unwrap();
    done(&store, put("c/3", b"a client's own"));
    done(&store, put("c/4", b"a client's own"));
    let created = run(store.write(create("c", b"new"))).unwrap();
    assert!(created.created);
    assert_eq!(created.entry().map(|entry| entry.key.clone()), Some(key("c/5")));
    assert_eq!(body(&store, "c/3"), Some(b"a client's own".to_vec()));
}

//! The way from those who write to the writer: bounded in writes and in bytes.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use super::counters::{Tally, count};
use super::error::{Busy, Error};
use super::write::{Completion, Outcome, Write};

/// A batch takes no more writes when it has this many.
pub(super) const BATCH_WRITES: usize = 256;
/// A batch takes no more writes when it has this many bytes of bodies.
const BATCH_BYTES: usize = 8 << 20;

/// A write on its way, completed exactly once: if it is dropped on the way, as unavailable.
#[derive(Debug)]
pub(super) struct Pending {
    write: Write,
    completion: Option<Completion>,
    tally: Arc<Tally>,
}

impl Pending {
    pub(super) fn write(&self) -> &Write {
        &self.write
    }

    /// The write and whom to tell, as if it had not come here.
    fn take_back(mut self) -> Option<(Write, Completion)> {
        let completion = self.completion.take()?;
        Some((self.write.clone(), completion))
    }

    pub(super) fn complete(mut self, result: Outcome) {
        self.send(result);
    }

    fn send(&mut self, result: Outcome) {
        let Some(completion) = self.completion.take() else { return };
        count(if result.is_ok() { &self.tally.writes } else { &self.tally.refused });
        if !completion.complete(result) {
            count(&self.tally.completions_lost);
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.send(Err(Error::Unavailable));
    }
}

/// What passes through the queue.
#[derive(Debug)]
enum Letter {
    Write(Pending),
    /// Several at once, so that the writer wakes once for them.
    Writes(Vec<Pending>),
    /// Nothing more is let in.
    Close,
}

/// The end of those who write. Takes no lock.
#[derive(Debug)]
pub(super) struct Entrance {
    sender: SyncSender<Letter>,
    closed: AtomicBool,
    inside: Arc<Inside>,
    tally: Arc<Tally>,
}

/// What is inside the queue, and how much may be.
#[derive(Debug)]
struct Inside {
    writes: AtomicUsize,
    bytes: AtomicUsize,
    most_writes: usize,
    most_bytes: usize,
}

impl Inside {
    /// Takes the place of a write with this many bytes of body; false if there is none. A body that is larger than all
    /// room finds room when there is no other.
    fn enter(&self, size: usize) -> bool {
        let writes = self.writes.fetch_add(1, Ordering::Relaxed);
        let bytes = self.bytes.fetch_add(size, Ordering::Relaxed);
        let fits = writes < self.most_writes && (bytes == 0 || bytes.saturating_add(size) <= self.most_bytes);
        if !fits {
            self.leave(size);
        }
        fits
    }

    fn leave(&self, size: usize) {
        self.writes.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(size, Ordering::Relaxed);
    }
}

/// The writer's end.
#[derive(Debug)]
pub(super) struct Exit {
    receiver: Receiver<Letter>,
    inside: Arc<Inside>,
    /// Whether only what is inside is still to be taken.
    closed: Cell<bool>,
}

/// What the writer finds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// Writes.
    Batch,
    /// Nothing for as long as it would wait.
    Nothing,
    /// Nothing, and nothing will come.
    Closed,
}

/// Both ends of a queue for so many writes and bytes of bodies.
pub(super) fn queue(writes: usize, byte_limit: usize, tally: Arc<Tally>) -> (Entrance, Exit) {
    let (sender, receiver) = sync_channel(writes.max(1));
    let inside = Inside {
        writes: AtomicUsize::new(0),
        bytes: AtomicUsize::new(0),
        most_writes: writes.max(1),
        most_bytes: byte_limit,
    };
    let inside = Arc::new(inside);
    let exit = Exit { receiver, inside: Arc::clone(&inside), closed: Cell::new(false) };
    (Entrance { sender, closed: AtomicBool::new(false), inside, tally }, exit)
}

impl Entrance {
    /// Puts a write in, or leaves everything as it is.
    pub(super) fn submit(&self, write: Write, completion: Completion) -> Result<(), Busy> {
        let submitted = self.try_submit(write, completion);
        if submitted.is_err() {
            count(&self.tally.busy);
        }
        submitted
    }

    fn try_submit(&self, write: Write, completion: Completion) -> Result<(), Busy> {
        if !self.has_room_for(&write) {
            return Err(Busy);
        }
        let pending = self.pending(write, completion);
        let sent = self.send(Letter::Write(pending));
        sent.map_err(|refused| {
            refused.into_iter().for_each(|pending| drop(pending.take_back()));
            Busy
        })
    }

    /// Puts writes in, all at once; those that find no room stay in `writes`.
    pub(super) fn submit_all(&self, writes: &mut Vec<(Write, Completion)>) {
        let mut refused = Vec::new();
        let mut admitted = Vec::with_capacity(writes.len());
        for (write, completion) in writes.drain(..) {
            if self.has_room_for(&write) {
                admitted.push(self.pending(write, completion));
            } else {
                refused.push((write, completion));
            }
        }
        if !admitted.is_empty()
            && let Err(back) = self.send(Letter::Writes(admitted))
        {
            refused.extend(back.into_iter().filter_map(Pending::take_back));
        }
        refused.iter().for_each(|_| count(&self.tally.busy));
        *writes = refused;
    }

    /// Takes a place in the queue for a write, if there is one.
    fn has_room_for(&self, write: &Write) -> bool {
        !self.is_closed() && self.inside.enter(write.operation.body_length())
    }

    fn pending(&self, write: Write, completion: Completion) -> Pending {
        Pending { write, completion: Some(completion), tally: Arc::clone(&self.tally) }
    }

    /// Hands a letter over; what it held if that is not possible.
    fn send(&self, letter: Letter) -> Result<(), Vec<Pending>> {
        self.sender.try_send(letter).map_err(|refused| {
            let (TrySendError::Full(letter) | TrySendError::Disconnected(letter)) = refused;
            let back = match letter {
                Letter::Write(pending) => vec![pending],
                Letter::Writes(all) => all,
                Letter::Close => Vec::new(),
            };
            back.iter().for_each(|pending| self.inside.leave(pending.write.operation.body_length()));
            back
        })
    }

    /// Lets nothing more in. The writer finds what is inside, and then that it is closed; what still slips in
    /// behind that is completed as unavailable. May wait for the writer to make room.
    pub(super) fn close(&self) {
        if !self.closed.swap(true, Ordering::AcqRel) {
            // A writer that is gone needs no word of it.
            let _ = self.sender.send(Letter::Close);
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}

impl Exit {
    /// Waits for a write, without end if `patience` is `None`, and takes what else is waiting then.
    pub(super) fn receive(&self, batch: &mut Vec<Pending>, patience: Option<Duration>) -> Arrival {
        loop {
            let letter = match patience {
                _ if self.closed.get() => {
                    self.receiver.try_recv().map_err(|_| RecvTimeoutError::Disconnected)
                }
                None => self.receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(patience) => self.receiver.recv_timeout(patience),
            };
            match letter {
                Ok(Letter::Write(first)) => {
                    batch.push(first);
                    self.fill(batch);
                    return Arrival::Batch;
                }
                Ok(Letter::Writes(first)) => {
                    batch.extend(first);
                    self.fill(batch);
                    return Arrival::Batch;
                }
                Ok(Letter::Close) => self.closed.set(true),
                Err(RecvTimeoutError::Timeout) => return Arrival::Nothing,
                Err(RecvTimeoutError::Disconnected) => return Arrival::Closed,
            }
        }
    }

    fn fill(&self, batch: &mut Vec<Pending>) {
        let size = |pending: &Pending| pending.write.operation.body_length();
        let mut bytes: usize = batch.iter().map(size).sum();
        while batch.len() < BATCH_WRITES && bytes < BATCH_BYTES {
            let before = batch.len();
            match self.receiver.try_recv() {
                Ok(Letter::Write(pending)) => batch.push(pending),
                Ok(Letter::Writes(all)) => batch.extend(all),
                Ok(Letter::Close) => self.closed.set(true),
                Err(_) => break,
            }
            bytes += batch.iter().skip(before).map(size).sum::<usize>();
        }
        batch.iter().for_each(|pending| self.inside.leave(size(pending)));
    }
}

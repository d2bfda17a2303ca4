//! The way from those who write to the writer: bounded in writes and in bytes.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use super::counters::{Tally, count};
use super::error::{Busy, Error};
use super::write::{Completion, Outcome, Write};

/// The most writes in one batch.
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
    /// Nothing more is let in.
    Close,
}

/// The end of those who write. Takes no lock.
#[derive(Debug)]
pub(super) struct Entrance {
    sender: SyncSender<Letter>,
    closed: AtomicBool,
    bytes: Arc<AtomicUsize>,
    byte_limit: usize,
    tally: Arc<Tally>,
}

/// The writer's end.
#[derive(Debug)]
pub(super) struct Exit {
    receiver: Receiver<Letter>,
    bytes: Arc<AtomicUsize>,
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
    let bytes = Arc::new(AtomicUsize::new(0));
    let exit = Exit { receiver, bytes: Arc::clone(&bytes), closed: Cell::new(false) };
    (Entrance { sender, closed: AtomicBool::new(false), bytes, byte_limit, tally }, exit)
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
        if self.is_closed() {
            return Err(Busy);
        }
        let size = write.operation.body_length();
        let waiting = self.bytes.fetch_add(size, Ordering::Relaxed);
        if waiting > 0 && waiting.saturating_add(size) > self.byte_limit {
            self.bytes.fetch_sub(size, Ordering::Relaxed);
            return Err(Busy);
        }
        let pending = Pending { write, completion: Some(completion), tally: Arc::clone(&self.tally) };
        self.sender.try_send(Letter::Write(pending)).map_err(|refused| {
            self.bytes.fetch_sub(size, Ordering::Relaxed);
            let (TrySendError::Full(letter) | TrySendError::Disconnected(letter)) = refused;
            if let Letter::Write(mut pending) = letter {
                pending.completion = None;
            }
            Busy
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
                    self.fill(first, batch);
                    return Arrival::Batch;
                }
                Ok(Letter::Close) => self.closed.set(true),
                Err(RecvTimeoutError::Timeout) => return Arrival::Nothing,
                Err(RecvTimeoutError::Disconnected) => return Arrival::Closed,
            }
        }
    }

    fn fill(&self, first: Pending, batch: &mut Vec<Pending>) {
        let mut bytes = first.write.operation.body_length();
        batch.push(first);
        while batch.len() < BATCH_WRITES && bytes < BATCH_BYTES {
            let pending = match self.receiver.try_recv() {
                Ok(Letter::Write(pending)) => pending,
                Ok(Letter::Close) => {
                    self.closed.set(true);
                    continue;
                }
                Err(_) => break,
            };
            bytes += pending.write.operation.body_length();
            batch.push(pending);
        }
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

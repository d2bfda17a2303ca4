//! The way from those who write to the writer: bounded in writes and in bytes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, PoisonError, RwLock};
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

/// The end of those who write.
#[derive(Debug)]
pub(super) struct Entrance {
    sender: RwLock<Option<SyncSender<Pending>>>,
    bytes: Arc<AtomicUsize>,
    byte_limit: usize,
    tally: Arc<Tally>,
}

/// The writer's end.
#[derive(Debug)]
pub(super) struct Exit {
    receiver: Receiver<Pending>,
    bytes: Arc<AtomicUsize>,
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
    let exit = Exit { receiver, bytes: Arc::clone(&bytes) };
    (Entrance { sender: RwLock::new(Some(sender)), bytes, byte_limit, tally }, exit)
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
        let sender = self.sender.read().unwrap_or_else(PoisonError::into_inner);
        let sender = sender.as_ref().ok_or(Busy)?;
        let size = write.operation.body_length();
        let waiting = self.bytes.fetch_add(size, Ordering::Relaxed);
        if waiting > 0 && waiting.saturating_add(size) > self.byte_limit {
            self.bytes.fetch_sub(size, Ordering::Relaxed);
            return Err(Busy);
        }
        let pending = Pending { write, completion: Some(completion), tally: Arc::clone(&self.tally) };
        sender.try_send(pending).map_err(|refused| {
            self.bytes.fetch_sub(size, Ordering::Relaxed);
            let (std::sync::mpsc::TrySendError::Full(mut pending)
            | std::sync::mpsc::TrySendError::Disconnected(mut pending)) = refused;
            pending.completion = None;
            Busy
        })
    }

    /// Lets nothing more in. The writer finds what is inside, and then that it is closed.
    pub(super) fn close(&self) {
        *self.sender.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.sender.read().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

impl Exit {
    /// Waits for a write, without end if `patience` is `None`, and takes what else is waiting then.
    pub(super) fn receive(&self, batch: &mut Vec<Pending>, patience: Option<Duration>) -> Arrival {
        let first = match patience {
            None => self.receiver.recv().map_err(|_closed| RecvTimeoutError::Disconnected),
            Some(patience) => self.receiver.recv_timeout(patience),
        };
        match first {
            Ok(first) => self.fill(first, batch),
            Err(RecvTimeoutError::Timeout) => return Arrival::Nothing,
            Err(RecvTimeoutError::Disconnected) => return Arrival::Closed,
        }
        Arrival::Batch
    }

    fn fill(&self, first: Pending, batch: &mut Vec<Pending>) {
        let mut bytes = first.write.operation.body_length();
        batch.push(first);
        while batch.len() < BATCH_WRITES && bytes < BATCH_BYTES {
            let Ok(pending) = self.receiver.try_recv() else { break };
            bytes += pending.write.operation.body_length();
            batch.push(pending);
        }
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

//! What a store did since it was opened.

use std::sync::atomic::{AtomicU64, Ordering};

/// A reading of the counters of a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Writes done.
    pub writes: u64,
    /// Writes not done: condition, limit, or failed commit.
    pub refused: u64,
    /// Writes not taken because the queue was full or the store closed.
    pub busy: u64,
    /// Commits done: fewer than writes if many come at once.
    pub commits: u64,
    /// Commits and upkeep (syncs, checkpoints) that failed.
    pub failures: u64,
    /// Results that found their queue full.
    pub completions_lost: u64,
}

/// The counters themselves, shared by the writer and the handles.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) writes: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) busy: AtomicU64,
    pub(super) commits: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) completions_lost: AtomicU64,
}

impl Tally {
    pub(super) fn read(&self) -> Counters {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            writes: value(&self.writes),
            refused: value(&self.refused),
            busy: value(&self.busy),
            commits: value(&self.commits),
            failures: value(&self.failures),
            completions_lost: value(&self.completions_lost),
        }
    }
}

/// Counts one more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

//! Following the changes of a store.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::watch;

use super::entry::Change;
use super::error::Error;
use super::key::Prefix;
use super::revision::Revision;
use super::state::State;

/// How many changes a watch takes from the store at once.
const TAKEN_AT_ONCE: usize = 64;

/// The state as the writer and all handles and watches share it.
#[derive(Debug)]
pub(super) struct Shared(RwLock<State>);

impl Shared {
    pub(super) fn new(state: State) -> Arc<Self> {
        Arc::new(Self(RwLock::new(state)))
    }

    /// The state to read. Unavailable only if the writer died while it changed the state.
    pub(super) fn read(&self) -> Result<RwLockReadGuard<'_, State>, Error> {
        self.0.read().map_err(|_poisoned| Error::Unavailable)
    }

    /// The state to change: for the writer alone.
    pub(super) fn change(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says when a store has changed.
#[derive(Debug)]
pub struct Signal(watch::Receiver<()>);

impl Signal {
    /// Waits for a change that was not waited for yet; false if the store is closed and none will come.
    pub async fn changed(&mut self) -> bool {
        self.0.changed().await.is_ok()
    }
}

/// The changes of a part of a store, one after the other.
///
/// A watch holds a place in the store's list of last changes, not a queue: it costs nothing while nobody asks, and
/// slows no writer. If the list has moved on past its place it gives [`Change::Resync`] and goes on from there.
/// What to do then: [`list`](super::Store::list) again, and [`resume`](Self::resume) from the list's revision.
#[derive(Debug)]
pub struct Watch {
    shared: Arc<Shared>,
    signal: watch::Receiver<()>,
    prefix: Prefix,
    /// All changes up to here are taken.
    place: Revision,
    /// Taken, not yet given.
    taken: VecDeque<Change>,
}

impl Watch {
    pub(super) fn new(
        shared: Arc<Shared>,
        mut signal: watch::Receiver<()>,
        prefix: Prefix,
        from: Revision,
    ) -> Self {
        signal.mark_changed();
        Self { shared, signal, prefix, place: from, taken: VecDeque::new() }
    }

    /// Waits for the next change; `None` after the last change of a closed store.
    ///
    /// Cancel safe: a change is not lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Change> {
        loop {
            if let Some(change) = self.try_next() {
                return Some(change);
            }
            // Fails only after the last signal was seen.
            if self.signal.changed().await.is_err() {
                return None;
            }
            self.signal.mark_changed();
        }
    }

    /// The next change if it is there already.
    pub fn try_next(&mut self) -> Option<Change> {
        if let Some(change) = self.taken.pop_front() {
            return Some(change);
        }
        // An error means that the store is closed: there may still be changes to take.
        if !self.signal.has_changed().unwrap_or(true) {
            return None;
        }
        self.take_more()
    }

    /// Says when there is something new for any watch of the store.
    pub fn signal(&self) -> Signal {
        Signal(self.signal.clone())
    }

    /// Goes on after a [`Change::Resync`] with the changes after this revision: that of the first page of the new
    /// list.
    pub fn resume(&mut self, from: Revision) {
        self.taken.clear();
        self.place = from;
        self.signal.mark_changed();
    }

    fn take_more(&mut self) -> Option<Change> {
        // Seen before the look at the state: a change after the look is signalled anew.
        self.signal.mark_unchanged();
        let state = self.shared.read().ok()?;
        match state.changes_after(self.place, &self.prefix, TAKEN_AT_ONCE) {
            Some((changes, reached)) => {
                self.place = reached;
                self.taken.extend(changes);
            }
            None => {
                self.place = state.revision();
                self.taken.push_back(Change::Resync(self.place));
            }
        }
        if self.place < state.revision() {
            self.signal.mark_changed();
        }
        self.taken.pop_front()
    }
}

//! Following the changes of a store.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::watch;

use super::entry::Change;
use super::error::Error;
use super::key::Prefix;
use super::revision::Revision;
use super::state::State;

/// How many changes a watch takes from the store at once.
const TAKEN_AT_ONCE: usize = 64;

/// The state as those who write and all handles and watches share it.
#[derive(Debug)]
pub(super) struct Shared {
    state: RwLock<State>,
    /// The revision of the state, for whoever only wants to know whether there is anything new.
    latest: AtomicU64,
    /// Whether somebody sleeps until there is.
    is_awaited: AtomicBool,
}

impl Shared {
    pub(super) fn new(state: State) -> Arc<Self> {
        let latest = AtomicU64::new(state.revision().0);
        Arc::new(Self { state: RwLock::new(state), latest, is_awaited: AtomicBool::new(false) })
    }

    /// The state to read. Unavailable only if a writer died while it changed the state.
    pub(super) fn read(&self) -> Result<RwLockReadGuard<'_, State>, Error> {
        self.state.read().map_err(|_poisoned| Error::Unavailable)
    }

    /// The state to change: nobody holds it while it waits for a disk.
    pub(super) fn change(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets everybody see that the state, which the caller has changed and still holds, is at this revision.
    pub(super) fn show(&self, revision: Revision) {
        self.latest.store(revision.0, Ordering::SeqCst);
    }

    /// Wakes those who sleep until there is something new; costs one look if nobody does.
    pub(super) fn wake(&self, signal: &watch::Sender<()>) {
        if self.is_awaited.load(Ordering::SeqCst) && self.is_awaited.swap(false, Ordering::SeqCst) {
            signal.send_replace(());
        }
    }

    fn latest(&self) -> Revision {
        Revision(self.latest.load(Ordering::SeqCst))
    }

    /// Waits until the state is another than that of `seen`; whether it ever will be.
    async fn moved_from(&self, seen: Revision, signal: &mut watch::Receiver<()>) -> bool {
        loop {
            // In this order: who changes the state after the look finds that it is awaited.
            self.is_awaited.store(true, Ordering::SeqCst);
            if self.latest() != seen {
                return true;
            }
            if signal.changed().await.is_err() {
                return self.latest() != seen;
            }
        }
    }
}

/// Says when a store has changed.
#[derive(Debug)]
pub struct Signal {
    shared: Arc<Shared>,
    signal: watch::Receiver<()>,
    seen: Revision,
}

impl Signal {
    /// Waits for a change that was not waited for yet; false if the store is closed and none will come.
    pub async fn changed(&mut self) -> bool {
        let moved = self.shared.moved_from(self.seen, &mut self.signal).await;
        self.seen = self.shared.latest();
        moved
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
        signal: watch::Receiver<()>,
        prefix: Prefix,
        from: Revision,
    ) -> Self {
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
            if !self.shared.moved_from(self.place, &mut self.signal).await {
                return None;
            }
        }
    }

    /// The next change if it is there already. Costs one look at a counter if it is not.
    pub fn try_next(&mut self) -> Option<Change> {
        if let Some(change) = self.taken.pop_front() {
            return Some(change);
        }
        // Each time a part of the changes, which may be none of the watched part of the tree.
        while self.place != self.shared.latest() {
            self.take_more()?;
            if let Some(change) = self.taken.pop_front() {
                return Some(change);
            }
        }
        None
    }

    /// Where the watch is: all changes up to here were given.
    pub fn place(&self) -> Revision {
        self.taken.front().map_or(self.place, |next| Revision(next.revision().0.saturating_sub(1)))
    }

    /// Leaves out the changes up to this revision, which the caller knows: what it wrote itself, with nothing in between.
    pub fn pass(&mut self, reached: Revision) {
        if self.taken.is_empty() && self.place < reached {
            self.place = reached;
        }
    }

    /// Says when there is something new for any watch of the store.
    pub fn signal(&self) -> Signal {
        Signal { shared: Arc::clone(&self.shared), signal: self.signal.clone(), seen: self.place }
    }

    /// Goes on after a [`Change::Resync`] with the changes after this revision: that of the first page of the new
    /// list.
    pub fn resume(&mut self, from: Revision) {
        self.taken.clear();
        self.place = from;
    }

    /// `None` if the store can say nothing any more.
    fn take_more(&mut self) -> Option<()> {
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
        Some(())
    }
}

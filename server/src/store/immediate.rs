//! Writes to a store that keeps nothing: decided and shown under one lock by whoever asks, since there is no disk to
//! wait for.

use std::sync::{Arc, Weak};

use tokio::sync::watch;

use super::counters::{Tally, count};
use super::settings::Limits;
use super::watch::Shared;
use super::write::{Outcome, Write};

/// What such a write needs.
#[derive(Debug)]
pub(super) struct Immediate {
    pub(super) shared: Arc<Shared>,
    pub(super) limits: Limits,
    /// The time in milliseconds since 1970.
    pub(super) clock: fn() -> u64,
    pub(super) tally: Arc<Tally>,
    /// Tells the watches of new changes; gone with the writer.
    pub(super) signal: Weak<watch::Sender<()>>,
}

impl Immediate {
    /// Does the write; `None` if the store is closed.
    pub(super) fn write(&self, write: &Write) -> Option<Outcome> {
        let signal = self.signal.upgrade()?;
        let now = (self.clock)();
        let mut state = self.shared.change();
        let outcome = state.write(write, self.limits, now);
        if outcome.is_ok() {
            self.shared.show(state.revision());
        }
        drop(state);
        if outcome.is_ok() {
            count(&self.tally.writes);
            count(&self.tally.commits);
            self.shared.wake(&signal);
        } else {
            count(&self.tally.refused);
        }
        Some(outcome)
    }
}

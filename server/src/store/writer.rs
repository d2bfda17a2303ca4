//! The one thread that writes: takes what is queued, checks it, commits it, shows it, and answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::counters::{Tally, count};
use super::engine::{Engine, Failure};
use super::error::Error;
use super::queue::{Arrival, BATCH_WRITES, Exit, Pending};
use super::revision::Revision;
use super::settings::Limits;
use super::stage::Stage;
use super::watch::Shared;
use super::write::Outcome;

/// How long after failed upkeep it is tried again.
const UPKEEP_RETRY: Duration = Duration::from_secs(1);

/// The writer of a store with this engine.
pub(super) struct Writer<E> {
    pub(super) engine: E,
    pub(super) exit: Exit,
    pub(super) shared: Arc<Shared>,
    /// Tells the watches of new changes, and by its end of the end of the writer.
    pub(super) signal: Arc<watch::Sender<()>>,
    pub(super) limits: Limits,
    /// The time in milliseconds since 1970.
    pub(super) clock: fn() -> u64,
    pub(super) tally: Arc<Tally>,
    /// Whether the last commit or the last upkeep failed, for [`health`](super::Store::health).
    pub(super) failing: Arc<AtomicBool>,
    pub(super) failed: Failed,
    /// The last revision given out, also if its commit failed.
    pub(super) highest: Revision,
}

/// Which work of the engine failed last time: a commit that goes well says nothing about a sync that does not.
#[derive(Debug, Default)]
pub(super) struct Failed {
    commit: bool,
    upkeep: bool,
}

enum Work {
    Commit,
    Upkeep,
}

impl<E: Engine> Writer<E> {
    /// Works until the queue is closed and empty.
    ///
    /// # Errors
    /// The newest changes may not be durable.
    pub(super) fn run(mut self) -> Result<(), Error> {
        let mut batch = Vec::with_capacity(BATCH_WRITES);
        let mut upkeep_due: Option<Instant> = None;
        loop {
            let now = Instant::now();
            if upkeep_due.is_some_and(|due| due <= now) {
                let done = self.engine.upkeep();
                upkeep_due = done.is_err().then(|| now + UPKEEP_RETRY);
                let _tried_again = self.note(&Work::Upkeep, done);
            }
            let patience = upkeep_due.map(|due| due.saturating_duration_since(now));
            match self.exit.receive(&mut batch, patience) {
                Arrival::Batch => {
                    self.process(&mut batch);
                    let wanted = self.engine.upkeep_within().map(|within| Instant::now() + within);
                    upkeep_due = upkeep_due.into_iter().chain(wanted).min();
                }
                Arrival::Nothing => {}
                Arrival::Closed => break,
            }
        }
        let closed = self.engine.close(self.highest);
        self.note(&Work::Upkeep, closed)
    }

    /// Commits a batch and completes its writes: the order of the steps is the contract of
    /// [`Store`](super::Store).
    fn process(&mut self, batch: &mut Vec<Pending>) {
        match self.commit(batch) {
            Ok(outcomes) => {
                for (pending, outcome) in batch.drain(..).zip(outcomes) {
                    pending.complete(outcome);
                }
            }
            Err(error) => {
                for pending in batch.drain(..) {
                    pending.complete(Err(error.clone()));
                }
            }
        }
    }

    fn commit(&mut self, batch: &[Pending]) -> Result<Vec<Outcome>, Error> {
        if self.engine.keeps_nothing() {
            return Ok(self.commit_at_once(batch));
        }
        // Only this thread changes the state: what was checked under this lock holds until the change below.
        let state = self.shared.read()?;
        let mut stage = Stage::new(&state, self.limits, self.highest, (self.clock)());
        let outcomes: Vec<_> = batch.iter().map(|pending| stage.add(pending.write())).collect();
        let (changes, highest) = stage.finish();
        drop(state);
        self.highest = highest;
        if changes.is_empty() {
            return Ok(outcomes);
        }
        let committed = self.engine.commit(&changes, highest);
        self.note(&Work::Commit, committed)?;
        count(&self.tally.commits);
        let mut state = self.shared.change();
        state.apply(changes);
        self.shared.show(state.revision());
        drop(state);
        self.shared.wake(&self.signal);
        Ok(outcomes)
    }

    /// Where others change the state too, checks and changes it under one lock.
    fn commit_at_once(&self, batch: &[Pending]) -> Vec<Outcome> {
        let mut state = self.shared.change();
        let mut stage = Stage::new(&state, self.limits, state.revision(), (self.clock)());
        let outcomes = batch.iter().map(|pending| stage.add(pending.write())).collect();
        let (changes, _) = stage.finish();
        if changes.is_empty() {
            return outcomes;
        }
        state.apply(changes);
        self.shared.show(state.revision());
        drop(state);
        count(&self.tally.commits);
        self.shared.wake(&self.signal);
        outcomes
    }

    /// Counts a failure and logs the first of a row of them, and the end of the row.
    fn note(&mut self, work: &Work, done: Result<(), Failure>) -> Result<(), Error> {
        match work {
            Work::Commit => self.failed.commit = done.is_err(),
            Work::Upkeep => self.failed.upkeep = done.is_err(),
        }
        let fails = self.failed.commit || self.failed.upkeep;
        let failed_before = self.failing.swap(fails, Ordering::Relaxed);
        if failed_before && !fails {
            tracing::info!("the store works again");
        }
        done.map_err(|failure| {
            count(&self.tally.failures);
            if !failed_before {
                tracing::error!(cause = %failure, "the store fails: its writes may be refused");
            }
            failure.into()
        })
    }
}

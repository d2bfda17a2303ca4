//! Where committed changes go: the contract of an engine, and the engine that keeps nothing.

use std::fmt;
use std::time::Duration;

use super::capabilities::Capabilities;
use super::entry::{Change, Entry};
use super::error::{Error, OpenError};
use super::revision::Revision;

/// Keeps changes for the next start. Only one thread, the writer of its store, ever calls it.
///
/// All entries are held in memory by the store; an engine is read once, by [`load`](Self::load).
pub trait Engine: Send + 'static {
    /// Everything that is kept.
    ///
    /// # Errors
    /// What is kept cannot be read.
    fn load(&mut self) -> Result<Loaded, OpenError>;

    /// Keeps the changes, all or none. They are [`Change::Put`] and [`Change::Deleted`] in the order of their
    /// revisions, none of them greater than `highest`, and `highest` is never to be given out again.
    ///
    /// # Errors
    /// Nothing was kept; the next commit may go well.
    fn commit(&mut self, changes: &[Change], highest: Revision) -> Result<(), Failure>;

    /// Whether [`commit`](Self::commit) does nothing, and so need not be called: writes are then decided by whoever asks
    /// for them, without the writer.
    fn keeps_nothing(&self) -> bool {
        false
    }

    /// How long [`upkeep`](Self::upkeep) may wait from now, asked after each commit; `None` if there is nothing to
    /// do.
    fn upkeep_within(&self) -> Option<Duration> {
        None
    }

    /// Does what need not be done before a write is completed.
    ///
    /// # Errors
    /// It is to be tried again.
    fn upkeep(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    /// The last call: leaves everything durable. `highest` is the last revision given out.
    ///
    /// # Errors
    /// The newest changes may not be durable.
    fn close(&mut self, highest: Revision) -> Result<(), Failure> {
        let _nothing_to_keep = highest;
        Ok(())
    }

    /// What it promises.
    fn capabilities(&self) -> Capabilities;
}

/// What an engine kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// All entries.
    pub entries: Vec<Entry>,
    /// No revision up to this one may be given out again.
    pub highest: Revision,
}

/// Why an engine could not do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The disk is full, gone or busy.
    Unavailable(String),
    /// What is kept is damaged.
    Corrupt(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(cause) => formatter.write_str(cause),
            Self::Corrupt(cause) => write!(formatter, "corrupt: {cause}"),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unavailable(_) => Self::Unavailable,
            Failure::Corrupt(cause) => Self::Corrupt(cause),
        }
    }
}

/// Keeps nothing: the store lives as long as its process.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryEngine;

impl Engine for MemoryEngine {
    fn load(&mut self) -> Result<Loaded, OpenError> {
        Ok(Loaded::default())
    }

    fn commit(&mut self, _changes: &[Change], _highest: Revision) -> Result<(), Failure> {
        Ok(())
    }

    fn keeps_nothing(&self) -> bool {
        true
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { durable: false, persistent: false, loss_window: None, shared: false }
    }
}

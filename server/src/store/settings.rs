//! What an operator can choose.

use std::time::Duration;

use crate::clock;

/// How much a store may hold.
///
/// Only growth is refused: a store that is opened with more than its limits is read as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The number of entries.
    pub entries: usize,
    /// The bytes of all paths and bodies together.
    pub total_bytes: usize,
    /// The bytes of one body.
    pub body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries: 100_000, total_bytes: 256 << 20, body_bytes: 16 << 20 }
    }
}

/// The sizes of a store in memory, and its clock.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How much it may hold.
    pub limits: Limits,
    /// How many writes may wait in the queue; at least one.
    pub queue: usize,
    /// How many bytes of bodies may wait in the queue. A write that finds the queue empty is taken at any size.
    pub queue_bytes: usize,
    /// How many past changes are at hand for watchers: who is further behind lists again. At least one.
    pub changes: usize,
    /// How many bytes of past changes are at hand for watchers. The last change is at any size.
    pub change_bytes: usize,
    /// The time in milliseconds since 1970; entries keep when they were accepted.
    pub clock: fn() -> u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            queue: 4096,
            queue_bytes: 64 << 20,
            changes: 8192,
            change_bytes: 16 << 20,
            clock: clock::since_1970,
        }
    }
}

/// What a completed write has survived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A loss of power: each commit is synced to the disk before its writes are completed.
    #[default]
    Commit,
    /// A crash of the process. A loss of power takes at most the writes of this last interval: the disk is synced
    /// that often while there are writes.
    Interval(Duration),
    /// Nothing: there is no file.
    Memory,
}

impl Durability {
    /// [`Interval`](Self::Interval) with the usual second.
    pub const EVERY_SECOND: Self = Self::Interval(Duration::from_secs(1));
}

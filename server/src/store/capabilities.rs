//! What a kind of store can promise.

use std::time::Duration;

/// What a store promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// A completed write survives a loss of power.
    pub durable: bool,
    /// Entries survive a restart of the process.
    pub persistent: bool,
    /// How much of the newest completed writes a loss of power can take; `None` if `durable` or not `persistent`.
    pub loss_window: Option<Duration>,
    /// Other processes may write to the same store.
    pub shared: bool,
}

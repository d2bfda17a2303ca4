//! The store: a durable tree of representations that many read, write and watch at once.
//!
//! [`Store`] is the contract, with the loop of a worker as code. [`LocalStore`] keeps it for one process: all
//! entries in memory, one writer thread, and an [`Engine`] that makes changes durable. [`AnyStore`] is the one a
//! server was configured with.
//!
//! From the words up to the whole; each row imports only from itself and the rows above:
//!
//! | file | holds |
//! |---|---|
//! | `revision`, `key`, `page`, `settings`, `capabilities`, `counters` | the words |
//! | `entry`, `error`, `write` | what is held, what goes wrong, what is asked |
//! | `engine` | where committed changes go: the contract, and the engine that keeps nothing |
//! | `sqlite` | the engine that keeps them in one SQLite file |
//! | `verdict` | what becomes of a write |
//! | `state` | the entries in memory and the last changes |
//! | `watch` | following those changes |
//! | `contract` | the trait [`Store`] |
//! | `queue`, `stage`, `writer` | the way of a write: bounded queue, checks, commit, answer |
//! | `immediate` | its short cut where nothing is kept |
//! | `local`, `any` | the stores themselves |

mod any;
mod capabilities;
mod contract;
mod counters;
mod engine;
mod entry;
mod error;
mod immediate;
mod key;
mod local;
mod page;
mod queue;
mod revision;
mod settings;
mod sqlite;
mod stage;
mod state;
mod verdict;
mod watch;
mod write;
mod writer;

pub use any::AnyStore;
pub use capabilities::Capabilities;
pub use contract::Store;
pub use counters::Counters;
pub use engine::{Engine, Failure, Loaded, MemoryEngine};
pub use entry::{Change, Entry};
pub use error::{Busy, Error, OpenError};
pub use key::{Key, KeyError, Prefix};
pub use local::LocalStore;
pub use page::Page;
pub use revision::Revision;
pub use settings::{Durability, Limits, Settings};
pub use sqlite::SqliteEngine;
pub use watch::{Signal, Watch};
pub use write::{Committed, Completed, Completion, Expect, Operation, Outcome, Revisions, Write};

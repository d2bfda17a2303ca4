//! The store of one process: all entries in memory, changes kept by an engine.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::watch;

use super::capabilities::Capabilities;
use super::contract::Store;
use super::counters::{Counters, Tally};
use super::engine::{Engine, MemoryEngine};
use super::entry::Entry;
use super::error::{Busy, Error, OpenError};
use super::immediate::Immediate;
use super::key::{Key, Prefix};
use super::page::Page;
use super::queue::{Entrance, queue};
use super::revision::Revision;
use super::settings::{Durability, Settings};
use super::sqlite::SqliteEngine;
use super::state::State;
use super::watch::{Shared, Watch};
use super::write::{Completion, Outcome, Write};
use super::writer::{Failed, Writer};

/// A [`Store`] with one writer thread, over any [`Engine`]. Share it in an `Arc`.
///
/// Dropping it does what [`close`](Store::close) does, blocking.
#[derive(Debug)]
pub struct LocalStore {
    entrance: Entrance,
    /// The short cut of an engine that keeps nothing.
    immediate: Option<Immediate>,
    shared: Arc<Shared>,
    /// Closed by the end of the writer.
    signal: watch::Receiver<()>,
    capabilities: Capabilities,
    tally: Arc<Tally>,
    failing: Arc<AtomicBool>,
    writer: Mutex<Option<JoinHandle<Result<(), Error>>>>,
}

impl LocalStore {
    /// Opens the store in a data directory, which is created if it is missing. [`Durability::Memory`] leaves the
    /// directory alone. Blocks until all entries are read.
    ///
    /// # Errors
    /// One clear line about what is wrong with the directory or the file.
    pub fn open(directory: &Path, durability: Durability, settings: Settings) -> Result<Self, OpenError> {
        match durability {
            Durability::Memory => Self::start(MemoryEngine, settings),
            Durability::Commit => Self::start(SqliteEngine::open(directory, None)?, settings),
            Durability::Interval(interval) => {
                Self::start(SqliteEngine::open(directory, Some(interval))?, settings)
            }
        }
    }

    /// A store that lives as long as this value.
    ///
    /// # Errors
    /// The writer thread cannot be started.
    pub fn memory(settings: Settings) -> Result<Self, OpenError> {
        Self::start(MemoryEngine, settings)
    }

    /// Reads what an engine kept and starts its writer.
    ///
    /// # Errors
    /// What the engine kept cannot be read, or the writer thread cannot be started.
    pub fn start<E: Engine>(mut engine: E, settings: Settings) -> Result<Self, OpenError> {
        let loaded = engine.load()?;
        let highest = loaded.highest;
        let capabilities = engine.capabilities();
        let shared = Shared::new(State::new(loaded, settings.changes, settings.change_bytes));
        let tally = Arc::new(Tally::default());
        let failing = Arc::new(AtomicBool::new(false));
        let (entrance, exit) = queue(settings.queue, settings.queue_bytes, Arc::clone(&tally));
        let (sender, signal) = watch::channel(());
        let sender = Arc::new(sender);
        let immediate = engine.keeps_nothing().then(|| Immediate {
            shared: Arc::clone(&shared),
            limits: settings.limits,
            clock: settings.clock,
            tally: Arc::clone(&tally),
            signal: Arc::downgrade(&sender),
        });
        let writer = Writer {
            engine,
            exit,
            shared: Arc::clone(&shared),
            signal: sender,
            limits: settings.limits,
            clock: settings.clock,
            tally: Arc::clone(&tally),
            failing: Arc::clone(&failing),
            failed: Failed::default(),
            highest,
        };
        let thread = thread::Builder::new().name("twite-store".to_owned());
        let handle =
            thread.spawn(move || writer.run()).map_err(|error| OpenError::NoThread(error.to_string()))?;
        let writer = Mutex::new(Some(handle));
        Ok(Self { entrance, immediate, shared, signal, capabilities, tally, failing, writer })
    }

    /// What it did so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.tally.read()
    }

    /// How many entries there are, and the bytes of their paths and bodies.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the writer died.
    pub fn usage(&self) -> Result<(usize, usize), Error> {
        let state = self.shared.read()?;
        Ok((state.entries(), state.bytes()))
    }

    fn join(&self) -> Result<(), Error> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let ended = writer.map_or(Ok(Ok(())), JoinHandle::join);
        ended.unwrap_or(Err(Error::Unavailable))
    }
}

impl Store for LocalStore {
    fn submit(&self, write: Write, completion: Completion) -> Result<(), Busy> {
        self.entrance.submit(write, completion)
    }

    fn submit_all(&self, writes: &mut Vec<(Write, Completion)>) {
        self.entrance.submit_all(writes);
    }

    fn write_now(&self, write: &Write) -> Option<Outcome> {
        self.immediate.as_ref().filter(|_| !self.entrance.is_closed())?.write(write)
    }

    async fn get(&self, key: &Key) -> Result<Option<Entry>, Error> {
        Ok(self.shared.read()?.entry(key).cloned())
    }

    async fn list(&self, prefix: &Prefix, page: Page) -> Result<(Vec<Entry>, Revision), Error> {
        let state = self.shared.read()?;
        Ok((state.list(prefix, &page), state.revision()))
    }

    async fn watch(&self, prefix: &Prefix, from: Revision) -> Result<Watch, Error> {
        Ok(Watch::new(Arc::clone(&self.shared), self.signal.clone(), prefix.clone(), from))
    }

    async fn health(&self) -> Result<(), Error> {
        let ended = self.signal.has_changed().is_err();
        let fails = self.failing.load(Ordering::Relaxed);
        if ended || fails || self.entrance.is_closed() { Err(Error::Unavailable) } else { Ok(()) }
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    async fn close(&self) -> Result<(), Error> {
        self.entrance.close();
        let mut signal = self.signal.clone();
        while signal.changed().await.is_ok() {}
        self.join()
    }
}

impl Drop for LocalStore {
    fn drop(&mut self) {
        self.entrance.close();
        if self.join().is_err() {
            tracing::error!("the store did not end well: its newest changes may be lost");
        }
    }
}

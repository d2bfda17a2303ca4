//! The store a server was configured with.

use std::path::Path;

use super::capabilities::Capabilities;
use super::contract::Store;
use super::counters::Counters;
use super::entry::Entry;
use super::error::{Busy, Error, OpenError};
use super::key::{Key, Prefix};
use super::local::LocalStore;
use super::page::Page;
use super::revision::Revision;
use super::settings::{Durability, Settings};
use super::watch::Watch;
use super::write::{Completion, Outcome, Write};

/// One of the kinds of [`Store`], chosen at run time. A new kind is a variant here and nothing else.
#[derive(Debug)]
#[non_exhaustive]
pub enum AnyStore {
    /// In this process: in memory, or durable in a data directory.
    Local(LocalStore),
}

impl AnyStore {
    /// Opens the store in a data directory: see [`LocalStore::open`].
    ///
    /// # Errors
    /// One clear line about what is wrong with the directory or the file.
    pub fn open(directory: &Path, durability: Durability, settings: Settings) -> Result<Self, OpenError> {
        LocalStore::open(directory, durability, settings).map(Self::Local)
    }

    /// What it did so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        match self {
            Self::Local(store) => store.counters(),
        }
    }

    /// How many entries there are, and the bytes of their paths and bodies.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the writer died.
    pub fn usage(&self) -> Result<(usize, usize), Error> {
        match self {
            Self::Local(store) => store.usage(),
        }
    }
}

impl Store for AnyStore {
    fn submit(&self, write: Write, completion: Completion) -> Result<(), Busy> {
        match self {
            Self::Local(store) => store.submit(write, completion),
        }
    }

    fn submit_all(&self, writes: &mut Vec<(Write, Completion)>) {
        match self {
            Self::Local(store) => store.submit_all(writes),
        }
    }

    fn write_now(&self, write: &Write) -> Option<Outcome> {
        match self {
            Self::Local(store) => store.write_now(write),
        }
    }

    async fn get(&self, key: &Key) -> Result<Option<Entry>, Error> {
        match self {
            Self::Local(store) => store.get(key).await,
        }
    }

    async fn list(&self, prefix: &Prefix, page: Page) -> Result<(Vec<Entry>, Revision), Error> {
        match self {
            Self::Local(store) => store.list(prefix, page).await,
        }
    }

    async fn watch(&self, prefix: &Prefix, from: Revision) -> Result<Watch, Error> {
        match self {
            Self::Local(store) => store.watch(prefix, from).await,
        }
    }

    async fn health(&self) -> Result<(), Error> {
        match self {
            Self::Local(store) => store.health().await,
        }
    }

    fn capabilities(&self) -> Capabilities {
        match self {
            Self::Local(store) => store.capabilities(),
        }
    }

    async fn close(&self) -> Result<(), Error> {
        match self {
            Self::Local(store) => store.close().await,
        }
    }
}

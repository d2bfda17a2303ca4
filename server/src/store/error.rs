//! What can go wrong with a store: at work, when submitting, when opening.

use std::fmt;
use std::path::PathBuf;

use super::revision::Revision;

/// Why a read or a write was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The condition of the write does not hold (4.12).
    Conflict {
        /// What is at the target.
        current: Option<Revision>,
    },
    /// There is nothing to delete.
    NotFound,
    /// The store holds as many entries or bytes as its limits allow (5.03).
    Full,
    /// The body, or the path of a created entry, is longer than allowed (4.13).
    TooLarge,
    /// The store is busy or closed, or its disk failed (5.03).
    ///
    /// Nothing was done. Only if the machine stops before the next successful write can a write answered this way
    /// turn out to be done after the restart.
    Unavailable,
    /// What is stored cannot be read or is contradictory.
    Corrupt(String),
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { current: Some(revision) } => {
                write!(formatter, "the condition does not hold: the entry is at revision {revision}")
            }
            Self::Conflict { current: None } => {
                formatter.write_str("the condition does not hold: there is no entry")
            }
            Self::NotFound => formatter.write_str("there is no entry"),
            Self::Full => formatter.write_str("the store is full"),
            Self::TooLarge => formatter.write_str("the entry is larger than the store allows"),
            Self::Unavailable => formatter.write_str("the store is unavailable"),
            Self::Corrupt(cause) => write!(formatter, "the store is corrupt: {cause}"),
        }
    }
}

impl std::error::Error for Error {}

/// The write was not taken: the queue is full, or the store is closed. Nothing was done and nothing will be
/// completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

impl fmt::Display for Busy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the store has too many writes waiting, or is closed")
    }
}

impl std::error::Error for Busy {}

/// Why a store could not be opened: one line for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// The data directory is a file.
    NotADirectory(PathBuf),
    /// Another store, mostly of another process, has the data directory open.
    InUse(PathBuf),
    /// The file is damaged.
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// The file is a database of another program.
    Foreign(PathBuf),
    /// The file was written by a newer version of this program.
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest schema version this program reads.
        known: i64,
    },
    /// The directory or the file cannot be created, read or written.
    Unusable {
        /// The directory or the file.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// The writer thread could not be started.
    NoThread(String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotADirectory(path) => {
                write!(formatter, "data directory {} is not a directory", path.display())
            }
            Self::InUse(path) => {
                write!(formatter, "data directory {} is in use by another process", path.display())
            }
            Self::Corrupt { path, cause } => write!(
                formatter,
                "store {} is corrupt: {cause}; restore a backup or move it away",
                path.display()
            ),
            Self::Foreign(path) => {
                write!(formatter, "store {} belongs to another program; move it away", path.display())
            }
            Self::Newer { path, found, known } => write!(
                formatter,
                "store {} has schema version {found}, this program reads up to {known}: use a newer program",
                path.display()
            ),
            Self::Unusable { path, cause } => write!(formatter, "cannot use {}: {cause}", path.display()),
            Self::NoThread(cause) => write!(formatter, "cannot start the writer thread: {cause}"),
        }
    }
}

impl std::error::Error for OpenError {}

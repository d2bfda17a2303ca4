//! The engine that keeps changes in one SQLite file, `twite.db`, with a write-ahead log beside it.
//!
//! The file is locked as long as it is open: two stores never share one.

mod file;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior, params};

use super::capabilities::Capabilities;
use super::engine::{Engine, Failure, Loaded};
use super::entry::Change;
use super::error::OpenError;
use super::revision::Revision;

/// How long the log may wait for its checkpoint if every commit is synced anyway.
const CHECKPOINT_WITHIN: Duration = Duration::from_secs(10);
/// How many pages the log may grow until its checkpoint is due at once: 8 MiB.
const CHECKPOINT_PAGES: usize = 2048;
/// How many free pages stay in the file when upkeep gives the others back.
const SPARE_PAGES: i64 = 1024;
/// How many free pages upkeep gives back at once.
const VACUUM_PAGES: i64 = 2048;
/// How many revisions are set aside at once when commits are not synced.
const REVISIONS_SET_ASIDE: u64 = 1 << 16;

/// Keeps changes in a SQLite file.
///
/// Without an interval each commit is synced: what it kept survives a loss of power. With an interval commits go
/// to the system unsynced and survive a crash of the process; the disk is synced once per interval while there
/// are changes. Revisions are set aside ahead of their use then, so that those of changes lost with the power are
/// not given out again.
#[derive(Debug)]
pub struct SqliteEngine {
    connection: Connection,
    path: PathBuf,
    interval: Option<Duration>,
    /// What the file says: no revision up to this one may be given out after a restart.
    set_aside: Revision,
    /// An estimate of the pages in the log that are not in the database yet.
    log_pages: usize,
}

impl SqliteEngine {
    /// Opens, or creates, and locks the file in a data directory, which is created if it is missing.
    ///
    /// # Errors
    /// What is wrong with the directory or the file.
    pub fn open(directory: &Path, interval: Option<Duration>) -> Result<Self, OpenError> {
        let path = file::path(directory)?;
        let connection = file::open(directory, &path, interval.is_none())?;
        Ok(Self { connection, path, interval, set_aside: Revision::ZERO, log_pages: 0 })
    }

    fn write(&mut self, changes: &[Change], set_aside: Option<Revision>) -> Result<(), rusqlite::Error> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        write_changes(&transaction, changes)?;
        if let Some(revision) = set_aside {
            file::set_highest(&transaction, revision)?;
        }
        transaction.commit()?;
        self.set_aside = set_aside.unwrap_or(self.set_aside);
        self.log_pages += 1 + changes.iter().map(pages).sum::<usize>();
        Ok(())
    }

    /// Makes sure that revisions up to `highest` are not given out after a loss of power.
    fn set_aside(&mut self, highest: Revision) -> Result<(), Failure> {
        if highest <= self.set_aside {
            return Ok(());
        }
        let ahead = Revision(highest.0.saturating_add(REVISIONS_SET_ASIDE)).min(Revision::MAX);
        let before = self.set_aside;
        let done = self.write(&[], Some(ahead)).map_err(|error| failure(&error));
        let done = done.and_then(|()| self.checkpoint());
        if done.is_err() {
            self.set_aside = before;
        }
        done
    }

    /// Syncs the log, copies it to the database and syncs that.
    fn checkpoint(&mut self) -> Result<(), Failure> {
        let busy: i64 = self
            .connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(0))
            .map_err(|error| failure(&error))?;
        if busy != 0 {
            return Err(Failure::Unavailable("the checkpoint was kept from finishing".to_owned()));
        }
        self.log_pages = 0;
        Ok(())
    }

    /// Gives free pages back to the file system.
    fn shrink(&self) -> Result<(), rusqlite::Error> {
        let free: i64 = self.connection.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
        if free <= SPARE_PAGES {
            return Ok(());
        }
        let pages = (free - SPARE_PAGES).min(VACUUM_PAGES);
        // Each step gives one page back.
        let mut statement = self.connection.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
        let mut steps = statement.query([])?;
        while steps.next()?.is_some() {}
        Ok(())
    }
}

impl Engine for SqliteEngine {
    fn load(&mut self) -> Result<Loaded, OpenError> {
        let loaded = file::load(&self.connection, &self.path)?;
        self.set_aside = loaded.highest;
        Ok(loaded)
    }

    fn commit(&mut self, changes: &[Change], highest: Revision) -> Result<(), Failure> {
        let in_same_transaction = if self.interval.is_some() {
            self.set_aside(highest)?;
            None
        } else {
            Some(highest)
        };
        self.write(changes, in_same_transaction).map_err(|error| failure(&error))
    }

    fn upkeep_within(&self) -> Option<Duration> {
        match self.log_pages {
            0 => None,
            CHECKPOINT_PAGES.. => Some(Duration::ZERO),
            _ => Some(self.interval.unwrap_or(CHECKPOINT_WITHIN)),
        }
    }

    fn upkeep(&mut self) -> Result<(), Failure> {
        self.shrink().map_err(|error| failure(&error))?;
        self.checkpoint()
    }

    fn close(&mut self, highest: Revision) -> Result<(), Failure> {
        if highest != self.set_aside {
            self.write(&[], Some(highest)).map_err(|error| failure(&error))?;
        }
        self.checkpoint()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            durable: self.interval.is_none(),
            persistent: true,
            loss_window: self.interval,
            shared: false,
        }
    }
}

fn write_changes(transaction: &Transaction<'_>, changes: &[Change]) -> Result<(), rusqlite::Error> {
    let mut put = transaction.prepare(
        "INSERT INTO entry (path, revision, content_format, accepted, body) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (path) DO UPDATE SET
         revision = excluded.revision, content_format = excluded.content_format,
         accepted = excluded.accepted, body = excluded.body",
    )?;
    let mut delete = transaction.prepare("DELETE FROM entry WHERE path = ?1")?;
    for change in changes {
        match change {
            Change::Put(entry) => put.execute(params![
                entry.key.as_str(),
                file::column(entry.revision),
                entry.content_format,
                entry.accepted.and_then(|time| i64::try_from(time).ok()),
                &*entry.body
            ])?,
            Change::Deleted { key, .. } => delete.execute([key.as_str()])?,
            Change::Resync(_) => 0,
        };
    }
    Ok(())
}

/// About how many pages of the log a change takes.
fn pages(change: &Change) -> usize {
    1 + change.entry().map_or(0, |entry| entry.body.len() / 4096)
}

fn failure(error: &rusqlite::Error) -> Failure {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Failure::Corrupt(error.to_string()),
        _ => Failure::Unavailable(error.to_string()),
    }
}

#[cfg(test)]
mod tests;

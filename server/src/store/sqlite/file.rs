//! The file: where it is, whose it is, what is in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Row};

use crate::store::engine::Loaded;
use crate::store::entry::Entry;
use crate::store::error::OpenError;
use crate::store::key::Key;
use crate::store::revision::Revision;

const FILE_NAME: &str = "twite.db";
/// `Twit`: tells our files from those of other programs.
const APPLICATION_ID: i64 = 0x5477_6974;
/// The newest schema this program knows.
const SCHEMA_VERSION: i64 = 2;
/// The log is cut to this size when it starts anew.
const LOG_BYTES_KEPT: i64 = 32 << 20;

/// Entries have row ids: in a table without them a body of some 1000 bytes takes a whole page of 4096.
const SCHEMA: &str = "
    CREATE TABLE entry (
        id INTEGER PRIMARY KEY,
        path TEXT NOT NULL UNIQUE,
        revision INTEGER NOT NULL,
        content_format INTEGER,
        accepted INTEGER,
        body BLOB NOT NULL
    ) STRICT;
    CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO meta (name, value) VALUES ('highest_revision', 0);
";

/// What makes a file of the version before, in which nobody knows when an entry was accepted, one of this version.
const FROM_VERSION_1: &str = "ALTER TABLE entry ADD COLUMN accepted INTEGER;";

/// Creates the data directory if it is missing, and says where the file in it is.
pub(super) fn path(directory: &Path) -> Result<PathBuf, OpenError> {
    let unusable =
        |error: &io::Error| OpenError::Unusable { path: directory.to_owned(), cause: error.to_string() };
    match fs::metadata(directory) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => return Err(OpenError::NotADirectory(directory.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(directory).map_err(|error| unusable(&error))?;
        }
        Err(error) => return Err(unusable(&error)),
    }
    Ok(directory.join(FILE_NAME))
}

/// Opens and locks the file, checks that it is ours, makes it ours if it is new, and brings it up to date if it is old.
pub(super) fn open(directory: &Path, path: &Path, sync_commits: bool) -> Result<Connection, OpenError> {
    let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::InUse(directory.to_owned()),
        _ => open_error(path, &error),
    };
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(Duration::ZERO).map_err(failed)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(failed)?;
    let version = version(&connection, path).map_err(|error| match error {
        Refusal::Sqlite(error) => failed(error),
        Refusal::NotOurs(refusal) => refusal,
    })?;
    if version.is_none() {
        // Works only before the first page is written.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(failed)?;
    }
    configure(&connection, sync_commits).map_err(failed)?;
    match version {
        None => bring_up(&connection, SCHEMA),
        Some(1) => bring_up(&connection, FROM_VERSION_1),
        Some(_) => Ok(()),
    }
    .map_err(failed)?;
    Ok(connection)
}

/// Reads and checks everything.
pub(super) fn load(connection: &Connection, path: &Path) -> Result<Loaded, OpenError> {
    let failed = |error: rusqlite::Error| open_error(path, &error);
    let corrupt = |cause: String| OpenError::Corrupt { path: path.to_owned(), cause };
    let highest: i64 = connection
        .query_row("SELECT value FROM meta WHERE name = 'highest_revision'", [], |row| row.get(0))
        .map_err(failed)?;
    let highest = revision(highest).ok_or_else(|| corrupt(format!("the highest revision is {highest}")))?;
    let mut entries = Vec::new();
    let mut statement = connection
        .prepare("SELECT path, revision, content_format, accepted, body FROM entry ORDER BY id")
        .map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        entries.push(entry(row, highest).map_err(failed)?.map_err(corrupt)?);
    }
    entries.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    match index_matches(connection, &entries).map_err(failed)? {
        true => Ok(Loaded { entries, highest }),
        false => Err(corrupt("the index of paths does not match the entries".to_owned())),
    }
}

/// Whether the index of paths names just these entries: damage that reading the entries alone does not find.
pub(super) fn index_matches(connection: &Connection, entries: &[Entry]) -> Result<bool, rusqlite::Error> {
    let mut statement = connection.prepare("SELECT path FROM entry ORDER BY path")?;
    let mut rows = statement.query([])?;
    for entry in entries {
        match rows.next()? {
            Some(row) if row.get_ref(0)?.as_str()? == entry.key.as_str() => {}
            _ => return Ok(false),
        }
    }
    Ok(rows.next()?.is_none())
}

/// Notes the last revision that may not be given out again.
pub(super) fn set_highest(connection: &Connection, highest: Revision) -> Result<(), rusqlite::Error> {
    let value = column(highest);
    match connection.execute("UPDATE meta SET value = ?1 WHERE name = 'highest_revision'", [value])? {
        1 => Ok(()),
        _ => Err(rusqlite::Error::QueryReturnedNoRows),
    }
}

/// A revision as a column holds it.
pub(super) fn column(revision: Revision) -> i64 {
    i64::try_from(revision.0).unwrap_or(i64::MAX)
}

enum Refusal {
    Sqlite(rusqlite::Error),
    NotOurs(OpenError),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// The schema of the file, `None` if it is empty; refused if it is not ours. Changes nothing.
fn version(connection: &Connection, path: &Path) -> Result<Option<i64>, Refusal> {
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    match (application, version) {
        (0, 0) if tables == 0 => Ok(None),
        (APPLICATION_ID, 1..=SCHEMA_VERSION) => Ok(Some(version)),
        (APPLICATION_ID, found) if found > SCHEMA_VERSION => {
            Err(Refusal::NotOurs(OpenError::Newer { path: path.to_owned(), found, known: SCHEMA_VERSION }))
        }
        _ => Err(Refusal::NotOurs(OpenError::Foreign(path.to_owned()))),
    }
}

fn configure(connection: &Connection, sync_commits: bool) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", if sync_commits { "FULL" } else { "NORMAL" })?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_KEPT)?;
    // The writer makes checkpoints when nobody waits for it.
    connection.pragma_update(None, "wal_autocheckpoint", 0)
}

/// Makes the file one of this program's version.
fn bring_up(connection: &Connection, steps: &str) -> Result<(), rusqlite::Error> {
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {steps}
         PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION}; COMMIT"
    ))
}

fn revision(column: i64) -> Option<Revision> {
    u64::try_from(column).ok().map(Revision)
}

fn entry(row: &Row<'_>, highest: Revision) -> Result<Result<Entry, String>, rusqlite::Error> {
    let path = row.get_ref(0)?.as_str()?;
    let column: i64 = row.get(1)?;
    let key = match Key::new(path) {
        Ok(key) => key,
        Err(error) => return Ok(Err(format!("the path {path:?} is not valid: {error}"))),
    };
    let Some(revision) = revision(column).filter(|found| (Revision(1)..=highest).contains(found)) else {
        return Ok(Err(format!("the entry {key} has revision {column}, the highest is {highest}")));
    };
    let accepted: Option<i64> = row.get(3)?;
    let Ok(accepted) = accepted.map(u64::try_from).transpose() else {
        return Ok(Err(format!("the entry {key} was accepted before 1970")));
    };
    let body = Arc::from(row.get_ref(4)?.as_blob()?);
    Ok(Ok(Entry { key, revision, content_format: row.get(2)?, accepted, body }))
}

/// What an error says about the file: that the system does not give it, or that it is damaged.
fn open_error(path: &Path, error: &rusqlite::Error) -> OpenError {
    let (path, cause) = (path.to_owned(), error.to_string());
    match error.sqlite_error_code() {
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure
            | ErrorCode::DiskFull
            | ErrorCode::OutOfMemory
            | ErrorCode::AuthorizationForStatementDenied
            | ErrorCode::NoLargeFileSupport
            | ErrorCode::FileLockingProtocolFailed,
        ) => OpenError::Unusable { path, cause },
        _ => OpenError::Corrupt { path, cause },
    }
}

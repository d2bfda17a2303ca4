use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::store::entry::Entry;
use crate::store::key::Key;

/// A directory of its own for one test, removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("twite-sqlite-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn open(&self, interval: Option<Duration>) -> (SqliteEngine, Loaded) {
        let mut engine = SqliteEngine::open(&self.0, interval).unwrap();
        let loaded = engine.load().unwrap();
        (engine, loaded)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn put(path: &str, revision: u64, length: usize) -> Change {
    let (key, body) = (Key::new(path).unwrap(), Arc::from(vec![0xa5; length]));
    Change::Put(Entry { key, revision: Revision(revision), content_format: None, accepted: None, body })
}

fn delete(path: &str, revision: u64) -> Change {
    Change::Deleted { key: Key::new(path).unwrap(), revision: Revision(revision) }
}

fn pragma(engine: &SqliteEngine, name: &str) -> i64 {
    engine.connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).unwrap()
}

const HOUR: Option<Duration> = Some(Duration::from_secs(3600));

#[test]
fn file_is_set_up_for_its_durability() {
    let directory = Directory::new();
    for (interval, synchronous) in [(None, 2), (HOUR, 1)] {
        let (engine, _) = directory.open(interval);
        let mode: String = engine.connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
        let locking: String =
            engine.connection.query_row("PRAGMA locking_mode", [], |row| row.get(0)).unwrap();
        assert_eq!(locking, "exclusive");
        assert_eq!(pragma(&engine, "synchronous"), synchronous);
        assert_eq!(pragma(&engine, "auto_vacuum"), 2, "incremental");
        assert_eq!(pragma(&engine, "wal_autocheckpoint"), 0);
        assert_eq!(pragma(&engine, "journal_size_limit"), 32 << 20);
        assert_eq!(pragma(&engine, "busy_timeout"), 0);
    }
}

#[test]
fn full_disk_refuses_the_batch_and_nothing_else() {
    for interval in [None, HOUR] {
        let directory = Directory::new();
        let (mut engine, _) = directory.open(interval);
        engine.commit(&[put("a", 1, 10)], Revision(1)).unwrap();
        let pages = pragma(&engine, "page_count");
        assert_eq!(pragma(&engine, &format!("max_page_count({pages})")), pages);
        let batch = [put("a", 2, 20), put("b", 3, 100_000), delete("a", 4)];
        let refused = engine.commit(&batch, Revision(4));
        assert_eq!(refused, Err(Failure::Unavailable("database or disk is full".to_owned())));
        engine.commit(&[put("c", 5, 10)], Revision(5)).unwrap();
        drop(engine);
        let (_, loaded) = directory.open(interval);
        let revisions: Vec<_> = loaded.entries.iter().map(|entry| entry.revision.0).collect();
        assert_eq!(revisions, [1, 5]);
    }
}

#[test]
fn revisions_are_set_aside_before_they_are_used_unsynced() {
    let directory = Directory::new();
    let (mut engine, _) = directory.open(HOUR);
    engine.commit(&[put("a", 1, 10)], Revision(1)).unwrap();
    // What a loss of power leaves: the database without its log.
    let image = Directory::new();
    std::fs::create_dir(&image.0).unwrap();
    std::fs::copy(directory.0.join("twite.db"), image.0.join("twite.db")).unwrap();
    let (_, loaded) = image.open(HOUR);
    assert_eq!(loaded.entries, [], "lost with the log: this is the window of an interval");
    assert!(loaded.highest >= Revision(REVISIONS_SET_ASIDE), "{:?}", loaded.highest);

    engine.close(Revision(1)).unwrap();
    drop(engine);
    let (_, loaded) = directory.open(HOUR);
    assert_eq!(loaded.highest, Revision(1), "a clean end loses no revision");
}

#[test]
fn upkeep_empties_the_log_into_the_database() {
    let directory = Directory::new();
    let (mut engine, _) = directory.open(HOUR);
    assert_eq!(engine.upkeep_within(), None);
    engine.commit(&[put("a", 1, 10)], Revision(1)).unwrap();
    assert_eq!(engine.upkeep_within(), HOUR);
    engine.commit(&[put("b", 2, CHECKPOINT_PAGES * 4096)], Revision(2)).unwrap();
    assert_eq!(engine.upkeep_within(), Some(Duration::ZERO));
    engine.upkeep().unwrap();
    assert_eq!(engine.upkeep_within(), None);
    let image = Directory::new();
    std::fs::create_dir(&image.0).unwrap();
    std::fs::copy(directory.0.join("twite.db"), image.0.join("twite.db")).unwrap();
    assert_eq!(image.open(HOUR).1.entries.len(), 2, "the database has all without its log");
}

#[test]
fn upkeep_gives_free_pages_back() {
    let directory = Directory::new();
    let (mut engine, _) = directory.open(None);
    engine.commit(&[put("a", 1, 4000 * 4096)], Revision(1)).unwrap();
    engine.commit(&[delete("a", 2)], Revision(2)).unwrap();
    let free = pragma(&engine, "freelist_count");
    assert!(free >= 4000);
    engine.upkeep().unwrap();
    assert_eq!(pragma(&engine, "freelist_count"), free - VACUUM_PAGES);
    engine.upkeep().unwrap();
    assert_eq!(pragma(&engine, "freelist_count"), SPARE_PAGES);
    engine.upkeep().unwrap();
    assert_eq!(pragma(&engine, "freelist_count"), SPARE_PAGES);
    let bytes = std::fs::metadata(directory.0.join("twite.db")).unwrap().len();
    assert!(bytes < 1100 * 4096, "{bytes}");
}

#[test]
fn index_of_paths_names_just_the_entries() {
    let directory = Directory::new();
    let (mut engine, _) = directory.open(None);
    engine.commit(&[put("b", 1, 1), put("a", 2, 1)], Revision(2)).unwrap();
    let entries = engine.load().unwrap().entries;
    let matches = |entries| file::index_matches(&engine.connection, entries).unwrap();
    assert!(matches(&entries));
    assert!(!matches(&entries[..1]), "the index names one more");
    assert!(!matches(&entries[1..]), "the index names another");
}

//! The data directory: restarts, crashes, damage, neighbours.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rusqlite::Connection;
use twite_server::store::{
    AnyStore, Capabilities, Durability, Error, Limits, LocalStore, OpenError, Prefix, Revision, Settings,
    Store,
};

use super::{Directory, body, create, delete, done, list_all, put, run};

const NEVER: Durability = Durability::Interval(Duration::from_secs(3600));
const BOTH: [Durability; 2] = [Durability::Commit, NEVER];

fn refusal(directory: &Path) -> OpenError {
    LocalStore::open(directory, Durability::Commit, Settings::default()).expect_err("it cannot be opened")
}

/// Puts a database of this content in the directory.
fn prepare(directory: &Directory, sql: &str) {
    fs::create_dir_all(&directory.0).unwrap();
    Connection::open(directory.0.join("twite.db")).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn entries_and_revisions_survive_a_restart() {
    for durability in BOTH {
        let directory = Directory::new();
        let store = directory.open(durability);
        let kept = done(&store, put("kept", b"1"));
        done(&store, put("gone", b"2"));
        let last = done(&store, delete("gone"));
        // Dropped without close.
        drop(store);
        let store = AnyStore::open(&directory.0, durability, Settings::default()).unwrap();
        let (entries, revision) = run(list_all(&store, &Prefix::all(), 10));
        assert_eq!((entries.len(), entries[0].revision, revision), (1, kept, last));
        assert_eq!(entries[0].content_format, Some(60));
        assert_eq!(done(&store, put("gone", b"3")), Revision(last.0 + 1), "no revision is lost, none reused");
        run(store.close()).unwrap();
        assert_eq!(run(store.write(put("kept", b"4"))), Err(Error::Unavailable));
        assert_eq!(body(&directory.open(durability), "gone"), Some(b"3".to_vec()));
    }
}

#[test]
fn capabilities_tell_what_is_promised() {
    let directory = Directory::new();
    let promised = |durability| directory.open(durability).capabilities();
    let synced = Capabilities { durable: true, persistent: true, loss_window: None, shared: false };
    assert_eq!(promised(Durability::Commit), synced);
    let second = Some(Duration::from_secs(1));
    let unsynced = Capabilities { durable: false, loss_window: second, ..synced };
    assert_eq!(promised(Durability::EVERY_SECOND), unsynced);
    let memory = Capabilities { durable: false, persistent: false, ..synced };
    assert_eq!(promised(Durability::Memory), memory);
}

#[test]
fn lowered_limits_leave_what_is_there() {
    let directory = Directory::new();
    let store = directory.open(Durability::Commit);
    for path in ["a", "b", "c"] {
        done(&store, put(path, &[0; 100]));
    }
    drop(store);
    let limits = Limits { entries: 2, total_bytes: 50, body_bytes: 100 };
    let settings = Settings { limits, ..Settings::default() };
    let store = LocalStore::open(&directory.0, Durability::Commit, settings).unwrap();
    assert_eq!(store.usage(), Ok((3, 303)));
    done(&store, put("a", &[1; 100]));
    done(&store, put("a", &[1; 90]));
    assert_eq!(run(store.write(put("a", &[1; 91]))), Err(Error::Full));
    done(&store, delete("b"));
    assert_eq!(run(store.write(put("d", b""))), Err(Error::Full));
}

/// What [`child`] does in a process of its own, if the test asks for it.
const CHILD_DIRECTORY: &str = "STORE_TEST_DIRECTORY";
const CHILD_UNSYNCED: &str = "STORE_TEST_UNSYNCED";

/// No test: the other process of the tests below. Writes without end and prints what was acknowledged.
#[test]
fn child() {
    let Ok(directory) = std::env::var(CHILD_DIRECTORY) else { return };
    let durability = if std::env::var(CHILD_UNSYNCED).is_ok() { NEVER } else { Durability::Commit };
    let store = match LocalStore::open(directory.as_ref(), durability, Settings::default()) {
        Ok(store) => store,
        Err(error) => return println!("\nrefused {error}"),
    };
    for round in 0..10_000_u32 {
        let write = if round % 5 == 4 {
            create("c", b"")
        } else {
            put(&format!("{}", round % 7), &round.to_be_bytes())
        };
        let committed = run(store.write(write)).unwrap();
        println!("\nwrote {} {}", committed.change.revision(), committed.change.key().unwrap());
    }
}

fn spawn_child(directory: &Directory, durability: Durability) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "files::child", "--nocapture", "--test-threads=1"]);
    command.env(CHILD_DIRECTORY, &directory.0).stdout(Stdio::piped());
    if durability == NEVER {
        command.env(CHILD_UNSYNCED, "yes");
    }
    command.spawn().unwrap()
}

fn lines(child: &mut Child) -> impl Iterator<Item = String> {
    BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap)
}

#[test]
fn killed_process_loses_nothing_acknowledged() {
    for durability in BOTH {
        let directory = Directory::new();
        let mut highest = Revision::ZERO;
        for round in 1..=5 {
            let mut child = spawn_child(&directory, durability);
            let acknowledged = lines(&mut child).filter(|line| line.starts_with("wrote ")).take(40 * round);
            let last = acknowledged.last().unwrap();
            child.kill().unwrap();
            child.wait().unwrap();
            let (revision, path) = last["wrote ".len()..].split_once(' ').unwrap();
            let revision = Revision(revision.parse().unwrap());
            assert!(revision > highest, "revision {revision} was given out twice");

            let store = directory.open(durability);
            let (entries, now) = run(list_all(&store, &Prefix::all(), 1000));
            assert!(now >= revision);
            let entry = entries.iter().find(|entry| entry.key.as_str() == path).unwrap();
            assert!(entry.revision >= revision, "the acknowledged {revision} of {path} is lost");
            highest = done(&store, put("0", b""));
            assert!(highest > now);
        }
    }
}

#[test]
fn second_store_on_a_directory_is_refused() {
    let directory = Directory::new();
    let store = directory.open(Durability::Commit);
    let expected = format!("data directory {} is in use by another process", directory.0.display());
    assert_eq!(refusal(&directory.0).to_string(), expected);
    let mut child = spawn_child(&directory, Durability::Commit);
    let refused = lines(&mut child).find(|line| line.starts_with("refused ") || line.starts_with("wrote "));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(refused, Some(format!("refused {expected}")));
    done(&store, put("a", b"still mine"));
    run(store.close()).unwrap();
    assert!(body(&directory.open(Durability::Commit), "a").is_some(), "a closed store gives its file free");
}

#[test]
fn unusable_places_are_named() {
    let directory = Directory::new();
    fs::create_dir_all(&directory.0).unwrap();
    let file = directory.0.join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(refusal(&file), OpenError::NotADirectory(file.clone()));
    assert!(
        matches!(refusal(&file.join("below")), OpenError::Unusable { path, .. } if path == file.join("below"))
    );
    fs::create_dir(directory.0.join("twite.db")).unwrap();
    let refused = refusal(&directory.0);
    let expected = format!("cannot use {}", directory.0.join("twite.db").display());
    assert!(refused.to_string().starts_with(&expected), "{refused}");
}

#[test]
fn files_that_are_not_ours_are_refused_and_left_alone() {
    for sql in ["CREATE TABLE notes (text)", "PRAGMA application_id = 7", "PRAGMA user_version = 3"] {
        let directory = Directory::new();
        prepare(&directory, sql);
        let path = directory.0.join("twite.db");
        let before = fs::read(&path).unwrap();
        assert_eq!(refusal(&directory.0), OpenError::Foreign(path.clone()), "{sql}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
    let directory = Directory::new();
    drop(directory.open(Durability::Commit));
    prepare(&directory, "PRAGMA user_version = 3");
    let path = directory.0.join("twite.db");
    assert_eq!(refusal(&directory.0), OpenError::Newer { path, found: 3, known: 2 });
}

/// A file as the first version of this program left it.
const VERSION_1: &str = "
    CREATE TABLE entry (
        id INTEGER PRIMARY KEY,
        path TEXT NOT NULL UNIQUE,
        revision INTEGER NOT NULL,
        content_format INTEGER,
        body BLOB NOT NULL
    ) STRICT;
    CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO meta (name, value) VALUES ('highest_revision', 7);
    INSERT INTO entry (path, revision, content_format, body) VALUES ('a', 3, 60, x'01'), ('b', 7, NULL, x'02');
    PRAGMA application_id = 1417111924;
    PRAGMA user_version = 1;
";

#[test]
fn a_file_of_the_version_before_is_brought_up_to_date() {
    let directory = Directory::new();
    prepare(&directory, VERSION_1);
    let settings = Settings { clock: || 1_234, ..Settings::default() };
    let open = || LocalStore::open(&directory.0, Durability::Commit, settings).unwrap();
    let held = |store: &LocalStore| {
        let entries = run(list_all(store, &Prefix::all(), 10)).0.into_iter();
        let told = entries.map(|entry| (entry.revision.0, entry.content_format, entry.accepted));
        told.collect::<Vec<_>>()
    };
    assert_eq!(held(&open()), [(3, Some(60), None), (7, None, None)]);
    let store = open();
    assert_eq!(body(&store, "a"), Some(b"\x01".to_vec()));
    done(&store, put("a", b"3"));
    drop(store);
    assert_eq!(held(&open()), [(8, Some(60), Some(1_234)), (7, None, None)]);
}

#[test]
fn damage_is_found_at_the_start() {
    for (sql, cause) in [
        ("DROP TABLE meta", "no such table: meta"),
        ("DELETE FROM meta", "returned no rows"),
        ("UPDATE meta SET value = -1", "the highest revision is -1"),
        ("UPDATE meta SET value = 1", "the entry b has revision 2, the highest is 1"),
        ("UPDATE entry SET path = 'a//b' WHERE path = 'a'", "the path \"a//b\" is not valid"),
        ("UPDATE entry SET path = cast(x'ff' AS TEXT) WHERE path = 'a'", "utf-8"),
        ("UPDATE entry SET content_format = 70000", "70000"),
        ("UPDATE entry SET accepted = -1 WHERE path = 'b'", "the entry b was accepted before 1970"),
    ] {
        let directory = Directory::new();
        let store = directory.open(Durability::Commit);
        done(&store, put("a", b"1"));
        done(&store, put("b", b"2"));
        drop(store);
        prepare(&directory, sql);
        expect_corrupt(&directory, cause);
    }
}

#[test]
fn damaged_bytes_are_found_at_the_start() {
    let directory = Directory::new();
    let store = directory.open(Durability::Commit);
    for round in 0..300 {
        done(&store, put(&format!("sensors/{round:03}"), &[7; 100]));
    }
    drop(store);
    let path = directory.0.join("twite.db");
    let whole = fs::read(&path).unwrap();

    let mut torn = whole.clone();
    torn.truncate(whole.len() / 2);
    let mut overwritten = whole.clone();
    overwritten[8192..].fill(0xa5);
    for (bytes, cause) in
        [(&torn, "malformed"), (&overwritten, "malformed"), (&vec![b'x'; 8192], "file is not a database")]
    {
        fs::write(&path, bytes).unwrap();
        expect_corrupt(&directory, cause);
    }
    fs::write(&path, &whole).unwrap();
    drop(directory.open(Durability::Commit));
}

#[test]
fn an_index_that_does_not_match_is_found_at_the_start() {
    let directory = Directory::new();
    let store = directory.open(Durability::Commit);
    done(&store, put("sensors/1", b""));
    done(&store, put("sensors/2", b""));
    drop(store);
    let path = directory.0.join("twite.db");
    let whole = fs::read(&path).unwrap();
    let name = b"sensors/2";
    let places: Vec<_> = (0..whole.len()).filter(|place| whole[*place..].starts_with(name)).collect();
    assert_eq!(places.len(), 2, "once in the table, once in the index");
    for place in places {
        let mut renamed = whole.clone();
        renamed[place + 8] = b'3';
        fs::write(&path, renamed).unwrap();
        expect_corrupt(&directory, "the index of paths does not match the entries");
    }
}

fn expect_corrupt(directory: &Directory, cause: &str) {
    let line = refusal(&directory.0).to_string();
    let begins = format!("store {} is corrupt: ", directory.0.join("twite.db").display());
    assert!(line.starts_with(&begins), "{line}");
    assert!(line.contains(cause), "{line} does not say {cause}");
    assert!(line.ends_with("; restore a backup or move it away") && !line.contains('\n'), "{line}");
}

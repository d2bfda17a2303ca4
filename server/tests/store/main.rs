//! The contract of the store, checked over each engine.

mod conformance;
mod failures;
mod files;
mod immediate;
mod watching;

use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use twite_server::store::{
    Change, Durability, Entry, Expect, Key, LocalStore, Operation, Outcome, Page, Prefix, Revision, Settings,
    Store, Write,
};

/// A directory of its own for one test, removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("store-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _left_over = fs::remove_dir_all(&path);
        Self(path)
    }

    fn open(&self, durability: Durability) -> LocalStore {
        LocalStore::open(&self.0, durability, Settings::default()).unwrap()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _never_created = fs::remove_dir_all(&self.0);
    }
}

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn key(path: &str) -> Key {
    Key::new(path).unwrap()
}

fn put_if(path: &str, expect: Expect, body: &[u8]) -> Write {
    let operation = Operation::Put { content_format: Some(60), body: Arc::from(body) };
    Write { key: key(path), expect, operation }
}

fn put(path: &str, body: &[u8]) -> Write {
    put_if(path, Expect::Any, body)
}

fn create(path: &str, body: &[u8]) -> Write {
    let operation = Operation::Create { content_format: None, body: Arc::from(body) };
    Write { key: key(path), expect: Expect::Any, operation }
}

fn delete(path: &str) -> Write {
    Write { key: key(path), expect: Expect::Any, operation: Operation::Delete }
}

/// Writes and gives the revision of the change.
fn done(store: &impl Store, write: Write) -> Revision {
    revision(&run(store.write(write)))
}

fn revision(outcome: &Outcome) -> Revision {
    outcome.as_ref().map(|committed| committed.change.revision()).unwrap()
}

fn body(store: &impl Store, path: &str) -> Option<Vec<u8>> {
    run(store.get(&key(path))).unwrap().map(|entry| entry.body.to_vec())
}

/// All pages of a list, and the revision of the first.
async fn list_all(store: &impl Store, prefix: &Prefix, limit: usize) -> (Vec<Entry>, Revision) {
    let (mut entries, first) = store.list(prefix, Page { after: None, limit }).await.unwrap();
    loop {
        let after = entries.last().map(|entry| entry.key.clone());
        let (more, _) = store.list(prefix, Page { after, limit }).await.unwrap();
        if more.is_empty() {
            return (entries, first);
        }
        entries.extend(more);
    }
}

fn is_put(change: &Change, path: &str, revision: Revision) -> bool {
    change.entry().is_some_and(|entry| entry.key == key(path) && entry.revision == revision)
}

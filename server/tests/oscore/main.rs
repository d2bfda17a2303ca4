//! Contexts in files: who may use them, and that no sequence number is used twice.

mod files;
mod kills;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use twite::oscore::Context;
use twite::wire::{Code, Message, MessageType, MessageWriter};
use twite_server::oscore::{Names, Pair, create};

/// A directory of its own for one test, removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("oscore-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _left_over = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// A new context.
    fn context(&self) -> PathBuf {
        let path = self.0.join("client.toml");
        create(&path, &pair().client).unwrap();
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _never_created = fs::remove_dir_all(&self.0);
    }
}

fn pair() -> Pair {
    Pair::generate(&Names { name: "gateway".to_owned(), ..Names::default() }).unwrap()
}

/// Uses the next number.
fn take(context: &mut Context) -> Option<u64> {
    let (mut plain, mut protected) = ([0; 16], [0; 64]);
    let writer = MessageWriter::new(&mut plain, MessageType::Confirmable, Code::GET, 1, &[]).unwrap();
    let length = writer.payload(&[]).unwrap();
    let message = Message::parse(&plain[..length]).unwrap();
    context.protect_request(&message, &mut protected).ok().map(|(_, awaited)| awaited.partial_iv().number())
}

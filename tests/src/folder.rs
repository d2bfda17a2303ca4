//! A folder of a test's own, gone when the test is over.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// An empty folder, removed with all that is in it on drop.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A new folder among the system's temporary files.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("twite-test-{}-{number}", std::process::id()));
            // One that a killed test of the same process id left behind is passed over.
            if fs::create_dir(&path).is_ok() {
                return Self(path);
            }
            assert!(number < 10_000, "{} cannot be created", path.display());
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The path of a file in it that holds `content`.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).expect("a file in a temporary folder");
        path
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is for the system to clean up.
        let _ = fs::remove_dir_all(&self.0);
    }
}

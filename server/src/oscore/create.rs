//! New files for contexts. They replace nothing: whatever lies there may hold the only key to something.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::{ContextFile, SequenceFile, whole};
use crate::config::ConfigError;

/// Files that were made; whatever of them is not finished is removed.
#[derive(Debug, Default)]
pub(super) struct Made(Vec<PathBuf>);

/// Writes a context and its sequence numbers, none used, readable by their owner alone.
///
/// # Errors
/// Which file is there already or cannot be written; then nothing is.
pub fn create(path: &Path, context: &ContextFile) -> Result<(), ConfigError> {
    let mut made = Made::default();
    made.file(path, context.to_toml())?;
    made.file(SequenceFile::of(path).path(), "0\n")?;
    made.keep();
    Ok(())
}

impl Made {
    /// Writes a file that only its owner may read, and sees it on disk.
    pub(super) fn file(&mut self, path: &Path, content: impl AsRef<[u8]>) -> Result<(), ConfigError> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(path);
        let mut file = file.map_err(|error| refused(path, &error))?;
        self.0.push(path.to_owned());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let written = file
            .write_all(content.as_ref())
            .and_then(|()| file.sync_all())
            .and_then(|()| File::open(folder.unwrap_or(Path::new(".")))?.sync_all());
        written.map_err(|error| refused(path, &error))
    }

    /// Makes a folder that only its owner may enter.
    pub(super) fn folder(&mut self, path: &Path) -> Result<(), ConfigError> {
        use std::os::unix::fs::DirBuilderExt as _;
        fs::DirBuilder::new().mode(0o700).create(path).map_err(|error| refused(path, &error))?;
        self.0.push(path.to_owned());
        Ok(())
    }

    /// All of it is finished.
    pub(super) fn keep(mut self) {
        self.0.clear();
    }
}

fn refused(path: &Path, error: &io::Error) -> ConfigError {
    let problem = match error.kind() {
        io::ErrorKind::AlreadyExists => {
            "is there already, expected a new name: keys are not overwritten".to_owned()
        }
        _ => format!("cannot be written: {error}"),
    };
    whole(path, problem)
}

impl Drop for Made {
    fn drop(&mut self) {
        for path in self.0.iter().rev() {
            // What cannot be removed is told of by the error before.
            let _ = fs::remove_file(path).or_else(|_| fs::remove_dir(path));
        }
    }
}

//! The number on disk below which all sequence numbers may have been used, RFC 8613 App. B.1.1.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use twite::oscore::SequenceStore;

use super::whole;
use crate::config::ConfigError;
use crate::private::Private;

/// One more than the largest number there is (§7.2.1).
const END: u64 = 1 << 40;

/// The file of one context. It is replaced as a whole, never changed: whoever is killed leaves the number before or the one
/// after.
#[derive(Debug)]
pub struct SequenceFile {
    path: PathBuf,
    /// What takes its place.
    next: PathBuf,
    folder: PathBuf,
}

impl SequenceFile {
    /// That of the context in the file at `context`: beside it, with `.sequence` behind its name.
    pub fn of(context: &Path) -> Self {
        let with = |ending: &str| {
            let mut name = context.file_name().unwrap_or_default().to_owned();
            name.push(ending);
            context.with_file_name(name)
        };
        let folder = context.parent().filter(|folder| !folder.as_os_str().is_empty());
        Self {
            path: with(".sequence"),
            next: with(".sequence.next"),
            folder: folder.unwrap_or(Path::new(".")).to_owned(),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn replace(&self, limit: u64) -> io::Result<()> {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&self.next)?;
        writeln!(file, "{limit}")?;
        file.sync_all()?;
        fs::rename(&self.next, &self.path)?;
        // The new name is on disk once the folder is.
        File::open(&self.folder)?.sync_all()
    }
}

impl SequenceStore for SequenceFile {
    type Error = ConfigError;

    fn load(&mut self) -> Result<Option<u64>, ConfigError> {
        if let Err(error) = fs::symlink_metadata(&self.path)
            && error.kind() == ErrorKind::NotFound
        {
            let problem = "is missing, so nobody knows which sequence numbers were used: expected it beside the context; \
                           only if that never protected a message, write 0 into it";
            return Err(whole(&self.path, problem.to_owned()));
        }
        let file = Private::read(&self.path).map_err(|problem| whole(&self.path, problem))?;
        let limit = file.text().trim_ascii_end().parse().ok().filter(|limit| *limit <= END);
        match limit {
            Some(0) => Ok(None),
            Some(limit) => Ok(Some(limit)),
            None => {
                let problem = format!("holds something else, expected one number from 0 to {END}");
                Err(whole(&self.path, problem))
            }
        }
    }

    fn save(&mut self, limit: u64) -> Result<(), ConfigError> {
        self.replace(limit).map_err(|error| whole(&self.path, format!("cannot be written: {error}")))
    }
}

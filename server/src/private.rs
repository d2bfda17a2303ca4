//! Files that others on this host must not change, or not even read: policies and keys.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// Write permission of the group and of all others.
const WRITABLE: u32 = 0o022;

/// Any permission of all others.
const OTHERS: u32 = 0o007;

/// A file as it was when it was opened: its text, which debugging output does not show, and who may do what with it.
pub struct Private {
    file: File,
    mode: u32,
    text: String,
}

/// Keeps everybody else who asks from a file until this is dropped, or the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Private {
    /// Reads a file that only its owner may change.
    ///
    /// # Errors
    /// A sentence without the file's name: it cannot be read, is no file, has more than 1 MiB, is not UTF-8, or its group or
    /// others may write it.
    pub fn read(path: &Path) -> Result<Self, String> {
        let unreadable = |error: io::Error| format!("cannot be read: {error}");
        let (file, mode) = open(path, OpenOptions::new().read(true))?;
        let mut bytes = Vec::new();
        (&file).take(LONGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > LONGEST {
            return Err(format!("has more than {LONGEST} bytes, expected at most that"));
        }
        let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?;
        Ok(Self { file, mode, text })
    }

    /// What the file says.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// By how many names the file can be reached, symbolic links aside.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn names(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.nlink())
    }

    /// Locks the file.
    ///
    /// # Errors
    /// `WouldBlock` if somebody has it.
    pub fn lock(&self) -> Result<Lock, TryLockError> {
        self.file.try_lock()?;
        // Both stand for one lock.
        Ok(Lock { _file: self.file.try_clone().map_err(TryLockError::Error)? })
    }

    /// Refuses a file that holds `secrets` and that others than its owner and its group may open.
    ///
    /// # Errors
    /// A sentence without the file's name.
    pub fn check_hidden(&self, secrets: &str) -> Result<(), String> {
        check_hidden(self.mode, secrets)
    }
}

/// Opens a file that holds `secrets` and that only its owner may change, to be read and changed.
///
/// # Errors
/// A sentence without the file's name: it cannot be opened or is no file, its group or others may write it, or others may
/// open it.
pub fn open_hidden(path: &Path, secrets: &str) -> Result<File, String> {
    let (file, mode) = open(path, OpenOptions::new().read(true).write(true))?;
    check_hidden(mode, secrets)?;
    Ok(file)
}

/// A file that only its owner may change, and its mode.
fn open(path: &Path, options: &OpenOptions) -> Result<(File, u32), String> {
    let unreadable = |error: io::Error| format!("cannot be read: {error}");
    // Opening anything else may wait for somebody.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err("is no file".to_owned());
    }
    let file = options.open(path).map_err(unreadable)?;
    // Of the file that is read, not of one that took its place.
    let metadata = file.metadata().map_err(unreadable)?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & WRITABLE != 0 {
        return Err(format!("its mode is {mode:04o}, expected that only its owner may write it: chmod go-w"));
    }
    Ok((file, mode))
}

fn check_hidden(mode: u32, secrets: &str) -> Result<(), String> {
    if mode & OTHERS == 0 {
        return Ok(());
    }
    Err(format!(
        "holds {secrets} and its mode is {mode:04o}, expected that others may not read it: chmod o-rwx"
    ))
}

impl fmt::Debug for Private {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Private").field("mode", &self.mode).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;

    #[test]
    fn a_file_is_as_private_as_what_it_holds() {
        let path = std::env::temp_dir().join(format!("twite-private-{}", std::process::id()));
        fs::write(&path, "text").expect("a temporary file");
        let read = |mode| {
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("our own file");
            Private::read(&path)
        };
        for mode in [0o620, 0o602, 0o666, 0o777] {
            let error = read(mode).expect_err("others may write it");
            assert!(error.contains(&format!("{mode:04o}")) && error.contains("chmod go-w"), "{error}");
        }
        for (mode, hidden) in [(0o600, true), (0o400, true), (0o640, true), (0o644, false), (0o604, false)] {
            let file = read(mode).expect("only its owner may write it");
            assert_eq!(file.text(), "text");
            assert_eq!(file.check_hidden("keys").is_ok(), hidden, "{mode:o}");
        }
        fs::write(&path, b"\xff").expect("our own file");
        assert_eq!(read(0o600).expect_err("no text"), "is not UTF-8");
        fs::write(&path, vec![b'#'; (1 << 20) + 1]).expect("our own file");
        assert!(read(0o600).expect_err("too long").contains("expected at most"));
        fs::remove_file(&path).expect("our own file");
        assert!(Private::read(&path).expect_err("it is gone").starts_with("cannot be read"));
        for other in ["/", "/dev/null"] {
            assert_eq!(Private::read(Path::new(other)).expect_err("a directory or a device"), "is no file");
        }
    }
}

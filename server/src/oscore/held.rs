//! A context that this process may use, and no other.

use std::fs::{self, TryLockError};
use std::path::Path;

use twite::oscore::{Context, SequenceStore, Start};

use super::{ContextFile, SequenceFile, whole};
use crate::config::ConfigError;
use crate::private::{Lock, Private};

/// A context for this process alone.
#[derive(Debug)]
pub struct Held {
    /// What a policy calls whoever has it.
    pub name: String,
    /// Keys and state, with numbers reserved.
    pub context: Context,
    /// Where further numbers are reserved. Nobody else has the context for as long as this lives.
    pub numbers: Numbers,
}

/// The sequence numbers of a context that nobody else has.
#[derive(Debug)]
pub struct Numbers {
    file: SequenceFile,
    _lock: Lock,
}

impl Held {
    /// Reads a context, makes sure that no other process uses it, and reserves its next sequence numbers.
    ///
    /// # Errors
    /// The file, the place in it, what is wrong and what was expected; never a secret.
    pub fn open(path: &Path) -> Result<Self, ConfigError> {
        let here = |problem| whole(path, problem);
        // By another name the numbers would be looked for beside that one.
        let real = fs::canonicalize(path).map_err(|error| here(format!("cannot be read: {error}")))?;
        let private = Private::read(&real).map_err(here)?;
        private.check_hidden("keys").map_err(here)?;
        match private.names() {
            Ok(1) => {}
            Ok(names) => {
                return Err(here(format!(
                    "has {names} names, expected one, beside which its sequence numbers are"
                )));
            }
            Err(error) => return Err(here(format!("cannot be read: {error}"))),
        }
        let lock = private.lock().map_err(|error| {
            here(match error {
                TryLockError::WouldBlock => "is in use by another process or a second time, expected once: \
                                             two would use one nonce twice"
                    .to_owned(),
                TryLockError::Error(error) => format!("cannot be locked: {error}"),
            })
        })?;
        let file = ContextFile::read(path, private.text())?;
        let mut numbers = Numbers { file: SequenceFile::of(&real), _lock: lock };
        let start = Start::load(&mut numbers)?;
        let mut context = file.derive(start).map_err(|error| here(error.to_string()))?;
        if context.is_exhausted() {
            return Err(here("has used all its sequence numbers, expected a new context".to_owned()));
        }
        context.reserve(&mut numbers)?;
        Ok(Self { name: file.name, context, numbers })
    }
}

impl SequenceStore for Numbers {
    type Error = ConfigError;

    fn load(&mut self) -> Result<Option<u64>, ConfigError> {
        self.file.load()
    }

    fn save(&mut self, limit: u64) -> Result<(), ConfigError> {
        self.file.save(limit)
    }
}

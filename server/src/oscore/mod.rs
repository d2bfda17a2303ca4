//! OSCORE contexts in files (RFC 8613): made, read, held by one process at a time, with the sequence numbers beside them.
//!
//! ```toml
//! name = "gateway"                 # what a policy calls whoever has it
//! master_secret = "0102…"          # hexadecimal, as everything below
//! master_salt = "9e7c…"            # may be missing
//! sender_id = ""                   # ours
//! recipient_id = "5f3a9c01"        # the other side's
//! id_context = "37cbf3"            # may be missing, which is not the same as empty
//! ```
//!
//! Beside the file lies a second one, `….sequence`: the number below which all numbers may have been used (App. B.1.1). It
//! is replaced as a whole before a number at or above it is used, so that whatever happens to process and host no number is
//! used twice. A context without it is refused: nobody knows which numbers were used.
//!
//! What the other side sent before a restart is not stored. A context that was ever used accepts requests after a restart
//! only once one has shown that it is fresh (App. B.1.2).
//!
//! | file | holds |
//! |---|---|
//! | `file` | what a context file says |
//! | `sequence` | the number on disk |
//! | `held` | a context that this process may use and no other |
//! | `pair` | both sides of a new context |
//! | `create` | new files, which replace nothing |
//! | `aiocoap` | a side as aiocoap reads it |
//! | `device` | a side in the image of a device's EEPROM |

mod aiocoap;
mod create;
mod device;
mod file;
mod held;
mod pair;
mod sequence;

use std::path::Path;

pub use create::create;
pub use file::ContextFile;
pub use held::{Held, Numbers};
pub use pair::{Names, Pair};
pub use sequence::SequenceFile;

pub use aiocoap::create as create_for_aiocoap;
pub use device::create as create_in_device;

use crate::config::{ConfigError, Source};

/// A mistake of a whole file.
fn whole(path: &Path, problem: String) -> ConfigError {
    ConfigError { source: Source::File { path: path.to_owned(), position: None }, problem }
}

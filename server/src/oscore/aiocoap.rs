//! A side of a context as aiocoap reads it: a folder with `secret.json`, where it keeps its own sequence numbers too.

use std::path::Path;

use super::ContextFile;
use super::create::Made;
use crate::config::ConfigError;
use crate::hexadecimal::hexadecimal;

/// Writes the folder.
///
/// # Errors
/// What is there already or cannot be written; then nothing is.
pub fn create(folder: &Path, context: &ContextFile) -> Result<(), ConfigError> {
    let mut made = Made::default();
    made.folder(folder)?;
    made.file(&folder.join("secret.json"), text(context))?;
    made.keep();
    Ok(())
}

/// Hexadecimal digits need no escapes.
fn text(context: &ContextFile) -> String {
    let members = [
        ("secret_hex", Some(&context.master_secret)),
        ("salt_hex", Some(&context.master_salt)),
        ("sender-id_hex", Some(&context.sender_id)),
        ("recipient-id_hex", Some(&context.recipient_id)),
        ("id-context_hex", context.id_context.as_ref()),
    ];
    let members: Vec<String> = members
        .iter()
        .filter_map(|(name, bytes)| Some(format!("  \"{name}\": \"{}\"", hexadecimal((*bytes)?))))
        .collect();
    format!("{{\n{}\n}}\n", members.join(",\n"))
}

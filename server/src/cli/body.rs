//! The body of a request: from an argument, a file or standard input.

use std::io::Read;

use super::Ended;
use crate::formats;
use crate::notation;

/// More is never sent in one go.
const MOST: u64 = 64 << 20;

/// The bytes that `payload` stands for.
pub(super) fn read(payload: Option<&str>, format: Option<u16>) -> Result<Vec<u8>, Ended> {
    match payload {
        None => Ok(Vec::new()),
        Some("-") => take(std::io::stdin(), "standard input"),
        Some(text) => match text.strip_prefix('@') {
            Some(path) => {
                let file =
                    std::fs::File::open(path).map_err(|error| Ended::Usage(format!("{path}: {error}")))?;
                take(file, path)
            }
            None if format.is_some_and(formats::is_cbor) => {
                notation::parse_diagnostic(text).map_err(|error| Ended::Usage(format!("payload: {error}")))
            }
            None => Ok(text.as_bytes().to_vec()),
        },
    }
}

fn take(source: impl Read, name: &str) -> Result<Vec<u8>, Ended> {
    let mut body = Vec::new();
    let read = source.take(MOST).read_to_end(&mut body);
    read.map_err(|error| Ended::Usage(format!("{name}: {error}"))).map(|_| body)
}

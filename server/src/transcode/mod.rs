//! CBOR to JSON and back (RFC 8949 section 6), without a tree in between.
//!
//! Both directions walk their input once, keep an explicit stack of at most [`Limits::depth`] levels, refuse duplicate
//! keys and trailing bytes, and stop at [`Limits::output_bytes`].
//!
//! To JSON: byte strings become base64url without padding, bignums a string of the same (`~` before a negative one),
//! tags 21 to 23 choose the encoding of the byte strings inside, other tags leave their content, integer keys become
//! decimal text, `undefined`, simple values and floats that are not finite become `null`. Tags count as a level.
//!
//! To CBOR: integers that 64 bits and a sign hold become integers, all other numbers the shortest exact float;
//! containers and text have definite lengths.

mod cbor_to_json;
mod json_fault;
mod json_reader;
mod json_to_cbor;

pub use cbor_to_json::cbor_to_json;
pub use json_fault::{JsonError, JsonFault};
pub use json_to_cbor::json_to_cbor;

pub(crate) use cbor_to_json::push_text;
pub(crate) use json_reader::{JsonReader, Step};

/// What a conversion may grow to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Containers (and tags) inside each other.
    pub depth: usize,
    /// Length of the result in bytes.
    pub output_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 8, output_bytes: 1 << 20 }
    }
}

/// Checks that `bytes` are one well-formed JSON text: UTF-8, no duplicate keys, no trailing bytes, at most `depth`
/// containers inside each other.
///
/// # Errors
/// Names the first place at which they are not.
pub fn check_json(bytes: &[u8], depth: usize) -> Result<(), JsonError> {
    let mut reader = JsonReader::new(bytes, depth)?;
    while reader.next_step()?.is_some() {}
    Ok(())
}

#[cfg(test)]
mod tests;

//! Merge patches of typed representations: RFC 7396 read for CBOR maps with integer keys (RFC 8132 §3).
//!
//! `null` takes an optional field away, any other value replaces the field. Every field is a scalar, so nothing merges
//! any deeper. A field that the type does not have is refused: it would be lost.

use core::fmt;

use super::members::{NULL, is_map, member, members};
use super::schema::{Broken, Field, Violation};
use super::well_formed::{CborError, CborLimits, check_cbor};
use crate::base::{CborWriter, Full, Wording, Words};

/// The head of a map of indefinite length, and its end.
const BEGIN_MAP: &[u8] = &[0xbf];
const BREAK: &[u8] = &[0xff];

/// Why a patch is not applied.
#[derive(Clone, Copy, Debug)]
pub enum PatchError {
    /// It is no well-formed CBOR (RFC 8132 §3.4: 4.00).
    Malformed(CborError),
    /// What it would make is not of the type (4.22, as everything below).
    Result(Violation),
    /// It has a key that is none of these fields'.
    Unknown {
        /// The key.
        key: i64,
        /// Those of the type.
        fields: &'static [Field],
    },
    /// It has the key of this field twice, in two encodings.
    Twice(&'static str),
    /// The result does not fit the buffer: our fault.
    Full,
}

/// Writes `current`, a representation of a type with these fields, as the patch changes it; the number of bytes.
///
/// # Errors
/// The first reason not to apply the patch.
pub fn merge(
    fields: &'static [Field],
    current: &[u8],
    patch: &[u8],
    merged: &mut [u8],
) -> Result<usize, PatchError> {
    check_cbor(patch, CborLimits::default()).map_err(PatchError::Malformed)?;
    if !is_map(patch) {
        return Err(PatchError::Result(Violation::NotAMap));
    }
    for (key, value) in members(patch) {
        check(fields, patch, key, value)?;
    }
    let mut writer = CborWriter::new(merged);
    write(fields, current, patch, &mut writer).map_err(|Full| PatchError::Full)?;
    Ok(writer.written())
}

/// Whether the type's rules allow this member of the patch.
fn check(fields: &'static [Field], patch: &[u8], key: Option<i64>, value: &[u8]) -> Result<(), PatchError> {
    let key = key.ok_or(PatchError::Result(Violation::NotAMap))?;
    let known = fields.iter().find(|field| i64::from(field.key) == key);
    let field = known.ok_or(PatchError::Unknown { key, fields })?;
    if members(patch).filter(|(other, _)| *other == Some(key)).count() > 1 {
        return Err(PatchError::Twice(field.name));
    }
    if value == NULL {
        let missing = PatchError::Result(Violation::Missing(field.name));
        return if field.required { Err(missing) } else { Ok(()) };
    }
    let broken = Broken { name: field.name, rule: field.rule };
    let fits = field.rule.takes(value);
    if fits { Ok(()) } else { Err(PatchError::Result(Violation::Field(broken))) }
}

/// Writes the fields in their order. The map is of indefinite length, so that nobody has to count them first.
fn write(fields: &[Field], current: &[u8], patch: &[u8], writer: &mut CborWriter<'_>) -> Result<(), Full> {
    writer.raw(BEGIN_MAP)?;
    for field in fields {
        let value = member(patch, field.key).or_else(|| member(current, field.key));
        if let Some(value) = value.filter(|value| *value != NULL) {
            writer.unsigned(u64::from(field.key))?;
            writer.raw(value)?;
        }
    }
    writer.raw(BREAK)
}

impl Wording for PatchError {
    fn say(&self, words: &mut Words) {
        match self {
            Self::Malformed(error) => error.say(words),
            Self::Result(violation) => violation.say(words),
            Self::Unknown { key, fields } => {
                words.integer(*key);
                words.text(": expected one of");
                for (position, field) in fields.iter().enumerate() {
                    words.text(if position > 0 { ", " } else { " " });
                    words.integer(field.key.into());
                    words.text(" (");
                    words.text(field.name);
                    words.text(")");
                }
            }
            Self::Twice(name) => {
                words.text(name);
                words.text(": expected its key once");
            }
            Self::Full => {
                words.text("the result is too long");
            }
        }
    }
}

impl fmt::Display for PatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Words::of(self).as_str())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::{String, ToString as _};
    use std::vec::Vec;

    use super::*;
    use crate::resource::schema::Rule;

    const FIELDS: &[Field] = &[
        Field { key: 0, name: "on", rule: Rule::Bool, required: true, unit: "" },
        Field { key: 1, name: "name", rule: Rule::Text { max: 8 }, required: false, unit: "" },
    ];

    fn merged(current: &[u8], patch: &[u8]) -> Result<Vec<u8>, String> {
        let mut buffer = [0; 16];
        let merged = merge(FIELDS, current, patch, &mut buffer).map_err(|error| error.to_string());
        merged.map(|len| buffer[..len].to_vec())
    }

    #[test]
    fn a_member_replaces_null_deletes_and_what_is_not_named_stays() {
        for (current, patch, expected) in [
            (&b"\xa1\x00\xf4"[..], &b"\xa0"[..], &b"\xbf\x00\xf4\xff"[..]),
            (b"\xa1\x00\xf4", b"\xa1\x00\xf5", b"\xbf\x00\xf5\xff"),
            (b"\xa1\x00\xf4", b"\xbf\x01\x61a\xff", b"\xbf\x00\xf4\x01\x61a\xff"),
            (b"\xa2\x00\xf4\x01\x61a", b"\xa1\x18\x01\xf6", b"\xbf\x00\xf4\xff"),
            (b"\xa1\x00\xf4", b"\xa1\x01\xf6", b"\xbf\x00\xf4\xff"),
            (b"\xa2\x00\xf4\x01\x61a", b"\xa2\x01\x61b\x00\xf5", b"\xbf\x00\xf5\x01\x61b\xff"),
        ] {
            assert_eq!(merged(current, patch).as_deref(), Ok(expected), "{patch:02x?}");
        }
    }

    #[test]
    fn what_cannot_be_applied_is_named() {
        let map = "expected a map with unsigned integer keys";
        for (patch, sentence) in [
            (&b"\xa1\x07\xf6"[..], "7: expected one of 0 (on), 1 (name)"),
            (b"\xa1\x20\x01", "-1: expected one of 0 (on), 1 (name)"),
            (b"\xa1\x62on\xf5", map),
            (b"\xa1\x1b\xff\xff\xff\xff\xff\xff\xff\xff\xf5", map),
            (b"\xf6", map),
            (b"\xd8\x2a\xa0", map),
            (b"\xa1\x00\xf6", "on: missing"),
            (b"\xa1\x00\xa1\x00\xf5", "on: expected true or false"),
            (b"\xa1\x01\x69too\x20long!", "name: expected text of at most 8 bytes"),
            (b"\xa2\x01\x61a\x18\x01\xf6", "name: expected its key once"),
            (b"\xa1\x01", "CBOR byte 0: expected a length that the bytes left can hold"),
        ] {
            assert_eq!(merged(b"\xa1\x00\xf4", patch), Err(sentence.into()), "{patch:02x?}");
        }
    }

    #[test]
    fn a_result_without_room_is_told() {
        let full = merge(FIELDS, b"\xa1\x00\xf4", b"\xa0", &mut [0; 3]);
        assert!(matches!(full, Err(PatchError::Full)), "{full:?}");
    }
}

//! What is wrong with a CBOR body, and where.

use core::fmt;

use crate::base::{Wording, Words};

/// A body is not one acceptable CBOR item.
///
/// Displayed as one sentence that names the place and what was expected there, fit for the detail of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CborError {
    /// Where the offending item, key or chunk begins, in bytes from the start of the body.
    pub offset: usize,
    /// What is wrong there.
    pub kind: CborErrorKind,
}

/// The rule that a CBOR body breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CborErrorKind {
    /// The body ends where an item, or the rest of its head, should be (RFC 8949 §5.3.1, "too little data").
    Truncated,
    /// A string, array or map declares more than the bytes that are left can hold (RFC 8949 §10).
    LengthBeyondEnd,
    /// Bytes follow the item (RFC 8949 §5.3.1, "too much data").
    TrailingBytes,
    /// More arrays, maps and tags are open than the limit allows.
    TooDeep,
    /// The additional information is 28, 29 or 30 (RFC 8949 §3).
    ReservedInformation,
    /// An integer or tag claims an indefinite length (RFC 8949 §3.2.1).
    IndefiniteNumber,
    /// A break stands where no array or map of indefinite length can end (RFC 8949 §3.2.1).
    UnexpectedBreak,
    /// A map of indefinite length ends between a key and its value (RFC 8949 §3.2.2).
    MissingValue,
    /// A chunk of a string is not a definite-length string of the same major type (RFC 8949 §3.2.3).
    WrongChunk,
    /// A simple value below 32 is written in two bytes (RFC 8949 §3.3).
    LongSimpleValue,
    /// A text, or one chunk of it, is not UTF-8 (RFC 8949 §3.1, §5.3.1).
    InvalidText,
    /// A key occurs a second time in its map (RFC 8949 §5.6).
    DuplicateKey,
    /// A map is too large to be searched for duplicate keys in the order it has.
    TooManyKeys,
}

impl CborErrorKind {
    /// The sentence that says what was expected.
    #[must_use]
    pub const fn expectation(self) -> &'static str {
        match self {
            Self::Truncated => "the body ends, expected more of a CBOR item",
            Self::LengthBeyondEnd => "expected a length that the bytes left can hold",
            Self::TrailingBytes => "expected the end of the body after one CBOR item",
            Self::TooDeep => "expected no array, map or tag nested this deep",
            Self::ReservedInformation => "expected additional information other than 28 to 30",
            Self::IndefiniteNumber => "expected an integer or tag with a definite argument",
            Self::UnexpectedBreak => "expected an item, not a break",
            Self::MissingValue => "expected a value for the key before the break",
            Self::WrongChunk => "expected a definite-length chunk of the same string type",
            Self::LongSimpleValue => "expected a simple value of 32 or more in two bytes",
            Self::InvalidText => "expected text in UTF-8",
            Self::DuplicateKey => "expected a key that the map does not have yet",
            Self::TooManyKeys => "map keys must be sorted in a map this large",
        }
    }
}

impl Wording for CborError {
    fn say(&self, words: &mut Words) {
        words.text("CBOR byte ");
        words.integer(self.offset as i64);
        words.text(": ");
        words.text(self.kind.expectation());
    }
}

impl fmt::Display for CborError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Words::of(self).as_str())
    }
}

impl core::error::Error for CborError {}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString as _;

    use super::*;

    #[test]
    fn the_sentence_names_place_and_rule() {
        let error = CborError { offset: 7, kind: CborErrorKind::TooManyKeys };
        assert_eq!(error.to_string(), "CBOR byte 7: map keys must be sorted in a map this large");
    }
}

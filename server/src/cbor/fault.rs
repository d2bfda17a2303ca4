//! What can be wrong with CBOR, as sentences.

use std::fmt;

/// CBOR that is not accepted: where, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CborError {
    /// Offset in bytes of the data item at fault.
    pub offset: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// The reasons for which CBOR is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The input ends before the data item does.
    Truncated,
    /// Bytes follow the one data item.
    Trailing,
    /// A head with additional information 28 to 30, or 31 where no indefinite form exists.
    ReservedHead(u8),
    /// A two-byte simple value below 32 (RFC 8949 section 3.3).
    ReservedSimple(u8),
    /// A break where none may stand.
    UnexpectedBreak,
    /// A map of indefinite length that ends after a key.
    KeyWithoutValue,
    /// A chunk of an indefinite string that is not a definite string of the same type.
    WrongChunk,
    /// A text string that is not UTF-8.
    NotUtf8,
    /// More containers and tags inside each other than the limit.
    TooDeep(usize),
    /// The same key twice in one map.
    DuplicateKey(String),
    /// A map key that has no JSON form: neither text nor an integer.
    KeyWithoutJsonForm,
    /// Tag 2 or 3 around something that is not a byte string.
    BignumWithoutBytes,
    /// The result would be longer than the limit in bytes.
    OutputTooLong(usize),
}

impl fmt::Display for CborError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "byte {}: {}", self.offset, self.fault)
    }
}

impl std::error::Error for CborError {}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => formatter.write_str("the input ends inside a data item"),
            Self::Trailing => formatter.write_str("bytes follow the end of the data item"),
            Self::ReservedHead(head) => write!(formatter, "0x{head:02x} does not begin a data item"),
            Self::ReservedSimple(value) => {
                write!(formatter, "simple value {value} must not be encoded in two bytes")
            }
            Self::UnexpectedBreak => formatter.write_str("a break stands where a data item is expected"),
            Self::KeyWithoutValue => formatter.write_str("the map ends after a key that has no value"),
            Self::WrongChunk => {
                formatter.write_str("a chunk of an indefinite string must be a definite string of its type")
            }
            Self::NotUtf8 => formatter.write_str("the text string is not UTF-8"),
            Self::TooDeep(limit) => write!(formatter, "nested deeper than {limit} levels"),
            Self::DuplicateKey(key) => write!(formatter, "the map has the key {key} twice"),
            Self::KeyWithoutJsonForm => {
                formatter.write_str("only text and integers can be the keys of a JSON object")
            }
            Self::BignumWithoutBytes => formatter.write_str("a bignum must be a byte string"),
            Self::OutputTooLong(limit) => write!(formatter, "the result is longer than {limit} bytes"),
        }
    }
}

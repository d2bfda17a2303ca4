//! What can be wrong with JSON, as sentences.

use std::fmt;

/// JSON that is not accepted: where, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// Offset in bytes.
    pub offset: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub fault: JsonFault,
}

/// The reasons for which JSON is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonFault {
    /// Something else was expected here.
    Expected(&'static str),
    /// The input is not UTF-8.
    NotUtf8,
    /// A control character stands unescaped in a string.
    ControlCharacter,
    /// An escape in a string that JSON does not know.
    Escape,
    /// Half of a surrogate pair.
    LoneSurrogate,
    /// Text follows the one value.
    Trailing,
    /// More containers inside each other than the limit.
    TooDeep(usize),
    /// The same key twice in one object.
    DuplicateKey(String),
    /// A number that no double holds.
    NumberOutOfRange,
    /// The result would be longer than the limit in bytes.
    OutputTooLong(usize),
}

impl JsonError {
    /// An error at an offset of the input, of which the line and the column are counted.
    pub(super) fn at(bytes: &[u8], offset: usize, fault: JsonFault) -> Self {
        let before = &bytes[..offset.min(bytes.len())];
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        // All but the continuation bytes of UTF-8 begin a character.
        let column = 1 + before[line_start..].iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        Self { offset, line, column, fault }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}: {}", self.line, self.column, self.fault)
    }
}

impl std::error::Error for JsonError {}

impl fmt::Display for JsonFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expected(what) => write!(formatter, "expected {what}"),
            Self::NotUtf8 => formatter.write_str("the text is not UTF-8"),
            Self::ControlCharacter => formatter.write_str("a control character must be escaped in a string"),
            Self::Escape => {
                formatter.write_str("expected one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX")
            }
            Self::LoneSurrogate => formatter.write_str("a surrogate stands without its other half"),
            Self::Trailing => formatter.write_str("text follows the end of the value"),
            Self::TooDeep(limit) => write!(formatter, "nested deeper than {limit} levels"),
            Self::DuplicateKey(key) => write!(formatter, "the object has the key {key:?} twice"),
            Self::NumberOutOfRange => formatter.write_str("the number is out of the range of a double"),
            Self::OutputTooLong(limit) => write!(formatter, "the result is longer than {limit} bytes"),
        }
    }
}

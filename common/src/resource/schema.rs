//! What a representation may hold, as data: one table gives validation, and to hosts every description.

use core::fmt;

use super::members::{self, is_map, members};
use super::well_formed::{CborError, CborLimits, check_cbor};
use crate::base::{Wording, Words};

/// One field of a representation: a CBOR map entry with an integer key.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Field {
    /// Its key on the wire.
    pub key: u8,
    /// Its name in JSON and in messages.
    pub name: &'static str,
    /// What it may hold.
    pub rule: Rule,
    /// Whether it must be there.
    pub required: bool,
    /// Its unit in the words of SenML (RFC 8428 §12.1), or nothing.
    pub unit: &'static str,
}

/// What a field may hold.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Rule {
    /// A number from `min` to `max`, both included.
    Number {
        /// The smallest.
        min: f32,
        /// The largest.
        max: f32,
    },
    /// A whole number from `min` to `max`, both included.
    Integer {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// True or false.
    Bool,
    /// Text of at most `max` bytes.
    Text {
        /// The longest, in bytes.
        max: usize,
    },
    /// One of some texts.
    #[cfg(feature = "host")]
    Choice {
        /// The texts.
        of: &'static [&'static str],
    },
}

/// How a body breaks the rules of its type.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Violation {
    /// It is no well-formed CBOR.
    Malformed(CborError),
    /// It is no map with unsigned integers as keys.
    NotAMap,
    /// This field holds something else than its rule says.
    Field(Broken),
    /// This field must be there.
    Missing(&'static str),
}

/// A field and the rule it breaks.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Broken {
    /// The field's name.
    pub name: &'static str,
    /// The rule.
    pub rule: Rule,
}

/// Checks a CBOR body against the fields of its type.
///
/// # Errors
/// The first rule that is broken.
pub fn check(fields: &[Field], body: &[u8]) -> Result<(), Violation> {
    check_cbor(body, CborLimits::default()).map_err(Violation::Malformed)?;
    if !is_map(body) {
        return Err(Violation::NotAMap);
    }
    let mut seen = 0_u32;
    for (key, value) in members(body) {
        let key = key.filter(|&key| key >= 0).ok_or(Violation::NotAMap)?;
        let Some((position, field)) =
            fields.iter().enumerate().find(|(_, field)| i64::from(field.key) == key)
        else {
            // Fields of a later version are none of our business.
            continue;
        };
        if !field.rule.takes(value) {
            return Err(Violation::Field(Broken { name: field.name, rule: field.rule }));
        }
        seen |= 1_u32.checked_shl(position as u32).unwrap_or(0);
    }
    let missing = fields.iter().enumerate().find(|&(position, field)| {
        field.required && seen & 1_u32.checked_shl(position as u32).unwrap_or(0) == 0
    });
    missing.map_or(Ok(()), |(_, field)| Err(Violation::Missing(field.name)))
}

impl Rule {
    /// Whether an item that was checked keeps the rule.
    pub(super) fn takes(self, item: &[u8]) -> bool {
        match self {
            Self::Number { min, max } => {
                members::number(item).is_some_and(|number| (min..=max).contains(&number))
            }
            Self::Integer { min, max } => {
                members::integer(item).is_some_and(|number| (min..=max).contains(&number))
            }
            Self::Bool => members::boolean(item).is_some(),
            Self::Text { max } => members::text_length(item).is_some_and(|length| length <= max),
            #[cfg(feature = "host")]
            Self::Choice { of } => members::text(item).is_some_and(|text| of.contains(&text)),
        }
    }
}

impl Wording for Rule {
    fn say(&self, words: &mut Words) {
        match *self {
            Self::Number { min, max } => {
                words.text("a number from ");
                words.decimal(min);
                words.text(" to ");
                words.decimal(max);
            }
            Self::Integer { min, max } => {
                words.text("a whole number from ");
                words.integer(min);
                if max != i64::MAX {
                    words.text(" to ");
                    words.integer(max);
                }
            }
            Self::Bool => {
                words.text("true or false");
            }
            Self::Text { max } => {
                words.text("text of at most ");
                words.integer(max as i64);
                words.text(" bytes");
            }
            #[cfg(feature = "host")]
            Self::Choice { of } => {
                words.text("one of ");
                for (position, text) in of.iter().enumerate() {
                    words.text(if position == 0 { "" } else { ", " });
                    words.text(text);
                }
            }
        }
    }
}

impl Wording for Violation {
    fn say(&self, words: &mut Words) {
        match self {
            Self::Malformed(error) => error.say(words),
            Self::NotAMap => {
                words.text("expected a map with unsigned integer keys");
            }
            Self::Field(field) => {
                words.text(field.name);
                words.text(": expected ");
                field.rule.say(words);
            }
            Self::Missing(name) => {
                words.text(name);
                words.text(": missing");
            }
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Words::of(self).as_str())
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Words::of(self).as_str())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString as _;

    use super::*;

    #[test]
    fn the_sentence_names_the_place_once() {
        let violation = check(&[], b"\x80\x00").expect_err("two items");
        assert_eq!(violation.to_string(), "CBOR byte 1: expected the end of the body after one CBOR item");
    }
}

//! Numbers, and the words and tags that stand for a value by a number.

use super::{NotationError, Parser, VALUE};
use crate::cbor::{Major, push_float, push_head, push_integer};

impl Parser<'_> {
    /// An integer, a float, or the number of a tag.
    pub(super) fn number(&mut self) -> Result<(), NotationError> {
        if self.eat("-Infinity") {
            return self.float(f64::NEG_INFINITY);
        }
        let rest = &self.text[self.position..];
        let end =
            rest.find(|character: char| !(character.is_ascii_alphanumeric() || ".+-".contains(character)));
        let number = &rest[..end.unwrap_or(rest.len())];
        let digits = number.strip_prefix('-').unwrap_or(number);
        if !digits.ends_with(|character: char| character.is_ascii_digit()) || !is_number(digits) {
            return Err(self.error("expected a number such as 12, -3, 21.5 or 1e3"));
        }
        if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let magnitude = digits
                .parse::<u128>()
                .ok()
                .filter(|magnitude| (number == digits) || *magnitude > 0)
                .ok_or_else(|| {
                    self.error("expected an integer of at most 128 bits, and -0.0 for a negative zero")
                })?;
            if self.text[self.position + number.len()..].starts_with('(') {
                return self.tag(number);
            }
            self.position += number.len();
            push_integer(&mut self.output, number != digits, magnitude);
            return Ok(());
        }
        let value = number.parse::<f64>().ok().filter(|value| value.is_finite());
        let value = value.ok_or_else(|| self.error("expected a number in the range of a double"))?;
        self.position += number.len();
        self.float(value)
    }

    fn tag(&mut self, number: &str) -> Result<(), NotationError> {
        let Ok(tag) = number.parse::<u64>() else {
            return Err(self.error("expected a tag of at most 64 bits without a sign"));
        };
        self.position += number.len();
        push_head(&mut self.output, Major::Tag, tag);
        self.nested(|parser| {
            parser.value()?;
            parser.expect(')', "expected `)` after the content of the tag")
        })
    }

    fn float(&mut self, value: f64) -> Result<(), NotationError> {
        push_float(&mut self.output, value);
        Ok(())
    }

    pub(super) fn word(&mut self) -> Result<(), NotationError> {
        let rest = &self.text[self.position..];
        let end = rest.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let word = &rest[..end];
        let encoded: &[u8] = match word {
            "false" => &[0xf4],
            "true" => &[0xf5],
            "null" => &[0xf6],
            "undefined" => &[0xf7],
            "Infinity" => &[0xf9, 0x7c, 0x00],
            "NaN" => &[0xf9, 0x7e, 0x00],
            "simple" => return self.simple(),
            _ => return Err(self.error(VALUE)),
        };
        self.position += word.len();
        self.append(encoded)
    }

    fn simple(&mut self) -> Result<(), NotationError> {
        let start = self.position;
        let rest = &self.text[start..];
        let value = rest
            .strip_prefix("simple(")
            .and_then(|rest| rest.split_once(')'))
            .and_then(|(digits, _)| Some((digits.len(), digits.parse::<u8>().ok()?)))
            .filter(|(_, value)| !(24..32).contains(value));
        let Some((digits, value)) = value else {
            return Err(self.error("expected simple(N) with N from 0 to 23 or 32 to 255"));
        };
        self.position += "simple()".len() + digits;
        if value < 24 { self.append(&[0xe0 | value]) } else { self.append(&[0xf8, value]) }
    }
}

/// Digits, a fraction if there is one, an exponent if there is one; without a sign.
fn is_number(text: &str) -> bool {
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (significand, exponent) = match text.split_once(['e', 'E']) {
        Some((significand, exponent)) => (significand, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match significand.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (significand, None),
    };
    all_digits(whole)
        && fraction.is_none_or(all_digits)
        && exponent.is_none_or(|exponent| all_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

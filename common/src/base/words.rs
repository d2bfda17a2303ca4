//! Sentences without the machinery of formatting, which takes 12 KB of a microcontroller's flash.

use core::fmt;

use super::division::divided;

/// Something that says what it is in a sentence or less.
pub trait Wording {
    /// Appends it.
    fn say(&self, words: &mut Words);
}

impl Wording for &str {
    fn say(&self, words: &mut Words) {
        words.text(self);
    }
}

/// For hosts, where formatting is there anyhow.
impl Wording for fmt::Arguments<'_> {
    fn say(&self, words: &mut Words) {
        // Writing stops where the text is cut; what fits is kept.
        let _ = fmt::Write::write_fmt(words, *self);
    }
}

/// Not a supertrait: what is only said on a device needs no code there to be debugged.
impl fmt::Debug for dyn Wording + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Words::of(self).as_str())
    }
}

/// Text of bounded length: what is too long is cut at a character.
pub struct Words {
    bytes: [u8; Words::LONGEST],
    len: usize,
}

impl Words {
    /// The longest text, in bytes: error answers to strangers stay small.
    pub const LONGEST: usize = 200;

    /// What `wording` says.
    pub fn of(wording: &dyn Wording) -> Self {
        let mut words = Self { bytes: [0; Self::LONGEST], len: 0 };
        wording.say(&mut words);
        words
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.bytes.get(..self.len).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// Appends text; whether there was room for all of it.
    pub fn text(&mut self, text: &str) -> bool {
        let room = Self::LONGEST.saturating_sub(self.len);
        let end = (0..=room.min(text.len())).rfind(|end| text.is_char_boundary(*end)).unwrap_or(0);
        let kept = text.as_bytes().get(..end).unwrap_or_default();
        let Some(target) = self.bytes.get_mut(self.len..self.len + kept.len()) else { return false };
        target.copy_from_slice(kept);
        self.len += kept.len();
        end == text.len()
    }

    /// Appends a whole number.
    pub fn integer(&mut self, number: i64) {
        if number < 0 {
            self.text("-");
        }
        self.digits(number.unsigned_abs(), 1);
    }

    /// Appends a number in thousandths at the finest, as the bounds of a rule are given; its whole part below 2^32.
    pub fn decimal(&mut self, number: f32) {
        if number < 0.0 {
            self.text("-");
        }
        let magnitude = number.abs();
        let whole = magnitude as u32;
        let thousandths = ((magnitude - whole as f32) * 1000.0 + 0.5) as u32;
        self.digits(u64::from(whole) + u64::from(thousandths / 1000), 1);
        let (mut fraction, mut places) = (thousandths % 1000, 3);
        if fraction == 0 {
            return;
        }
        while fraction % 10 == 0 {
            (fraction, places) = (fraction / 10, places - 1);
        }
        self.text(".");
        self.digits(fraction.into(), places);
    }

    /// Appends a number with zeros before it up to `width` digits.
    fn digits(&mut self, mut number: u64, width: usize) {
        let mut digits = [b'0'; 20];
        let mut count = 0;
        for digit in digits.iter_mut().rev() {
            if number == 0 && count >= width {
                break;
            }
            let (rest, last) = divided(number, 10);
            *digit = b'0' + last as u8; // a digit fits
            number = rest;
            count += 1;
        }
        let digits = digits.get(digits.len() - count..).unwrap_or_default();
        self.text(core::str::from_utf8(digits).unwrap_or_default());
    }
}

impl fmt::Write for Words {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.text(text) { Ok(()) } else { Err(fmt::Error) }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn numbers_have_the_digits_they_need() {
        for (number, digits) in [(0, "0"), (-7, "-7"), (10, "10"), (i64::MIN, "-9223372036854775808")] {
            let mut words = Words::of(&"");
            words.integer(number);
            assert_eq!(words.as_str(), digits);
        }
        for number in [0.0, -273.15, 10_000.0, 0.5, 99.999, 1.001, 100.25] {
            let mut words = Words::of(&"");
            words.decimal(number);
            assert_eq!(words.as_str(), std::format!("{number}"));
        }
        let mut words = Words::of(&"");
        words.decimal(1.999_9);
        assert_eq!(words.as_str(), "2");
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let long = "é".repeat(300);
        for words in [Words::of(&format_args!("x{long}")), Words::of(&std::format!("x{long}").as_str())] {
            assert_eq!(words.as_str(), std::format!("x{}", "é".repeat(99)));
        }
    }
}

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

    /// Appends a number in thousandths at the finest, as the bounds of a rule are given; its whole part below 2^32. By its
    /// bits, since additions and multiplications of floats would take 800 bytes of a microcontroller's flash.
    pub fn decimal(&mut self, number: f32) {
        let bits = number.to_bits();
        if bits > 1 << 31 {
            self.text("-");
        }
        // The number is `significand` × 2^(`exponent` - 150).
        let exponent = bits >> 23 & 0xff;
        let significand = bits & 0x007f_ffff | 0x0080_0000;
        let exact = u64::from(significand) * 1_000;
        let thousandths = match exponent.checked_sub(150) {
            Some(left) => exact << left.min(29),
            None => {
                let right = (150 - exponent).min(63);
                (exact + (1 << (right - 1))) >> right
            }
        };
        let (whole, mut fraction) = divided(thousandths, 1_000);
        self.digits(whole, 1);
        if fraction == 0 {
            return;
        }
        let mut places = 3;
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
        for number in [0.0, -273.15, 10_000.0, 0.5, 99.999, 1.001, 100.25, 0.001, -0.5, 16_777_216.0] {
            let mut words = Words::of(&"");
            words.decimal(number);
            assert_eq!(words.as_str(), std::format!("{number}"));
        }
        for (number, rounded) in [
            (1.999_9, "2"),
            (4_294_967_040.0, "4294967040"),
            (0.000_49, "0"),
            (0.000_51, "0.001"),
            (1e-40, "0"),
        ] {
            let mut words = Words::of(&"");
            words.decimal(number);
            assert_eq!(words.as_str(), rounded);
        }
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let long = "é".repeat(300);
        for words in [Words::of(&format_args!("x{long}")), Words::of(&std::format!("x{long}").as_str())] {
            assert_eq!(words.as_str(), std::format!("x{}", "é".repeat(99)));
        }
    }
}

//! Numbers as text, without the machinery of formatting.

use twite::base::divided;

/// A number in decimal digits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal {
    digits: [u8; LONGEST],
    start: usize,
}

/// The digits of the largest number of 64 bits.
const LONGEST: usize = 20;

impl Decimal {
    /// `value` with zeros before it up to `width` digits.
    pub(crate) fn padded(mut value: u64, width: usize) -> Self {
        let mut decimal = Self { digits: [b'0'; LONGEST], start: LONGEST - width.clamp(1, LONGEST) };
        for (position, digit) in decimal.digits.iter_mut().enumerate().rev() {
            if value == 0 {
                break;
            }
            let (rest, last) = divided(value, 10);
            *digit = b'0' + last as u8; // a digit fits
            value = rest;
            decimal.start = decimal.start.min(position);
        }
        decimal
    }

    /// The digits.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.start..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[test]
    fn digits_are_padded_and_never_cut() {
        for (value, width, digits) in [
            (0, 0, "0"),
            (7, 1, "7"),
            (10, 4, "0010"),
            (12_345, 4, "12345"),
            (u64::MAX, 0, "18446744073709551615"),
        ] {
            assert_eq!(Decimal::padded(value, width).as_bytes(), digits.as_bytes());
        }
    }
}

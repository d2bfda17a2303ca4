//! One line of `/.well-known/core` (RFC 6690).

/// What a server says about one of its resources. An empty text, list or `None` means that the attribute is absent.
///
/// ```
/// # use twite::resource::link::Link;
/// let link = Link {
///     path: "sensors/7/temperature",
///     resource_type: "temperature",
///     content_formats: &[60],
///     observable: true,
///     ..Link::default()
/// };
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link<'a> {
    /// The path of the target without its leading slash and without percent-encoding; segments are joined by `/`.
    pub path: &'a str,
    /// `rt`: resource types, separated by spaces (RFC 6690 §3.1).
    pub resource_type: &'a str,
    /// `if`: interface descriptions, separated by spaces (RFC 6690 §3.2).
    pub interface: &'a str,
    /// `title`: words for a person (RFC 8288 §3.4.1).
    pub title: &'a str,
    /// `ct`: the content formats that the resource has (RFC 7252 §7.2.1).
    pub content_formats: &'a [u16],
    /// `sz`: the size in bytes, when it may exceed one datagram (RFC 6690 §3.3).
    pub size: Option<u32>,
    /// `obs`: whether observing is worth while (RFC 7641 §6).
    pub observable: bool,
}

/// A number in decimal digits, without the machinery of formatting.
pub(super) struct Decimal {
    digits: [u8; 10],
    length: usize,
}

impl Decimal {
    pub(super) fn new(mut value: u32) -> Self {
        let mut decimal = Self { digits: [b'0'; 10], length: 0 };
        for digit in decimal.digits.iter_mut().rev() {
            *digit = b'0' + (value % 10) as u8; // a digit fits
            decimal.length += 1;
            value /= 10;
            if value == 0 {
                break;
            }
        }
        decimal
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.digits.get(self.digits.len() - self.length..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[test]
    fn digits_have_no_leading_zeros() {
        for (value, digits) in [(0, "0"), (7, "7"), (10, "10"), (65_535, "65535"), (u32::MAX, "4294967295")] {
            assert_eq!(Decimal::new(value).bytes(), digits.as_bytes());
        }
    }
}

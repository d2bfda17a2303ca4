//! Bytes as people write them.

use std::fmt::Write as _;

/// Two digits a byte, 0-9 and a-f.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of digits in capitals or not; `None` if it is anything else.
pub(crate) fn unhexadecimal(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let byte = |&[high, low]: &[u8; 2]| Some(digit(high)? << 4 | digit(low)?);
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_two_digits_each_and_nothing_else() {
        assert_eq!(hexadecimal(&[0, 0x0f, 0xf0, 0xff]), "000ff0ff");
        assert_eq!(unhexadecimal("000FF0ff"), Some(vec![0, 0x0f, 0xf0, 0xff]));
        assert_eq!(unhexadecimal(""), Some(vec![]));
        for wrong in ["0", "000", "0g", "+f", "-1", " 1", "é", "0x00"] {
            assert_eq!(unhexadecimal(wrong), None, "{wrong}");
        }
    }
}

//! Percent-encoding (RFC 3986 section 2).

use super::{OPTION_BYTES, UriError};

/// Characters that stand for themselves everywhere in a URI's parts: unreserved and sub-delimiters.
pub(super) fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._~!$&'()*+,;=".contains(character)
}

/// Decodes a part once. Characters beyond ASCII may stand for themselves, as people type them; of ASCII, those that
/// are plain or among `also`.
pub(super) fn decode(part: &str, also: &str) -> Result<String, UriError> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut characters = part.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' => {
                let mut digit = || characters.next().and_then(|digit| digit.to_digit(16));
                let (Some(high), Some(low)) = (digit(), digit()) else { return Err(UriError::Percent) };
                bytes.push((high << 4 | low) as u8);
            }
            _ if is_plain(character) || also.contains(character) || is_typed(character) => {
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => return Err(UriError::Character(character)),
        }
    }
    if bytes.len() > OPTION_BYTES {
        return Err(UriError::TooLong(part.to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| UriError::NotUtf8(part.to_owned()))
}

/// Appends a part with everything encoded that is neither plain, nor among `also`; and what is in `except`.
pub(super) fn encode(output: &mut String, part: &str, also: &str, except: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in part.bytes() {
        let character = char::from(byte);
        if (is_plain(character) || also.contains(character)) && !except.contains(character) {
            output.push(character);
        } else {
            let digits = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
            output.push('%');
            output.extend(digits.map(char::from));
        }
    }
}

fn is_typed(character: char) -> bool {
    !character.is_ascii() && !character.is_control() && !character.is_whitespace()
}

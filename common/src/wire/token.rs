//! The token that joins a response to its request, RFC 7252 §5.3.1 and RFC 8974.

use crate::base::Hashed;

/// A token that outlives its message.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    /// Zeros behind the token.
    bytes: [u8; Token::MAX],
    len: u8,
}

impl Token {
    /// The longest token that is kept, in bytes: 64, but 8 without the feature `host`.
    pub const MAX: usize = if cfg!(feature = "host") { 64 } else { Self::SHORT };
    /// The longest token of RFC 7252, in bytes; a longer one is an extended token (RFC 8974 §2.1).
    pub const SHORT: usize = 8;

    /// A token of these bytes; `None` if there are more than [`MAX`](Self::MAX).
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut token = Self { bytes: [0; Self::MAX], len: bytes.len() as u8 };
        token.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(token)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl Hashed for Token {
    fn hash(&self, hasher: &mut crate::base::Hasher) {
        hasher.word(u64::from(self.len));
        let words = usize::from(self.len).div_ceil(8);
        for word in self.bytes.as_chunks::<8>().0.iter().take(words) {
            hasher.word(u64::from_be_bytes(*word));
        }
    }
}

impl core::fmt::Debug for Token {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A token of at most eight bytes with zeros behind it: cheaper than a copy of unknown length.
#[inline]
pub(super) fn padded(token: &[u8]) -> [u8; 8] {
    if let Some(all) = token.first_chunk::<8>() {
        return *all;
    }
    let number = match (token.first_chunk::<4>(), token.last_chunk::<4>()) {
        // Where the two overlap, they are the same.
        (Some(front), Some(back)) => {
            let back = u64::from(u32::from_le_bytes(*back)).wrapping_shl(8 * (token.len() as u32 - 4));
            u64::from(u32::from_le_bytes(*front)) | back
        }
        _ => token.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)),
    };
    number.to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_token_is_padded_with_zeros() {
        for len in 0..=Token::SHORT {
            let mut expected = [0; 8];
            expected[..len].copy_from_slice(&b"\xff2345678"[..len]);
            assert_eq!(padded(&b"\xff2345678"[..len]), expected);
        }
    }

    #[test]
    fn a_token_beyond_the_longest_is_not_kept() {
        let bytes = [7; Token::MAX + 1];
        assert!(Token::new(&bytes).is_none());
        let kept = Token::new(&bytes[1..]).expect("as long as can be");
        assert_eq!(kept.as_bytes(), &bytes[1..]);
    }
}

//! Bearer tokens (RFC 6750): made here, kept as hashes only.

use std::fmt;
use std::io;

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use crate::clock;
use crate::hexadecimal::hexadecimal;

/// The SHA-256 hash of a bearer token. Comparing takes the same time for any two; debugging output does not show it.
#[derive(Clone)]
pub struct TokenHash([u8; 32]);

/// How the hash is called in a policy.
const ALGORITHM: &str = "sha256:";

/// What every token of ours begins with, so that one in the wrong place is recognized.
const PREFIX: &str = "twite_";

impl TokenHash {
    /// The hash of a token.
    pub fn of(token: &[u8]) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// Reads `sha256:` and 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(ALGORITHM)?.as_bytes();
        let mut hash = [0; 32];
        if digits.len() != 2 * hash.len() {
            return None;
        }
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = [digit(*pair.first()?)?, digit(*pair.get(1)?)?];
            *byte = high << 4 | low;
        }
        Some(Self(hash))
    }

    /// The hash as a policy has it.
    pub fn to_text(&self) -> String {
        format!("{ALGORITHM}{}", hexadecimal(&self.0))
    }

    /// Whether both are the same, in constant time.
    pub fn is(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

/// A new token of 256 random bits of the system, and its hash.
///
/// # Errors
/// When the system gives no randomness.
pub fn generate() -> io::Result<(String, TokenHash)> {
    let token = format!("{PREFIX}{}", hexadecimal(&clock::seed()?));
    let hash = TokenHash::of(token.as_bytes());
    Ok((token, hash))
}

/// Capital letters are not accepted: a hash is written in one way.
const fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of `abc`, FIPS 180-4.
    const ABC: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_token_is_known_by_its_hash() {
        let hash = TokenHash::parse(ABC).expect("a hash");
        assert!(bool::from(hash.is(&TokenHash::of(b"abc"))) && !bool::from(hash.is(&TokenHash::of(b"abd"))));
        assert_eq!(hash.to_text(), ABC);
        assert_eq!(format!("{hash:?}"), "TokenHash(..)");
        for wrong in [
            "",
            "abc",
            &ABC[7..],
            &ABC[..70],
            &ABC.to_uppercase(),
            &ABC.replace('f', "F"),
            &format!("{ABC}0"),
        ] {
            assert!(TokenHash::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_new_token_is_like_no_other() {
        let (one, hash) = generate().expect("randomness");
        let (other, _) = generate().expect("randomness");
        assert!(one != other && one.len() == PREFIX.len() + 64 && one.starts_with(PREFIX), "{one}");
        assert!(bool::from(TokenHash::of(one.as_bytes()).is(&hash)));
    }
}

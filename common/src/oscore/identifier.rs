//! The names of the two sides and of their context, RFC 8613 §3.

use crate::base::{Hashed, Hasher};

/// A Sender ID or Recipient ID. Two that differ only in length are different.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Identifier {
    /// Zeros behind the identifier.
    bytes: [u8; Identifier::LONGEST],
    len: u8,
}

impl Identifier {
    /// The longest, in bytes: six less than the nonce (§3.3).
    pub const LONGEST: usize = 7;

    /// An identifier of these bytes; `None` if there are too many.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut identifier = Self { bytes: [0; Self::LONGEST], len: bytes.len() as u8 };
        identifier.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(identifier)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl Hashed for Identifier {
    fn hash(&self, hasher: &mut Hasher) {
        let number =
            self.bytes.iter().fold(u64::from(self.len), |number, &byte| number << 8 | u64::from(byte));
        hasher.word(number);
    }
}

impl core::fmt::Debug for Identifier {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        hexadecimal(self.as_bytes(), f)
    }
}

/// An ID Context, which tells contexts of one master secret apart. An empty one differs from none (§3.2.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct IdContext {
    bytes: [u8; IdContext::LONGEST],
    len: u8,
}

impl IdContext {
    /// The longest that is kept, in bytes.
    pub const LONGEST: usize = 32;

    /// An ID Context of these bytes; `None` if there are too many.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut context = Self { bytes: [0; Self::LONGEST], len: bytes.len() as u8 };
        context.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(context)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl core::fmt::Debug for IdContext {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        hexadecimal(self.as_bytes(), f)
    }
}

fn hexadecimal(bytes: &[u8], f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn section_3_3_length_counts_and_seven_bytes_are_the_most() {
        assert_ne!(Identifier::new(&[0]), Identifier::new(&[0, 0]));
        assert_ne!(Identifier::new(&[]), Identifier::new(&[0]));
        assert!(Identifier::new(&[1; 7]).is_some_and(|most| most.as_bytes() == [1; 7]));
        assert_eq!(Identifier::new(&[0; 8]), None);
        assert_eq!(Identifier::new(&[0; 256]), None, "a length that wraps");
        assert_eq!(IdContext::new(&[0; 33]), None);
    }
}

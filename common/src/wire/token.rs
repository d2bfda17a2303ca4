//! The token that joins a response to its request, RFC 7252 §5.3.1.

use crate::base::Hashed;

/// A token of 0 to 8 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Token {
    bytes: [u8; 8],
    len: u8,
}

impl Token {
    /// The longest token without RFC 8974.
    pub const MAX: usize = 8;
    /// The token of no bytes.
    pub const EMPTY: Self = Self { bytes: [0; 8], len: 0 };

    /// A token of these bytes; `None` if there are more than eight.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut token = Self::EMPTY;
        token.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        token.len = bytes.len() as u8;
        Some(token)
    }

    /// The token of `len` bytes, at most eight, at the front of a message's rest.
    #[inline]
    pub(super) fn take(rest: &[u8], len: usize) -> Option<Self> {
        // Eight bytes at once and those behind the token cleared: cheaper than a copy of unknown length.
        match rest.first_chunk::<8>() {
            Some(&chunk) if len <= Self::MAX => {
                let keep = u64::MAX.checked_shl(64 - 8 * len as u32).unwrap_or(0);
                Some(Self { bytes: (u64::from_be_bytes(chunk) & keep).to_be_bytes(), len: len as u8 })
            }
            _ => Self::new(rest.get(..len)?),
        }
    }

    /// The bytes with zeros behind them, and how many count.
    #[inline]
    pub(super) const fn padded(&self) -> ([u8; 8], usize) {
        (self.bytes, self.len as usize)
    }

    /// The eight bytes of `number`.
    pub const fn from_u64(number: u64) -> Self {
        Self { bytes: number.to_be_bytes(), len: 8 }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl Hashed for Token {
    fn hash(&self, hasher: &mut crate::base::Hasher) {
        hasher.word(u64::from_be_bytes(self.bytes) ^ (u64::from(self.len) << 56));
    }
}

impl core::fmt::Debug for Token {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

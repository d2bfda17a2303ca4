//! The entity tag, RFC 7252 §5.10.6.

/// An entity tag of 1 to 8 bytes: names one representation of a resource.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ETag {
    bytes: [u8; 8],
    len: u8,
}

impl ETag {
    /// A tag of these bytes; `None` unless there are 1 to 8.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return None;
        }
        let mut tag = Self { bytes: [0; 8], len: bytes.len() as u8 };
        tag.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(tag)
    }

    /// `number` in as few big-endian bytes as it needs, at least one.
    pub fn from_number(number: u64) -> Self {
        let skip = (number.leading_zeros() as usize / 8).min(7);
        let mut tag = Self { bytes: [0; 8], len: (8 - skip) as u8 };
        for (to, from) in tag.bytes.iter_mut().zip(number.to_be_bytes().iter().skip(skip)) {
            *to = *from;
        }
        tag
    }

    /// The bytes with zeros behind them, and how many count.
    pub(super) const fn padded(&self) -> ([u8; 8], usize) {
        (self.bytes, self.len as usize)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl core::fmt::Debug for ETag {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("0x")?;
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

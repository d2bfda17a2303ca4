//! The sequence number of a message as it travels, RFC 8613 §5.

/// The largest Sender Sequence Number (§7.2.1 with the nonce of 13 bytes).
pub(super) const MAX: u64 = (1 << 40) - 1;

/// A Partial IV: a sequence number in as few bytes as it needs, at least one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PartialIv {
    /// The number in network order.
    number: [u8; 5],
}

impl PartialIv {
    /// Of this number; `None` above 2⁴⁰ − 1.
    pub fn new(number: u64) -> Option<Self> {
        let [0, 0, 0, number @ ..] = number.to_be_bytes() else { return None };
        Some(Self { number })
    }

    /// Reads it; `None` for no bytes, more than five, or zeros in front (§5), which nobody may send.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() || bytes.len() > 1 && bytes.first() == Some(&0) {
            return None;
        }
        let mut number = [0; 5];
        let start = number.len().checked_sub(bytes.len())?;
        number.get_mut(start..)?.copy_from_slice(bytes);
        Some(Self { number })
    }

    /// The number.
    pub fn number(self) -> u64 {
        self.number.iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
    }

    /// The bytes that travel.
    pub fn as_bytes(&self) -> &[u8] {
        let zeros = self.number.iter().take(4).take_while(|&&byte| byte == 0).count();
        self.number.get(zeros..).unwrap_or_default()
    }

    /// All five bytes, as they go into the nonce.
    pub(super) const fn padded(&self) -> [u8; 5] {
        self.number
    }
}

impl core::fmt::Debug for PartialIv {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.number().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn section_5_numbers_travel_in_as_few_bytes_as_they_need() {
        for (number, bytes) in
            [(0, &[0][..]), (255, &[255]), (256, &[1, 0]), (MAX, &[255; 5]), (1 << 32, &[1, 0, 0, 0, 0])]
        {
            let partial_iv = PartialIv::new(number).expect("not too large");
            assert_eq!((partial_iv.as_bytes(), partial_iv.number()), (bytes, number));
            assert_eq!(PartialIv::read(bytes), Some(partial_iv));
        }
        for bytes in [&[][..], &[0, 1], &[0, 0], &[1; 6], &[0; 6]] {
            assert_eq!(PartialIv::read(bytes), None, "{bytes:?}");
        }
        assert_eq!(PartialIv::new(MAX + 1), None);
    }
}

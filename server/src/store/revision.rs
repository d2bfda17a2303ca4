//! The number that names one state of one entry.

use std::fmt;

/// A point in the life of a store: every committed change gets the next one.
///
/// Revisions are counted per store, grow strictly and are never given out twice, not even after a delete or a
/// restart. That makes them entity-tags (RFC 7252 §5.10.6): see [`etag`](Self::etag). `Revision(0)` is the store
/// before its first change and no entry's revision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

impl Revision {
    /// The store before its first change.
    pub const ZERO: Self = Self(0);
    /// The greatest revision a store gives out: what a signed column holds.
    pub const MAX: Self = Self(i64::MAX as u64);

    /// The entity-tag of an entry at this revision: its minimal big-endian bytes, left-aligned, and their number.
    #[must_use]
    pub fn etag(self) -> ([u8; 8], usize) {
        let skipped = (self.0.leading_zeros() / 8).min(7);
        let left_aligned = self.0 << (skipped * 8);
        (left_aligned.to_be_bytes(), 8 - skipped as usize)
    }

    /// The revision an entity-tag stands for; `None` for bytes that [`etag`](Self::etag) never gives for an entry.
    #[must_use]
    pub fn from_etag(etag: &[u8]) -> Option<Self> {
        if etag.len() > 8 || *etag.first()? == 0 {
            return None;
        }
        let value = etag.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        Some(Self(value))
    }

    /// The following revision; `None` after [`MAX`](Self::MAX).
    #[must_use]
    pub fn next(self) -> Option<Self> {
        (self < Self::MAX).then(|| Self(self.0 + 1))
    }

    /// A short name for what was created at this revision: its digits in base 36.
    pub(super) fn name(self) -> String {
        const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let mut rest = self.0;
        let mut reversed = Vec::with_capacity(13);
        loop {
            let digit = DIGITS.get((rest % 36) as usize).copied().unwrap_or(b'0');
            reversed.push(char::from(digit));
            rest /= 36;
            if rest == 0 {
                return reversed.iter().rev().collect();
            }
        }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etag_is_minimal_and_reads_back() {
        for value in [1, 0xff, 0x100, 0xffff, 0x1_0000, 0x0102_0304_0506, u64::MAX >> 1, u64::MAX] {
            let (bytes, length) = Revision(value).etag();
            assert_ne!(bytes[0], 0, "{value:#x} has a leading zero");
            assert_eq!(Revision::from_etag(&bytes[..length]), Some(Revision(value)));
        }
        assert_eq!(Revision(0x0102).etag(), ([1, 2, 0, 0, 0, 0, 0, 0], 2));
    }

    #[test]
    fn foreign_etags_are_no_revision() {
        for etag in [&[][..], &[0], &[0, 1], &[1; 9]] {
            assert_eq!(Revision::from_etag(etag), None, "{etag:?}");
        }
    }

    #[test]
    fn names_are_base_36() {
        assert_eq!(Revision(0).name(), "0");
        assert_eq!(Revision(35).name(), "z");
        assert_eq!(Revision(36).name(), "10");
        assert_eq!(Revision(u64::MAX).name(), "3w5e11264sgsf");
    }

    #[test]
    fn last_revision_has_no_next() {
        assert_eq!(Revision(1).next(), Some(Revision(2)));
        assert_eq!(Revision::MAX.next(), None);
    }
}

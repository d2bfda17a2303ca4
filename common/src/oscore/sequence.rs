//! The numbers that a sender may use, RFC 8613 §7.2.1 and App. B.1.1.

use super::ProtectError;
use super::partial_iv::{MAX, PartialIv};

/// How many numbers are reserved at once (K of App. B.1.1).
pub const AHEAD: u64 = 256;

/// The Sender Sequence Number. Numbers are used below a limit only, which was stored before: after a restart the sender
/// goes on at the limit, so that no number is used twice, whenever the power is cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sequence {
    next: u64,
    limit: u64,
}

/// Where the limit of one context survives a power cut. What [`save`](Self::save) returned from is stored; when the
/// power is cut meanwhile, [`load`](Self::load) gives the new limit or the one before.
pub trait SequenceStore {
    /// Why it failed.
    type Error;

    /// The limit; `None` if none was ever saved.
    ///
    /// # Errors
    /// When the memory does not answer: then the context must not be used.
    fn load(&mut self) -> Result<Option<u64>, Self::Error>;

    /// Stores the limit.
    ///
    /// # Errors
    /// When it is not sure that it was stored.
    fn save(&mut self, limit: u64) -> Result<(), Self::Error>;
}

impl Sequence {
    /// Goes on at `limit`, below which numbers may have been used.
    pub const fn resumed(limit: u64) -> Self {
        Self { next: limit, limit }
    }

    /// Every number may be used, since the key does not survive a restart.
    pub const fn unlimited() -> Self {
        Self { next: 0, limit: MAX + 1 }
    }

    /// The next number that is used.
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// Whether any number was reserved or used.
    pub(super) const fn is_begun(&self) -> bool {
        self.limit != 0
    }

    /// The limit that should be stored now: when half of what was reserved is used. Not an answer to
    /// [`reserved`](Self::reserved) yet.
    pub const fn due(&self) -> Option<u64> {
        if self.limit > MAX || self.limit.saturating_sub(self.next) > AHEAD / 2 {
            return None;
        }
        let limit = self.limit + AHEAD;
        Some(if limit > MAX { MAX + 1 } else { limit })
    }

    /// This limit is stored; a lower one than before changes nothing.
    pub const fn reserved(&mut self, limit: u64) {
        if limit > self.limit {
            self.limit = if limit > MAX { MAX + 1 } else { limit };
        }
    }

    /// Uses a number.
    pub(super) fn take(&mut self) -> Result<PartialIv, ProtectError> {
        let partial_iv = PartialIv::new(self.next).ok_or(ProtectError::Exhausted)?;
        if self.next >= self.limit {
            return Err(ProtectError::NotReserved);
        }
        self.next += 1;
        Ok(partial_iv)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn section_7_2_1_the_last_number_is_used_once() {
        let mut sequence = Sequence::resumed(MAX);
        assert_eq!(sequence.take(), Err(ProtectError::NotReserved));
        let due = sequence.due().expect("nothing is reserved");
        sequence.reserved(due);
        assert_eq!(sequence.take().map(PartialIv::number), Ok(MAX));
        assert_eq!(sequence.take(), Err(ProtectError::Exhausted));
        assert_eq!(sequence.due(), None);
        sequence.reserved(u64::MAX);
        assert_eq!(sequence.take(), Err(ProtectError::Exhausted));
        assert_eq!(Sequence::resumed(u64::MAX).take(), Err(ProtectError::Exhausted), "a damaged store");
    }

    #[test]
    fn appendix_b_1_1_numbers_are_reserved_before_they_run_out() {
        let mut sequence = Sequence::resumed(0);
        assert_eq!((sequence.is_begun(), sequence.due()), (false, Some(AHEAD)));
        sequence.reserved(AHEAD);
        for number in 0..AHEAD {
            assert_eq!(sequence.due().is_some(), number >= AHEAD / 2, "{number}");
            assert!(sequence.take().is_ok());
        }
        assert_eq!(sequence.take(), Err(ProtectError::NotReserved));
        sequence.reserved(AHEAD - 1);
        assert_eq!(sequence.take(), Err(ProtectError::NotReserved), "it does not go back");
    }
}

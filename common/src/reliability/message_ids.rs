//! Our message ids towards one peer, RFC 7252 §4.4.

use crate::base::{Duration, Instant};

/// Gives every message id to one peer at most once in EXCHANGE_LIFETIME.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MessageIds {
    next: u16,
    /// When an id of the lower and of the upper half was last given out, in microseconds and one more; 0 for never.
    /// There is one of these for each peer, so every byte counts.
    used: [u64; 2],
}

/// Which message ids an endpoint gives out. Two that send from one address have to give out different ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IdShare {
    step: u16,
    offset: u16,
}

impl IdShare {
    /// All of them.
    pub const ALL: Self = Self { step: 1, offset: 0 };
    /// The even ones.
    pub const EVEN: Self = Self { step: 2, offset: 0 };
    /// The odd ones.
    pub const ODD: Self = Self { step: 2, offset: 1 };

    /// Whether this share has the id.
    pub const fn has(self, id: u16) -> bool {
        id & (self.step - 1) == self.offset
    }
}

impl MessageIds {
    /// Starts at `first`, which should be random.
    pub const fn starting_at(first: u16) -> Self {
        Self { next: first, used: [0, 0] }
    }

    /// Whether `id` is among the last ones that were given out, if so many were.
    pub const fn is_recent(&self, id: u16) -> bool {
        const RECENT: u16 = 256;
        self.next.wrapping_sub(1).wrapping_sub(id) < RECENT
    }

    /// The next id of the share; `None` while the half it belongs to was in use less than `lifetime` ago.
    pub fn take(&mut self, now: Instant, lifetime: Duration, share: IdShare) -> Option<u16> {
        let id = self.next & !(share.step - 1) | share.offset;
        let used = match id >> 15 {
            0 => self.used.first_mut()?,
            _ => self.used.last_mut()?,
        };
        let enters_half = id & 0x7fff == share.offset;
        let last = used.checked_sub(1).map(Instant::from_micros);
        if enters_half && last.is_some_and(|last| now.since(last) < lifetime) {
            return None;
        }
        *used = now.as_micros().saturating_add(1);
        self.next = id.wrapping_add(share.step);
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFETIME: Duration = Duration::from_secs(247);

    #[test]
    fn section_4_4_no_id_twice_in_a_lifetime() {
        let mut ids = MessageIds::starting_at(65_000);
        let now = Instant::from_millis(0);
        let mut given = 0;
        while ids.take(now, LIFETIME, IdShare::ALL).is_some() {
            given += 1;
        }
        assert_eq!(given, 536 + 32_768, "the rest of the upper half and all of the lower");
        assert_eq!(ids.take(now + Duration::from_secs(246), LIFETIME, IdShare::ALL), None);
        assert_eq!(ids.take(now + LIFETIME, LIFETIME, IdShare::ALL), Some(32_768));
    }

    #[test]
    fn those_who_share_ids_have_none_in_common() {
        for (share, first) in [(IdShare::EVEN, 32_768), (IdShare::ODD, 32_769)] {
            let mut ids = MessageIds::starting_at(65_001);
            let now = Instant::from_millis(0);
            let mut given = 0;
            while let Some(id) = ids.take(now, LIFETIME, share) {
                assert!(share.has(id) && IdShare::ALL.has(id), "{id}");
                given += 1;
            }
            assert_eq!(given, 268 + 16_384, "{share:?}");
            assert_eq!(ids.take(now + LIFETIME, LIFETIME, share), Some(first));
        }
        assert!(!IdShare::EVEN.has(1) && !IdShare::ODD.has(0));
    }
}

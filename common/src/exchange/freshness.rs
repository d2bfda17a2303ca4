//! Which of two notifications is newer, RFC 7641 §3.4.

use crate::base::{Duration, Instant};

/// Lets the newest notification through, and what is older not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Freshness {
    last: Option<(u32, Instant)>,
}

/// After this time any number is newer: no datagram travels longer.
const FORGET: Duration = Duration::from_secs(128);

impl Freshness {
    /// Whether a notification with this Observe value, received now, is newer than all before.
    pub fn accept(&mut self, now: Instant, value: u32) -> bool {
        let newer = self.last.is_none_or(|(last, at)| {
            let ahead = value.wrapping_sub(last) & 0x00ff_ffff;
            ahead != 0 && ahead < 1 << 23 || now.since(at) > FORGET
        });
        if newer {
            self.last = Some((value, now));
        }
        newer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn section_3_4_order_by_sequence_number_and_time() {
        let at = |second: u64| Instant::from_millis(second * 1_000);
        let mut freshness = Freshness::default();
        assert!(freshness.accept(at(0), 0x00ff_fffe));
        assert!(freshness.accept(at(1), 3), "around the corner");
        assert!(!freshness.accept(at(2), 3), "the same again");
        assert!(!freshness.accept(at(2), 0x00ff_ffff), "an older one");
        assert!(!freshness.accept(at(129), 2));
        assert!(freshness.accept(at(130), 2), "129 seconds after the last");
    }
}

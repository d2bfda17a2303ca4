//! How many Resets go out: anybody can ask for them in anybody's name (RFC 7252 §11.3).

use core::net::IpAddr;

use crate::base::{Duration, Hasher, Instant};

/// Lets a burst through and then so many a second, in all and for each address.
#[derive(Debug)]
pub struct ResetLimit {
    seed: u64,
    all: Bucket,
    sources: [Bucket; SOURCES],
}

/// Addresses that fall on one place share it.
const SOURCES: usize = if cfg!(feature = "host") { 1024 } else { 4 };

/// Until when what went out is paid for.
#[derive(Clone, Copy, Debug)]
struct Bucket(Instant);

/// What one Reset costs, and how much may be owed.
struct Rate {
    each: Duration,
    burst: Duration,
}

const ALL: Rate = Rate { each: Duration::from_micros(1_000_000 / 1024), burst: Duration::from_secs(4) };
const SOURCE: Rate = Rate { each: Duration::from_micros(1_000_000 / 64), burst: Duration::from_secs(8) };

impl ResetLimit {
    /// Nothing went out yet. `seed` keeps outsiders from aiming at the place of another address.
    pub const fn new(seed: u64) -> Self {
        let idle = Bucket(Instant::from_micros(0));
        Self { seed, all: idle, sources: [idle; SOURCES] }
    }

    /// Whether one more may go to this address now; then it counts.
    pub fn take(&mut self, now: Instant, to: IpAddr) -> bool {
        let mut hasher = Hasher::new(self.seed);
        let address = match to {
            IpAddr::V4(address) => u128::from(address.to_bits()),
            IpAddr::V6(address) => address.to_bits(),
        };
        hasher.word((address >> 64) as u64);
        hasher.word(address as u64);
        let place = (hasher.finish() >> 32) as usize % SOURCES;
        let source = self.sources.get_mut(place);
        source.is_some_and(|source| source.take(now, &SOURCE)) && self.all.take(now, &ALL)
    }
}

impl Bucket {
    fn take(&mut self, now: Instant, rate: &Rate) -> bool {
        let paid = self.0.max(now);
        if paid.since(now) > rate.burst {
            return false;
        }
        self.0 = paid + rate.each;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(limit: &mut ResetLimit, now: Instant, to: [u8; 4], wanted: usize) -> usize {
        (0..wanted).filter(|_| limit.take(now, to.into())).count()
    }

    #[test]
    fn a_burst_goes_out_and_then_so_many_a_second() {
        let mut limit = ResetLimit::new(7);
        let now = Instant::from_millis(1);
        assert_eq!(taken(&mut limit, now, [10, 0, 0, 1], 10_000), 513);
        assert_eq!(taken(&mut limit, now + Duration::from_secs(1), [10, 0, 0, 1], 10_000), 64);
        assert_eq!(taken(&mut limit, now + Duration::from_secs(60), [10, 0, 0, 1], 10_000), 513);
    }

    #[test]
    fn many_addresses_together_have_a_bound_too() {
        let mut limit = ResetLimit::new(7);
        let now = Instant::from_millis(1);
        let all: usize = (0..100).map(|host| taken(&mut limit, now, [10, 0, 0, host], 1_000)).sum();
        assert!(all <= 4_200, "{all}");
    }
}

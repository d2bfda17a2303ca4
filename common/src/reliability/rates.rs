//! How often each source is served: token buckets, one for each network of one site.

use core::net::IpAddr;

use crate::base::{Duration, Hasher, Instant};

/// One bucket's place: whose it is, and until when what was served is paid for, in microseconds. An array of numbers, since
/// a host gets many of them as zeros without touching them.
pub type RateSlot = [u64; 2];

/// How many a second, and for how many seconds' worth a source that was silent may ask at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    /// A second, on average; 0 for any number.
    pub per_second: u32,
    /// The burst, in seconds.
    pub burst: u32,
}

impl Rate {
    /// Any number.
    pub const UNLIMITED: Self = Self { per_second: 0, burst: 0 };
}

/// What has a bucket of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// A request from an address: one bucket for an IPv4 address, or an IPv6 network of 64 bits, which is what one
    /// subscriber has.
    Request(IpAddr),
    /// A request of somebody who has proved who it is, by a number for each.
    Identity(u64),
    /// An answer with an error to such an address.
    Error(IpAddr),
}

impl Source {
    /// The words that tell it from others.
    fn words(self) -> [u64; 2] {
        let prefix = |kind, address: IpAddr| match address.to_canonical() {
            IpAddr::V4(address) => [kind, u64::from(address.to_bits())],
            IpAddr::V6(address) => [kind | V6, (address.to_bits() >> 64) as u64],
        };
        match self {
            Self::Request(address) => prefix(1, address),
            Self::Identity(number) => [2, number],
            Self::Error(address) => prefix(3, address),
        }
    }
}

/// Tells networks of IPv6 from addresses of IPv4.
const V6: u64 = 1 << 8;

/// The buckets, on lent memory: a source has one place, found at once, which it loses to another that falls on it; a bucket
/// that is gone was full. So many sources at once wear each other's limits down, but lock nobody out.
#[derive(Debug)]
pub struct Rates<'s> {
    slots: &'s mut [RateSlot],
    seed: u64,
}

impl<'s> Rates<'s> {
    /// Full buckets. `seed` keeps outsiders from aiming at the place of another source.
    pub fn new(slots: &'s mut [RateSlot], seed: u64) -> Self {
        Self { slots, seed }
    }

    /// Whether the source may be served once more at this rate; then it counts. Without memory it always may.
    ///
    /// # Errors
    /// How long until it may again.
    pub fn take(&mut self, now: Instant, source: Source, rate: Rate) -> Result<(), Duration> {
        let Some(each) = 1_000_000_u64.checked_div(u64::from(rate.per_second)) else { return Ok(()) };
        let mut hasher = Hasher::new(self.seed);
        source.words().into_iter().for_each(|word| hasher.word(word));
        let hash = hasher.finish();
        let place = ((u128::from(hash) * self.slots.len() as u128) >> 64) as usize;
        let Some([owner, paid]) = self.slots.get_mut(place) else { return Ok(()) };
        if *owner != hash {
            (*owner, *paid) = (hash, 0);
        }
        let now = now.as_micros();
        let begun = (*paid).max(now);
        let owed = begun - now;
        let burst = u64::from(rate.burst) * 1_000_000;
        if owed > burst {
            return Err(Duration::from_micros(owed - burst));
        }
        *paid = begun + each;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 10, burst: 2 };

    fn served(rates: &mut Rates<'_>, now: Instant, source: Source, wanted: usize) -> usize {
        (0..wanted).filter(|_| rates.take(now, source, RATE).is_ok()).count()
    }

    fn from(address: &str) -> Source {
        Source::Request(address.parse().expect("an address"))
    }

    #[test]
    fn a_burst_and_then_so_many_a_second() {
        let mut slots = [[0; 2]; 64];
        let mut rates = Rates::new(&mut slots, 7);
        let now = Instant::from_millis(1);
        assert_eq!(served(&mut rates, now, from("10.0.0.1"), 100), 21);
        let wait = rates.take(now, from("10.0.0.1"), RATE).expect_err("no more");
        assert_eq!(wait, Duration::from_millis(100));
        assert!(rates.take(now + wait, from("10.0.0.1"), RATE).is_ok());
        let later = now + Duration::from_secs(60);
        assert_eq!(served(&mut rates, later, from("10.0.0.1"), 100), 21);
    }

    #[test]
    fn one_bucket_for_a_subscriber() {
        let mut slots = [[0; 2]; 64];
        let mut rates = Rates::new(&mut slots, 7);
        let now = Instant::from_millis(1);
        assert_eq!(served(&mut rates, now, from("2001:db8::1"), 100), 21);
        assert_eq!(served(&mut rates, now, from("2001:db8::ffff:2"), 100), 0, "the same 64 bits");
        assert_eq!(served(&mut rates, now, from("2001:db8:0:1::1"), 100), 21);
        assert_eq!(served(&mut rates, now, from("10.0.0.1"), 100), 21);
        assert_eq!(served(&mut rates, now, from("::ffff:10.0.0.1"), 100), 0, "the same address");
        assert_eq!(served(&mut rates, now, Source::Error([10, 0, 0, 1].into()), 100), 21, "of its own");
        assert_eq!(served(&mut rates, now, Source::Identity(0x0a00_0001), 100), 21, "of its own");
    }

    #[test]
    fn a_crowd_locks_nobody_out() {
        let mut slots = [[0; 2]; 4];
        let mut rates = Rates::new(&mut slots, 7);
        let now = Instant::from_millis(1);
        for host in 0..10_000_u32 {
            assert!(rates.take(now, Source::Request(host.to_be_bytes().into()), RATE).is_ok(), "{host}");
        }
    }

    #[test]
    fn without_memory_or_a_rate_there_is_no_limit() {
        let now = Instant::from_millis(1);
        assert_eq!(served(&mut Rates::new(&mut [], 7), now, from("10.0.0.1"), 100), 100);
        let mut slots = [[0; 2]; 4];
        let mut rates = Rates::new(&mut slots, 7);
        assert!((0..100).all(|_| rates.take(now, from("10.0.0.1"), Rate::UNLIMITED).is_ok()));
    }
}

//! Where requests come from: addresses that never give a message id twice within EXCHANGE_LIFETIME (RFC 7252 §4.4).

use std::net::Ipv4Addr;

use twite::base::{Duration, Instant, Random};
use twite::reliability::{IdShare, MessageIds, Timing};

use super::BenchError;

/// Addresses of 127.0.0.0/8, in an order of its own for each run.
const LOOPBACK: u32 = 0x7f00_0000;
const HOST_BITS: u32 = 0x00ff_ffff;
/// Odd, so that its multiples go through all host numbers before they repeat.
const STRIDE: u32 = 0x009e_3779;

/// EXCHANGE_LIFETIME (RFC 7252 §4.8.2).
pub const LIFETIME: Duration = Timing::DEFAULT.exchange_lifetime();

/// Where fresh sources come from.
#[derive(Debug)]
pub enum Supply {
    /// One socket hears all addresses of 127.0.0.0/8, each of which is a source.
    Loopback {
        /// The host number of the next one.
        next: u32,
        /// How many were given.
        given: u64,
    },
    /// Every source is a socket.
    Sockets {
        /// How many were given.
        given: usize,
        /// How many may be.
        most: usize,
    },
}

/// What an endpoint sends from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source {
    /// The number of its socket.
    pub socket: u32,
    /// Its address, where one socket has many.
    pub address: Option<Ipv4Addr>,
}

impl Supply {
    /// Starts at a random address.
    pub fn loopback(random: &mut Random) -> Self {
        Self::Loopback { next: random.u64() as u32 & HOST_BITS, given: 0 }
    }

    /// At most so many sockets.
    pub const fn sockets(most: usize) -> Self {
        Self::Sockets { given: 0, most }
    }

    /// How many sources were given.
    pub const fn given(&self) -> u64 {
        match self {
            Self::Loopback { given, .. } => *given,
            Self::Sockets { given, .. } => *given as u64,
        }
    }

    /// A source that was not given before.
    ///
    /// # Errors
    /// When there is none left.
    pub fn fresh(&mut self) -> Result<Source, BenchError> {
        match self {
            Self::Loopback { next, given } => loop {
                if *given > u64::from(HOST_BITS) {
                    return Err(BenchError::NoFreshSource { used: *given });
                }
                let host = *next;
                *next = next.wrapping_add(STRIDE) & HOST_BITS;
                *given += 1;
                // Network and broadcast addresses, and those that servers use.
                if !matches!(host & 0xff, 0 | 0xff) && host > 0xff {
                    return Ok(Source { socket: 0, address: Some(Ipv4Addr::from(LOOPBACK | host)) });
                }
            },
            Self::Sockets { given, most } => {
                if given >= most {
                    return Err(BenchError::TooManySockets { most: *most });
                }
                let socket = *given as u32;
                *given += 1;
                Ok(Source { socket, address: None })
            }
        }
    }
}

/// One client: its present source and the ids that this has left.
#[derive(Debug)]
pub struct Client {
    source: Source,
    ids: MessageIds,
    /// Requests that the source is used for, and those of them that are left.
    per_source: u64,
    left: u64,
}

impl Client {
    /// A client with a source of its own, used for at most `per_source` requests.
    ///
    /// # Errors
    /// When there is no source left.
    pub fn new(supply: &mut Supply, random: &mut Random, per_source: u64) -> Result<Self, BenchError> {
        let ids = MessageIds::starting_at(random.u16());
        Ok(Self { source: supply.fresh()?, ids, per_source, left: per_source })
    }

    /// A message id and the source it belongs to; when the source has used its ids, the client moves to a fresh one.
    ///
    /// # Errors
    /// When there is no source left.
    #[inline]
    pub fn take(
        &mut self,
        now: Instant,
        supply: &mut Supply,
        random: &mut Random,
    ) -> Result<(Source, u16), BenchError> {
        if self.left > 0
            && let Some(id) = self.ids.take(now, LIFETIME, IdShare::ALL)
        {
            self.left -= 1;
            return Ok((self.source, id));
        }
        *self = Self::new(supply, random, self.per_source)?;
        self.left = self.left.saturating_sub(1);
        // A fresh source has all its ids.
        let id = self.ids.take(now, LIFETIME, IdShare::ALL).ok_or(BenchError::NoFreshSource { used: 1 })?;
        Ok((self.source, id))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn random() -> Random {
        Random::from_seed([7; 32])
    }

    #[test]
    fn section_4_4_no_source_gives_an_id_twice_in_a_lifetime() {
        let mut random = random();
        let mut supply = Supply::loopback(&mut random);
        let mut clients: Vec<_> =
            (0..3).map(|_| Client::new(&mut supply, &mut random, u64::MAX).expect("a source")).collect();
        let mut given: HashMap<(Source, u16), Instant> = HashMap::new();
        // A millisecond for each request of three clients: 90 to 120 seconds for the ids of a source, and on to where
        // the first ids would come again.
        for step in 0..900_000_u64 {
            let now = Instant::from_micros(step * 1_000);
            let client = &mut clients[step as usize % 3];
            let taken = client.take(now, &mut supply, &mut random).expect("a source");
            let before = given.insert(taken, now);
            assert!(before.is_none_or(|before| now.since(before) >= LIFETIME), "{taken:?} at {now:?}");
        }
        assert!(supply.given() > 3, "they moved");
    }

    #[test]
    fn a_source_is_used_no_more_often_than_wanted() {
        let mut random = random();
        let mut supply = Supply::loopback(&mut random);
        let mut client = Client::new(&mut supply, &mut random, 2).expect("a source");
        let now = Instant::from_millis(1);
        let taken: Vec<_> =
            (0..5).map(|_| client.take(now, &mut supply, &mut random).expect("a source").0).collect();
        assert!(taken[0] == taken[1] && taken[2] == taken[3], "{taken:?}");
        assert!(taken[1] != taken[2] && taken[3] != taken[4], "{taken:?}");
    }

    #[test]
    fn a_slow_client_keeps_its_source() {
        let mut random = random();
        let mut supply = Supply::loopback(&mut random);
        let mut client = Client::new(&mut supply, &mut random, u64::MAX).expect("a source");
        let first = client.source;
        for step in 0..200_000 {
            let now = Instant::from_millis(step * 10);
            assert_eq!(client.take(now, &mut supply, &mut random).expect("a source").0, first);
        }
    }

    #[test]
    fn sources_are_loopback_addresses_of_their_own() {
        let mut supply = Supply::loopback(&mut random());
        let mut given = std::collections::HashSet::new();
        for _ in 0..100_000 {
            let source = supply.fresh().expect("one of sixteen million");
            let address = source.address.expect("an address");
            assert!(address.is_loopback() && !matches!(address.octets(), [_, 0, 0, _] | [.., 0 | 255]));
            assert!(given.insert(address), "{address} twice");
        }
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        let mut supply = Supply::sockets(2);
        let mut random = random();
        let mut client = Client::new(&mut supply, &mut random, u64::MAX).expect("the first");
        let now = Instant::from_millis(1);
        let refused = (0..200_000).find_map(|_| client.take(now, &mut supply, &mut random).err());
        assert!(matches!(refused, Some(BenchError::TooManySockets { most: 2 })), "{refused:?}");
        let mut supply = Supply::Loopback { next: 0, given: u64::from(HOST_BITS) + 1 };
        assert!(matches!(supply.fresh(), Err(BenchError::NoFreshSource { .. })));
    }
}

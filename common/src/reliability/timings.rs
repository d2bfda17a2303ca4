//! Which transmission parameters hold for which peer, RFC 7252 §4.8.1.

use core::net::IpAddr;

use super::{Peer, Timing};
use crate::base::Duration;

/// The addresses that begin with the same bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Prefix {
    address: IpAddr,
    length: u8,
}

impl Prefix {
    /// The addresses that share the first `length` bits with this one; `None` if it has not so many.
    pub const fn new(address: IpAddr, length: u8) -> Option<Self> {
        let bits = if address.is_ipv4() { 32 } else { 128 };
        if length > bits { None } else { Some(Self { address, length }) }
    }

    /// Whether the address is one of them; an IPv4 address mapped into IPv6 counts as what it stands for.
    pub fn contains(&self, address: IpAddr) -> bool {
        let shift = |bits: u32| bits - u32::from(self.length);
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differ = own.to_bits() ^ other.to_bits();
                differ.checked_shr(shift(32)).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differ = own.to_bits() ^ other.to_bits();
                differ.checked_shr(shift(128)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }

    /// The address that it was made of.
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// How many bits are shared.
    pub const fn length(&self) -> u8 {
        self.length
    }
}

/// A network whose links are unlike others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Network {
    /// The addresses of its peers.
    pub prefix: Prefix,
    /// What holds for them.
    pub timing: Timing,
}

/// The parameters for every peer: those of the network with the longest prefix that has its address, else the
/// default. Networks need the feature `host`. Every message to a peer looks through all networks; a few dozen of them cost nothing to speak of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timings<'s> {
    /// For peers of no network.
    pub default: Timing,
    /// The networks.
    pub networks: &'s [Network],
}

impl Timings<'_> {
    /// What holds for this peer.
    pub fn of(&self, peer: &Peer) -> &Timing {
        if !cfg!(feature = "host") {
            return &self.default;
        }
        let address = peer.remote_address().ip();
        let fitting = self.networks.iter().filter(|network| network.prefix.contains(address));
        fitting.max_by_key(|network| network.prefix.length).map_or(&self.default, |network| &network.timing)
    }

    /// The longest EXCHANGE_LIFETIME (§4.8.2): message ids and duplicates are the same for all peers.
    pub fn exchange_lifetime(&self, lifetime: impl Fn(&Timing) -> Duration) -> Duration {
        if !cfg!(feature = "host") {
            return lifetime(&self.default);
        }
        let networks = self.networks.iter().map(|network| lifetime(&network.timing));
        networks.fold(lifetime(&self.default), Duration::max)
    }
}

impl From<Timing> for Timings<'_> {
    fn from(default: Timing) -> Self {
        Self { default, networks: &[] }
    }
}

#[cfg(test)]
mod tests {
    use core::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    const TEN: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 1, 2, 3));

    fn prefix(address: IpAddr, length: u8) -> Prefix {
        Prefix::new(address, length).expect("not too long")
    }

    #[test]
    fn a_prefix_has_the_addresses_that_share_its_bits() {
        let eight = prefix(TEN, 8);
        assert!(eight.contains([10, 255, 0, 1].into()) && !eight.contains([11, 1, 2, 3].into()));
        assert!(eight.contains(Ipv4Addr::new(10, 9, 9, 9).to_ipv6_mapped().into()), "mapped");
        assert!(prefix(TEN, 32).contains(TEN) && !prefix(TEN, 32).contains([10, 1, 2, 2].into()));
        assert!(
            prefix(TEN, 0).contains([1, 1, 1, 1].into())
                && !prefix(TEN, 0).contains(Ipv6Addr::LOCALHOST.into())
        );
        let six = prefix("2001:db8:7::".parse().expect("an address"), 48);
        assert!(six.contains("2001:db8:7:1::2".parse().expect("an address")));
        assert!(!six.contains("2001:db8:8:1::2".parse().expect("an address")));
        assert_eq!((Prefix::new(TEN, 33), Prefix::new(Ipv6Addr::LOCALHOST.into(), 129)), (None, None));
    }

    #[test]
    fn section_4_8_1_the_longest_prefix_counts_and_the_longest_lifetime() {
        let nstart = |nstart| Timing { nstart, ..Timing::DEFAULT };
        let networks = [
            Network { prefix: prefix(TEN, 16), timing: nstart(3) },
            Network { prefix: prefix(TEN, 8), timing: Timing::SLOW },
        ];
        let timings = Timings { networks: &networks, ..Timings::from(nstart(2)) };
        let of = |address: [u8; 4]| timings.of(&Peer::new((address, 5683).into())).nstart;
        assert_eq!((of([10, 1, 0, 1]), of([10, 2, 0, 1]), of([192, 0, 2, 1])), (3, 1, 2));
        assert_eq!(timings.exchange_lifetime(Timing::exchange_lifetime), Timing::SLOW.exchange_lifetime());
    }
}

//! Who is at the other end.

use core::net::{IpAddr, SocketAddr};
#[cfg(not(feature = "ipv6"))]
use core::net::{Ipv4Addr, SocketAddrV4};

use crate::base::{Hashed, Hasher};

/// Address and port of a peer: of IPv4 alone without the feature `ipv6`.
#[cfg(feature = "ipv6")]
pub type Remote = SocketAddr;
#[cfg(not(feature = "ipv6"))]
/// Address and port of a peer.
pub type Remote = SocketAddrV4;

/// An address of ours: of IPv4 alone without the feature `ipv6`.
#[cfg(feature = "ipv6")]
pub type Local = IpAddr;
#[cfg(not(feature = "ipv6"))]
/// An address of ours.
pub type Local = Ipv4Addr;

/// The other endpoint, and the address of ours that it talks to.
///
/// RFC 7252 §1.2 and §4.4 tie message ids and tokens to a pair of endpoints. A host with several
/// addresses is several endpoints, and a response has to leave from the address that was asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Peer {
    /// Address and port of the other side.
    pub remote: Remote,
    /// Our address, where the shell knows it.
    pub local: Option<Local>,
}

impl Peer {
    /// A peer that is reached from any of our addresses.
    pub const fn new(remote: Remote) -> Self {
        Self { remote, local: None }
    }

    /// A peer of these addresses; `None` if it needs the feature `ipv6` and there is none.
    #[cfg(feature = "ipv6")]
    pub const fn of(remote: SocketAddr, local: Option<IpAddr>) -> Option<Self> {
        Some(Self { remote, local })
    }

    /// A peer of these addresses; `None` if one of them is of IPv6.
    #[cfg(not(feature = "ipv6"))]
    pub const fn of(remote: SocketAddr, local: Option<IpAddr>) -> Option<Self> {
        match (remote, local) {
            (SocketAddr::V4(remote), None) => Some(Self { remote, local: None }),
            (SocketAddr::V4(remote), Some(IpAddr::V4(local))) => Some(Self { remote, local: Some(local) }),
            _ => None,
        }
    }

    /// Address and port of the other side.
    pub const fn remote_address(&self) -> SocketAddr {
        #[cfg(feature = "ipv6")]
        return self.remote;
        #[cfg(not(feature = "ipv6"))]
        return SocketAddr::V4(self.remote);
    }

    /// Our address, where the shell knows it.
    pub const fn local_address(&self) -> Option<IpAddr> {
        #[cfg(feature = "ipv6")]
        return self.local;
        #[cfg(not(feature = "ipv6"))]
        return match self.local {
            Some(local) => Some(IpAddr::V4(local)),
            None => None,
        };
    }

    /// Whether the datagram was sent to a group (RFC 7252 §8).
    #[inline]
    pub fn is_multicast(&self) -> bool {
        self.local.is_some_and(|local| local.is_multicast())
    }

    /// Where an answer goes, and from where: from the address that was asked, but from any of ours if that is a
    /// group's (§8.2).
    #[inline]
    pub fn answering(self) -> Self {
        Self { local: self.local.filter(|local| !local.is_multicast()), ..self }
    }
}

impl Hashed for Peer {
    #[inline]
    fn hash(&self, hasher: &mut Hasher) {
        hash_address(self.remote_address().ip(), u64::from(self.remote.port()), hasher);
        if let Some(local) = self.local_address() {
            hash_address(local, 0, hasher);
        }
    }
}

#[inline]
fn hash_address(address: IpAddr, port: u64, hasher: &mut Hasher) {
    match address {
        IpAddr::V4(address) => hasher.word((u64::from(address.to_bits()) << 16) | port),
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            hasher.word((bits >> 64) as u64);
            hasher.word(bits as u64 ^ (port << 48));
        }
    }
}

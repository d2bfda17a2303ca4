//! Who is at the other end.

use core::net::{IpAddr, SocketAddr};

use crate::base::{Hashed, Hasher};

/// The other endpoint, and the address of ours that it talks to.
///
/// RFC 7252 §1.2 and §4.4 tie message ids and tokens to a pair of endpoints. A host with several
/// addresses is several endpoints, and a response has to leave from the address that was asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Peer {
    /// Address and port of the other side.
    pub remote: SocketAddr,
    /// Our address, where the shell knows it.
    pub local: Option<IpAddr>,
}

impl Peer {
    /// A peer that is reached from any of our addresses.
    pub const fn new(remote: SocketAddr) -> Self {
        Self { remote, local: None }
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
        hash_address(self.remote.ip(), u64::from(self.remote.port()), hasher);
        if let Some(local) = self.local {
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

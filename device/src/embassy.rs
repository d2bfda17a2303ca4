//! UDP sockets of embassy-net, which has no `UnconnectedUdp` of its own.

use core::net::{IpAddr, SocketAddr};

use embassy_net::udp::{RecvError, SendError, UdpMetadata, UdpSocket};
use embassy_net::{IpAddress, IpEndpoint};
use embedded_io_async::ErrorKind;
use embedded_nal_async::UnconnectedUdp;

/// A bound socket of embassy-net, for [`serve`](crate::serve()).
pub struct EmbassyUdp<'s>(pub UdpSocket<'s>);

/// Why a datagram was not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EmbassyError {
    /// The stack refuses it.
    Send(SendError),
    /// It is for an IPv6 address; see the feature `embassy-net-ipv6`.
    NoIpv6,
}

impl core::fmt::Display for EmbassyError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Send(SendError::NoRoute) => "no route",
            Self::Send(SendError::SocketNotBound) => "the socket is not bound",
            Self::Send(SendError::PacketTooLarge) => "the datagram is larger than the socket's memory",
            Self::NoIpv6 => "built without IPv6",
        })
    }
}

impl core::error::Error for EmbassyError {}

impl embedded_io_async::Error for EmbassyError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Send(SendError::NoRoute) => ErrorKind::AddrNotAvailable,
            Self::Send(SendError::SocketNotBound) => ErrorKind::NotConnected,
            Self::Send(SendError::PacketTooLarge) => ErrorKind::OutOfMemory,
            Self::NoIpv6 => ErrorKind::Unsupported,
        }
    }
}

impl UnconnectedUdp for EmbassyUdp<'_> {
    type Error = EmbassyError;

    async fn send(&mut self, local: SocketAddr, remote: SocketAddr, data: &[u8]) -> Result<(), EmbassyError> {
        let remote = endpoint(remote).ok_or(EmbassyError::NoIpv6)?;
        // The stack chooses an address where ours is unspecified.
        let from = Some(local).filter(|local| !local.ip().is_unspecified()).and_then(endpoint);
        let local_address = from.map(|from| from.addr);
        let metadata = UdpMetadata { local_address, ..UdpMetadata::from(remote) };
        self.0.send_to(data, metadata).await.map_err(EmbassyError::Send)
    }

    async fn receive_into(
        &mut self,
        buffer: &mut [u8],
    ) -> Result<(usize, SocketAddr, SocketAddr), EmbassyError> {
        loop {
            match self.0.recv_from(buffer).await {
                Ok((length, metadata)) => {
                    let remote = SocketAddr::from(metadata.endpoint);
                    let unspecified: IpAddr = if remote.is_ipv4() {
                        core::net::Ipv4Addr::UNSPECIFIED.into()
                    } else {
                        core::net::Ipv6Addr::UNSPECIFIED.into()
                    };
                    let local =
                        metadata.local_address.map_or(unspecified, |address: IpAddress| address.into());
                    return Ok((length, SocketAddr::new(local, self.0.endpoint().port), remote));
                }
                // Longer than any message of ours, and dropped.
                Err(RecvError::Truncated) => {}
            }
        }
    }
}

fn endpoint(address: SocketAddr) -> Option<IpEndpoint> {
    match address {
        SocketAddr::V4(address) => Some(address.into()),
        #[cfg(feature = "embassy-net-ipv6")]
        SocketAddr::V6(address) => Some(address.into()),
        #[cfg(not(feature = "embassy-net-ipv6"))]
        SocketAddr::V6(_) => None,
    }
}

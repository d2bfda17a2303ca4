//! UDP sockets of embassy-net, which has no `UnconnectedUdp` of its own.

use core::future::Future as _;
use core::net::{IpAddr, SocketAddr};
use core::pin::pin;
use core::task::{Context, Waker};

use embassy_net::udp::{SendError, UdpMetadata, UdpSocket};
use embassy_net::{IpAddress, IpEndpoint, Stack};
use embassy_time::{Duration, Instant, Timer};
use embedded_io_async::ErrorKind;
use embedded_nal_async::UnconnectedUdp;

use crate::serve::first;

/// How long a datagram may wait for its neighbour's address before what waits is given up, so that one neighbour
/// that is gone does not silence the socket.
const PATIENCE: Duration = Duration::from_secs(2);

/// A bound socket of embassy-net, for [`serve`](crate::serve()). Broadcasts are not received (RFC 7252 knows none), and
/// datagrams that could not leave for two seconds are lost, with those behind them.
pub struct EmbassyUdp<'s> {
    stack: Stack<'s>,
    socket: UdpSocket<'s>,
    /// Since when something waits to leave, as far as was seen.
    waiting: Option<Instant>,
}

impl<'s> EmbassyUdp<'s> {
    /// This socket of this stack.
    pub const fn new(stack: Stack<'s>, socket: UdpSocket<'s>) -> Self {
        Self { stack, socket, waiting: None }
    }

    /// Gives up what has waited for too long.
    fn settle(&mut self) {
        let gone = {
            let left = pin!(self.socket.flush());
            left.poll(&mut Context::from_waker(Waker::noop())).is_ready()
        };
        if gone {
            self.waiting = None;
        } else if self.waiting.get_or_insert(Instant::now()).elapsed() >= PATIENCE {
            self.give_up();
        }
    }

    /// Drops what waits to leave.
    fn give_up(&mut self) {
        let endpoint = self.socket.endpoint();
        self.socket.close();
        // A socket that was bound to it can be bound to it again.
        let _ = self.socket.bind(endpoint);
        self.waiting = None;
    }

    /// Whether a datagram to this address is for this node or a group of it.
    fn is_ours(&self, local: IpAddr) -> bool {
        let IpAddr::V4(local) = local else { return true };
        let ours = self.stack.config_v4().is_some_and(|config| config.address.address() == local);
        ours || local.is_multicast() || local.is_unspecified()
    }
}

/// Why a datagram was not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EmbassyError {
    /// The stack refuses it.
    Send(SendError),
    /// There was no room for two seconds, so that it is lost with what was before it.
    Stuck,
    /// It is for an IPv6 address; see the feature `embassy-net-ipv6`.
    NoIpv6,
}

impl core::fmt::Display for EmbassyError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Send(SendError::NoRoute) => "no route",
            Self::Send(SendError::SocketNotBound) => "the socket is not bound",
            Self::Send(SendError::PacketTooLarge) => "the datagram is larger than the socket's memory",
            Self::Stuck => "nothing leaves",
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
            Self::Stuck => ErrorKind::TimedOut,
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
        self.settle();
        let sent = first(self.socket.send_to(data, metadata), Timer::after(PATIENCE)).await;
        let Some(sent) = sent else {
            self.give_up();
            return Err(EmbassyError::Stuck);
        };
        sent.map_err(EmbassyError::Send)
    }

    async fn receive_into(
        &mut self,
        buffer: &mut [u8],
    ) -> Result<(usize, SocketAddr, SocketAddr), EmbassyError> {
        loop {
            self.settle();
            let received = self.socket.recv_from(buffer);
            let received = match self.waiting {
                None => Some(received.await),
                Some(since) => first(received, Timer::at(since + PATIENCE)).await,
            };
            // Not one that is longer than any message of ours.
            let Some(Ok((length, metadata))) = received else { continue };
            let remote = SocketAddr::from(metadata.endpoint);
            let unspecified: IpAddr = if remote.is_ipv4() {
                core::net::Ipv4Addr::UNSPECIFIED.into()
            } else {
                core::net::Ipv6Addr::UNSPECIFIED.into()
            };
            let local = metadata.local_address.map_or(unspecified, |address: IpAddress| address.into());
            if self.is_ours(local) {
                return Ok((length, SocketAddr::new(local, self.socket.endpoint().port), remote));
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

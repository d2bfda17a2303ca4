//! A device on an asynchronous UDP socket.

use core::convert::Infallible;
use core::future::{Future, poll_fn};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::pin::pin;
use core::task::Poll;

use embedded_hal::digital::{InputPin, OutputPin};
use embedded_nal_async::UnconnectedUdp;
use twite::base::Instant;
use twite::reliability::Peer;

use crate::{Device, Output, Storage, Thermometer};

/// Time, and waiting for it.
pub trait Clock {
    /// The present time; never goes back.
    fn now(&self) -> Instant;

    /// Ends at this time, or soon after; may be dropped before.
    fn wait_until(&mut self, at: Instant) -> impl Future<Output = ()>;
}

/// Serves the device for ever on a socket that is bound to `port`; `buffer` takes a datagram, sent or received.
///
/// A datagram that cannot be sent is lost, as on the network. Receiving must be free to be dropped before a datagram
/// comes, without losing one.
///
/// # Errors
/// When the socket cannot receive; serving may go on by calling this again.
pub async fn serve<T, L, B, S, U>(
    device: &mut Device<'_, T, L, B, S>,
    socket: &mut U,
    port: u16,
    clock: &mut impl Clock,
    buffer: &mut [u8],
) -> Result<Infallible, U::Error>
where
    T: Thermometer,
    L: OutputPin,
    B: InputPin,
    S: Storage,
    U: UnconnectedUdp,
{
    loop {
        let until = loop {
            match device.poll(clock.now(), buffer) {
                Output::Transmit { peer, length } => {
                    let datagram = buffer.get(..length).unwrap_or_default();
                    let _ = socket.send(local(&peer, port), peer.remote_address(), datagram).await;
                }
                Output::Wait(until) => break until,
            }
        };
        let received = first(socket.receive_into(buffer), clock.wait_until(until)).await;
        if let Some(received) = received {
            let (length, local, remote) = received?;
            // Without the feature `ipv6` there are no peers with such addresses.
            let Some(peer) = Peer::of(remote, Some(local.ip())) else { continue };
            // One that was longer than the buffer is not whole, and no message.
            device.handle(clock.now(), peer, buffer.get(..length).unwrap_or_default());
        }
    }
}

/// Where a datagram leaves from: the address that was asked, else any of the peer's kind.
fn local(peer: &Peer, port: u16) -> SocketAddr {
    let any: IpAddr = if peer.remote_address().is_ipv4() {
        Ipv4Addr::UNSPECIFIED.into()
    } else {
        Ipv6Addr::UNSPECIFIED.into()
    };
    SocketAddr::new(peer.local_address().unwrap_or(any), port)
}

/// What `wanted` comes to, unless `limit` ends before.
pub(crate) async fn first<R>(wanted: impl Future<Output = R>, limit: impl Future<Output = ()>) -> Option<R> {
    let (mut wanted, mut limit) = (pin!(wanted), pin!(limit));
    poll_fn(|context| match wanted.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => limit.as_mut().poll(context).map(|()| None),
    })
    .await
}

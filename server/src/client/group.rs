//! One request to a group, and whoever answers (RFC 7252 §8).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant as Clock};

use socket2::{Domain, Protocol, SockRef, Type};
use twite::endpoint::{Endpoint, Event, Output};
use twite::exchange::Outgoing;
use twite::reliability::{Peer, Timing};

use super::{ClientError, ClientStorage, Direction, MESSAGE, Reply, Trace, is_timeout};

/// A group, and the interface by which to reach it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Group {
    /// The group; of IPv6 with the interface's index as scope.
    pub address: SocketAddr,
    /// The interface's own address, for a group of IPv4.
    pub interface: Option<Ipv4Addr>,
}

/// Asks the group once and waits until the time is over; `heard` gets each response and who sent it.
///
/// # Errors
/// When the group cannot be reached by that interface, or the request fits no message.
pub fn ask_group(
    group: Group,
    request: &Outgoing<'_>,
    time: Duration,
    mut trace: Trace<'_>,
    mut heard: impl FnMut(SocketAddr, Reply),
) -> Result<(), ClientError> {
    let socket = open(group)?;
    let mut storage = ClientStorage::default();
    let mut endpoint = Endpoint::new(storage.lend(), Timing::DEFAULT, crate::clock::seed()?);
    let begun = Clock::now();
    let peer = Peer::new(group.address);
    let asked = endpoint.request(crate::clock::since(begun), peer, request);
    let id = asked.map_err(|_| ClientError::TooLarge)?;
    let mut buffer = vec![0; MESSAGE];
    loop {
        while let Output::Transmit { peer, bytes } = endpoint.poll_output(crate::clock::since(begun)) {
            trace(Direction::Sent, bytes);
            let sent = socket.send_to(bytes, peer.remote);
            // That an acknowledgement does not get through is its receiver's trouble, not the group's.
            if peer.remote == group.address {
                sent?;
            }
        }
        let left = time.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Ok(());
        }
        socket.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        let (len, remote) = match socket.recv_from(&mut buffer) {
            Ok(received) => received,
            // An ICMP error of one member ends nothing.
            Err(error) if is_timeout(&error) || error.kind() == io::ErrorKind::ConnectionRefused => continue,
            Err(error) => return Err(error.into()),
        };
        let datagram = buffer.get(..len).unwrap_or_default();
        trace(Direction::Received, datagram);
        let now = crate::clock::since(begun);
        if let Some(Event::Response { id: answered, message }) =
            endpoint.handle_input(now, Peer::new(remote), datagram)
            && answered == id
        {
            heard(remote, Reply::new(&message, begun.elapsed()));
        }
    }
}

/// A socket that sends by the group's interface.
fn open(group: Group) -> io::Result<std::net::UdpSocket> {
    let socket = socket2::Socket::new(Domain::for_address(group.address), Type::DGRAM, Some(Protocol::UDP))?;
    let any: IpAddr = match group.address {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let options = SockRef::from(&socket);
    match (group.address, group.interface) {
        (SocketAddr::V4(_), Some(interface)) => options.set_multicast_if_v4(&interface)?,
        (SocketAddr::V6(address), _) if address.scope_id() != 0 => {
            options.set_multicast_if_v6(address.scope_id())?;
        }
        _ => {}
    }
    socket.bind(&SocketAddr::new(any, 0).into())?;
    Ok(socket.into())
}

//! A UDP socket that answers from the address it was asked at.

use std::future::poll_fn;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::task::Poll;

use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, SockRef, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;
use twite::reliability::Peer;

/// A bound socket, and those that hear groups for it.
#[derive(Debug)]
pub(super) struct Socket {
    main: Bound,
    /// Each is bound to a group, and only heard.
    groups: Vec<Bound>,
}

#[derive(Debug)]
struct Bound {
    io: UdpSocket,
    state: UdpSocketState,
    local: SocketAddr,
}

/// With whom a socket shares its address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sharing {
    /// With nobody.
    Alone,
    /// With further sockets of this server, and it is the first.
    First,
    /// With the sockets of this server that are there.
    Further,
}

/// What is known of a socket before it is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Readiness {
    /// The runtime said that there is something.
    Told,
    /// Nothing.
    Unknown,
}

/// Buffers for one call's worth of datagrams.
#[derive(Debug)]
pub(super) struct Batch {
    buffers: Vec<Vec<u8>>,
    received: [RecvMeta; BATCH_SIZE],
    count: usize,
    /// Whether the last call filled the few buffers of a short one, so that there are likely more datagrams.
    is_long: bool,
}

/// Buffers of a call where few datagrams are expected: preparing one costs about as much as reading a datagram.
const FEW: usize = 4;

/// The kernel may hand over several datagrams of one sender joined; 64 KiB hold whatever it joins.
const SLOT: usize = 65_535;

impl Default for Batch {
    fn default() -> Self {
        Self {
            // Each made anew, since a copy of zeros is touched and takes memory.
            buffers: (0..BATCH_SIZE).map(|_| vec![0; SLOT]).collect(),
            received: [RecvMeta::default(); BATCH_SIZE],
            count: 0,
            is_long: false,
        }
    }
}

impl Batch {
    /// Takes nothing but datagrams that another thread received, as many as there are and have room; whether any.
    pub(super) fn fill(&mut self, mut next: impl FnMut(&mut dyn FnMut(Peer, &[u8])) -> bool) -> bool {
        self.count = 0;
        while self.count < self.buffers.len() {
            let (buffer, meta) = (&mut self.buffers[self.count], &mut self.received[self.count]);
            let mut take = |peer: Peer, datagram: &[u8]| {
                if let Some(room) = buffer.get_mut(..datagram.len()) {
                    room.copy_from_slice(datagram);
                    (meta.addr, meta.dst_ip) = (peer.remote, peer.local);
                    (meta.len, meta.stride) = (datagram.len(), datagram.len());
                }
            };
            if !next(&mut take) {
                break;
            }
            self.count += 1;
        }
        self.count > 0
    }

    /// The datagrams with their senders and the addresses they were sent to.
    pub(super) fn datagrams(&self) -> impl Iterator<Item = (SocketAddr, Option<IpAddr>, &[u8])> {
        let received = self.received.iter().take(self.count);
        received.zip(&self.buffers).flat_map(|(meta, buffer)| {
            let bytes = buffer.get(..meta.len).unwrap_or_default();
            let empty = bytes.is_empty().then_some(bytes);
            let pieces = bytes.chunks(meta.stride.max(1)).chain(empty);
            let destination = meta.dst_ip.map(plain);
            pieces.map(move |piece| (meta.addr, destination, piece))
        })
    }
}

/// A group of IPv4 as such: a socket for both protocols tells it as an IPv6 address that is none of a group.
fn plain(destination: IpAddr) -> IpAddr {
    let canonical = destination.to_canonical();
    if canonical.is_multicast() { canonical } else { destination }
}

impl Bound {
    fn new(address: SocketAddr, receive_buffer: usize, sharing: Sharing) -> io::Result<Self> {
        let address = match sharing {
            // Sockets that share an address would take datagrams from a program that does so too.
            Sharing::First => Self::new(address, receive_buffer, Sharing::Alone)?.local,
            Sharing::Alone | Sharing::Further => address,
        };
        let socket = socket2::Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(!address.ip().is_unspecified())?;
            // Groups that other programs join are none of ours; systems without the setting keep to that anyway.
            let _ = socket.set_multicast_all_v6(false);
        }
        let _ = socket.set_multicast_all_v4(false);
        // Each server of a host may hear a group.
        socket.set_reuse_address(address.ip().is_multicast())?;
        socket.set_reuse_port(sharing != Sharing::Alone)?;
        socket.set_nonblocking(true)?;
        socket.set_recv_buffer_size(receive_buffer)?;
        socket.bind(&address.into())?;
        Self::of(socket)
    }

    /// One that is bound, prepared to tell the destinations of its datagrams.
    fn of(socket: socket2::Socket) -> io::Result<Self> {
        let io = UdpSocket::from_std(socket.into())?;
        let state = UdpSocketState::new(UdpSockRef::from(&io))?;
        let local = io.local_addr()?;
        Ok(Self { io, state, local })
    }
}

impl Socket {
    /// Binds to `address`; an unspecified IPv6 address takes IPv4 too. The receive buffer is raised to
    /// `receive_buffer` bytes as far as the system allows.
    ///
    /// # Errors
    /// When the address is in use or not ours.
    pub(super) fn bind(address: SocketAddr, receive_buffer: usize, sharing: Sharing) -> io::Result<Self> {
        Ok(Self { main: Bound::new(address, receive_buffer, sharing)?, groups: Vec::new() })
    }

    /// Takes over one that somebody else has bound.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn given(socket: std::net::UdpSocket, receive_buffer: usize) -> io::Result<Self> {
        let socket = socket2::Socket::from(socket);
        socket.set_nonblocking(true)?;
        socket.set_recv_buffer_size(receive_buffer)?;
        Ok(Self { main: Bound::of(socket)?, groups: Vec::new() })
    }

    /// Prepares to hear a group: an address of its own that is bound hears nothing else.
    ///
    /// # Errors
    /// When the group's address is in use by another program for itself alone.
    pub(super) fn hear(&mut self, group: SocketAddr, receive_buffer: usize) -> io::Result<()> {
        if !self.local().ip().is_unspecified() {
            self.groups.push(Bound::new(group, receive_buffer, Sharing::Alone)?);
        }
        Ok(())
    }

    /// Joins a group on the interface of this index.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn join(&self, group: IpAddr, interface: u32) -> io::Result<()> {
        let own = self.groups.iter().find(|bound| bound.local.ip() == group);
        let bound = own.unwrap_or(&self.main);
        let socket = SockRef::from(&bound.io);
        match group {
            IpAddr::V4(group) => {
                socket.join_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(interface))
            }
            IpAddr::V6(group) => socket.join_multicast_v6(&group, interface),
        }
    }

    /// The address it is bound to.
    pub(super) const fn local(&self) -> SocketAddr {
        self.main.local
    }

    fn all(&self) -> impl Iterator<Item = &Bound> {
        std::iter::once(&self.main).chain(&self.groups)
    }

    /// Waits until there is something to receive.
    ///
    /// # Errors
    /// When the socket is gone.
    pub(super) async fn readable(&self) -> io::Result<()> {
        poll_fn(|context| {
            let mut sockets = self.all().map(|bound| bound.io.poll_recv_ready(context));
            sockets.find(Poll::is_ready).unwrap_or(Poll::Pending)
        })
        .await
    }

    /// Waits until it is known that something can be sent: until then nothing is, and who only sends hears of it so.
    ///
    /// # Errors
    /// When the socket is gone.
    pub(super) async fn writable(&self) -> io::Result<()> {
        self.main.io.writable().await
    }

    /// Receives what is there; false if there was nothing.
    ///
    /// # Errors
    /// What the system says; the socket stays usable.
    pub(super) fn receive(&self, batch: &mut Batch, readiness: Readiness) -> io::Result<bool> {
        batch.count = 0;
        for bound in self.all() {
            if bound.receive(batch, readiness)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Sends a datagram from the address that `peer` talks to. A full send buffer loses it, as a network
    /// may.
    ///
    /// # Errors
    /// What the system says; the socket stays usable.
    pub(super) fn send(&self, peer: Peer, datagram: &[u8]) -> io::Result<()> {
        let Bound { io, state, .. } = &self.main;
        let transmit = Transmit {
            destination: peer.remote,
            ecn: None,
            contents: datagram,
            segment_size: None,
            src_ip: peer.local.filter(|local| !local.is_multicast()),
        };
        io.try_io(Interest::WRITABLE, || state.try_send(UdpSockRef::from(io), &transmit))
    }
}

impl Bound {
    fn receive(&self, batch: &mut Batch, readiness: Readiness) -> io::Result<bool> {
        if batch.is_long {
            self.receive_up_to::<BATCH_SIZE>(batch, readiness)
        } else {
            self.receive_up_to::<FEW>(batch, readiness)
        }
    }

    fn receive_up_to<const MOST: usize>(&self, batch: &mut Batch, readiness: Readiness) -> io::Result<bool> {
        let mut rest = batch.buffers.iter_mut();
        let mut slices: [IoSliceMut<'_>; MOST] =
            std::array::from_fn(|_| IoSliceMut::new(rest.next().map_or(&mut [][..], Vec::as_mut_slice)));
        let mut receive = || self.state.recv(UdpSockRef::from(&self.io), &mut slices, &mut batch.received);
        let received = match readiness {
            Readiness::Told => self.io.try_io(Interest::READABLE, receive),
            Readiness::Unknown => receive(),
        };
        match received {
            Ok(count) => {
                batch.count = count;
                batch.is_long = count >= FEW;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;

//! A UDP socket that answers from the address it was asked at.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};

use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use socket2::{Domain, Protocol, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;
use twite::reliability::Peer;

/// A bound socket.
#[derive(Debug)]
pub(super) struct Socket {
    io: UdpSocket,
    state: UdpSocketState,
    local: SocketAddr,
}

/// Buffers for one call's worth of datagrams.
#[derive(Debug)]
pub(super) struct Batch {
    buffers: Vec<Vec<u8>>,
    received: [RecvMeta; BATCH_SIZE],
    count: usize,
}

/// The kernel may hand over several datagrams of one sender joined; 64 KiB hold whatever it joins.
const SLOT: usize = 65_535;

impl Default for Batch {
    fn default() -> Self {
        Self {
            buffers: vec![vec![0; SLOT]; BATCH_SIZE],
            received: [RecvMeta::default(); BATCH_SIZE],
            count: 0,
        }
    }
}

impl Batch {
    /// The datagrams with their senders and the addresses they were sent to.
    pub(super) fn datagrams(&self) -> impl Iterator<Item = (SocketAddr, Option<IpAddr>, &[u8])> {
        let received = self.received.iter().take(self.count);
        received.zip(&self.buffers).flat_map(|(meta, buffer)| {
            let bytes = buffer.get(..meta.len).unwrap_or_default();
            let empty = bytes.is_empty().then_some(bytes);
            let pieces = bytes.chunks(meta.stride.max(1)).chain(empty);
            pieces.map(|piece| (meta.addr, meta.dst_ip, piece))
        })
    }
}

impl Socket {
    /// Binds to `address`; an unspecified IPv6 address takes IPv4 too. The receive buffer is raised to
    /// `receive_buffer` bytes as far as the system allows.
    ///
    /// # Errors
    /// When the address is in use or not ours.
    pub(super) fn bind(address: SocketAddr, receive_buffer: usize) -> io::Result<Self> {
        let socket = socket2::Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(!address.ip().is_unspecified())?;
        }
        socket.set_nonblocking(true)?;
        socket.set_recv_buffer_size(receive_buffer)?;
        socket.bind(&address.into())?;
        let io = UdpSocket::from_std(socket.into())?;
        let state = UdpSocketState::new(UdpSockRef::from(&io))?;
        let local = io.local_addr()?;
        Ok(Self { io, state, local })
    }

    /// The address it is bound to.
    pub(super) const fn local(&self) -> SocketAddr {
        self.local
    }

    /// Waits until there is something to receive.
    ///
    /// # Errors
    /// When the socket is gone.
    pub(super) async fn readable(&self) -> io::Result<()> {
        self.io.readable().await
    }

    /// Receives what is there; false if there was nothing.
    ///
    /// # Errors
    /// What the system says; the socket stays usable.
    pub(super) fn receive(&self, batch: &mut Batch) -> io::Result<bool> {
        batch.count = 0;
        let mut rest = batch.buffers.iter_mut();
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| IoSliceMut::new(rest.next().map_or(&mut [][..], Vec::as_mut_slice)));
        let received = self.io.try_io(Interest::READABLE, || {
            self.state.recv(UdpSockRef::from(&self.io), &mut slices, &mut batch.received)
        });
        match received {
            Ok(count) => {
                batch.count = count;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sends a datagram from the address that `peer` talks to. A full send buffer loses it, as a network
    /// may.
    ///
    /// # Errors
    /// What the system says; the socket stays usable.
    pub(super) fn send(&self, peer: Peer, datagram: &[u8]) -> io::Result<()> {
        let transmit = Transmit {
            destination: peer.remote,
            ecn: None,
            contents: datagram,
            segment_size: None,
            src_ip: peer.local.filter(|local| !local.is_multicast()),
        };
        self.io.try_io(Interest::WRITABLE, || self.state.try_send(UdpSockRef::from(&self.io), &transmit))
    }
}

//! The generator's sockets: batches in, single datagrams out, none of them waiting.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::time::Duration;

use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use socket2::{Domain, Protocol, Type};

use super::sources::{Source, Supply};

/// As much as the system allows up to this is held for us; the default is some 200 datagrams.
const RECEIVE_BUFFER: usize = 4 << 20;
/// The kernel may hand over several datagrams of one sender joined.
const SLOT: usize = 65_535;
/// Sockets that one look at the system tells about.
const READY: usize = 64;
/// Sockets of a run, where each source is one.
pub(super) const MOST_SOCKETS: usize = 900;

#[derive(Debug)]
struct Link {
    socket: UdpSocket,
    state: UdpSocketState,
}

/// All sockets towards one target.
pub(super) struct Network {
    target: SocketAddr,
    /// Whether one socket has many addresses.
    shared: bool,
    links: Vec<Link>,
    poll: OwnedFd,
    ready: Vec<epoll::Event>,
}

/// Buffers for one call's worth of datagrams.
#[derive(Debug)]
pub(super) struct Batch {
    buffers: Vec<Vec<u8>>,
    received: [RecvMeta; BATCH_SIZE],
    count: usize,
    socket: u32,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            buffers: vec![vec![0; SLOT]; BATCH_SIZE],
            received: [RecvMeta::default(); BATCH_SIZE],
            count: 0,
            socket: 0,
        }
    }
}

impl Batch {
    /// The datagrams of `target`, each with the source it answers.
    pub(super) fn datagrams(&self, target: SocketAddr) -> impl Iterator<Item = (Source, &[u8])> {
        let received = self.received.iter().take(self.count).zip(&self.buffers);
        received.filter(move |(meta, _)| is_same(meta.addr, target)).flat_map(|(meta, buffer)| {
            let address = match meta.dst_ip {
                Some(IpAddr::V4(address)) => Some(address),
                _ => None,
            };
            let source = Source { socket: self.socket, address };
            let bytes = buffer.get(..meta.len).unwrap_or_default();
            bytes.chunks(meta.stride.max(1)).map(move |piece| (source, piece))
        })
    }
}

fn is_same(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() == other.port() && one.ip() == other.ip()
}

impl Network {
    /// No socket yet.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn new(target: SocketAddr) -> io::Result<Self> {
        let shared = matches!(target.ip(), IpAddr::V4(address) if address.is_loopback());
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        Ok(Self { target, shared, links: Vec::new(), poll, ready: Vec::with_capacity(READY) })
    }

    /// Where its sources come from.
    pub(super) fn supply(&self, random: &mut twite::base::Random) -> Supply {
        if self.shared { Supply::loopback(random) } else { Supply::sockets(MOST_SOCKETS) }
    }

    /// Makes sure that the source's socket is open.
    ///
    /// # Errors
    /// What the system says.
    #[inline]
    pub(super) fn open(&mut self, source: Source) -> io::Result<()> {
        while self.links.len() <= source.socket as usize {
            self.open_next()?;
        }
        Ok(())
    }

    fn open_next(&mut self) -> io::Result<()> {
        let socket =
            socket2::Socket::new(Domain::for_address(self.target), Type::DGRAM, Some(Protocol::UDP))?;
        let any: SocketAddr = match self.target {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        socket.bind(&any.into())?;
        if !self.shared {
            socket.connect(&self.target.into())?;
        }
        let socket = UdpSocket::from(socket);
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        let number = epoll::EventData::new_u64(self.links.len() as u64);
        epoll::add(&self.poll, &socket, number, epoll::EventFlags::IN)?;
        self.links.push(Link { socket, state });
        Ok(())
    }

    /// Sends a datagram; one that the system does not take is lost, as on any network.
    ///
    /// # Errors
    /// What the system says, except that it is busy or that nobody listens.
    #[inline]
    pub(super) fn send(&self, source: Source, datagram: &[u8]) -> io::Result<()> {
        let Some(link) = self.links.get(source.socket as usize) else { return Ok(()) };
        let sent = if self.shared {
            let transmit = Transmit {
                destination: self.target,
                ecn: None,
                contents: datagram,
                segment_size: None,
                src_ip: source.address.map(IpAddr::V4),
            };
            link.state.try_send(UdpSockRef::from(&link.socket), &transmit)
        } else {
            link.socket.send(datagram).map(|_| ())
        };
        sent.or_else(excuse)
    }

    /// Receives from one socket after the other what is there, a batch each, and hands it over; whether there was
    /// anything.
    ///
    /// # Errors
    /// What the system or `hand` says.
    pub(super) fn receive<E: From<io::Error>>(
        &mut self,
        batch: &mut Batch,
        mut hand: impl FnMut(&mut Self, &Batch) -> Result<(), E>,
    ) -> Result<bool, E> {
        if let [link] = self.links.as_slice() {
            let any = link.receive(0, batch)?;
            if any {
                hand(self, batch)?;
            }
            return Ok(any);
        }
        self.look(Some(Duration::ZERO))?;
        let mut any = false;
        for place in 0..self.ready.len() {
            let Some(event) = self.ready.get(place) else { break };
            let number = event.data.u64();
            let Some(link) = self.links.get(number as usize) else { continue };
            if link.receive(number as u32, batch)? {
                any = true;
                hand(self, batch)?;
            }
        }
        Ok(any)
    }

    /// Waits until a socket has something, at most this long.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn look(&mut self, patience: Option<Duration>) -> io::Result<()> {
        let timeout = patience.map(|patience| Timespec {
            tv_sec: i64::try_from(patience.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(patience.subsec_nanos()),
        });
        self.ready.clear();
        match epoll::wait(&self.poll, spare_capacity(&mut self.ready), timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Link {
    fn receive(&self, number: u32, batch: &mut Batch) -> io::Result<bool> {
        batch.socket = number;
        batch.count = 0;
        let mut rest = batch.buffers.iter_mut();
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| IoSliceMut::new(rest.next().map_or(&mut [][..], Vec::as_mut_slice)));
        match self.state.recv(UdpSockRef::from(&self.socket), &mut slices, &mut batch.received) {
            Ok(count) => {
                batch.count = count;
                Ok(count > 0)
            }
            Err(error) => excuse(error).map(|()| false),
        }
    }
}

/// What happens on networks: nothing there, no room, nobody listening (for now).
fn excuse(error: io::Error) -> io::Result<()> {
    use io::ErrorKind::{ConnectionRefused, Interrupted, WouldBlock};
    match error.kind() {
        WouldBlock | Interrupted | ConnectionRefused => Ok(()),
        _ => Err(error),
    }
}

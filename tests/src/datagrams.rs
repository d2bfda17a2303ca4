//! A UDP socket and bare datagrams, for what no proper client would send.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use twite::exchange::Outgoing;
use twite::wire::Message;

/// How long an answer on the loopback interface may take on a machine under load.
const PATIENCE: Duration = Duration::from_secs(10);

/// A socket with a source port of its own that talks to one server.
#[derive(Debug)]
pub struct Datagrams(UdpSocket);

impl Datagrams {
    /// Towards this server; it hears nobody else.
    pub fn to(server: SocketAddr) -> Self {
        let any: SocketAddr = match server {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(any).expect("a free port");
        socket.connect(server).expect("an address");
        socket.set_read_timeout(Some(PATIENCE)).expect("a deadline");
        Self(socket)
    }

    /// Sends a datagram.
    pub fn send(&self, datagram: &[u8]) {
        self.0.send(datagram).expect("the loopback interface takes it");
    }

    /// Sends a datagram, or says why not.
    ///
    /// # Errors
    /// What the system says: nobody listened before, mostly.
    pub fn try_send(&self, datagram: &[u8]) -> io::Result<()> {
        self.0.send(datagram).map(|_| ())
    }

    /// How long to wait for an answer from now on.
    pub fn set_patience(&self, patience: Duration) {
        self.0.set_read_timeout(Some(patience)).expect("a deadline");
    }

    /// The next datagram.
    pub fn receive(&self) -> Vec<u8> {
        self.try_receive().unwrap_or_else(|error| panic!("no answer from {:?}: {error}", self.0.peer_addr()))
    }

    /// The next datagram, or why there is none.
    ///
    /// # Errors
    /// What the system says: nobody listens, or nothing came in time.
    pub fn try_receive(&self) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0; 65_535];
        let len = self.0.recv(&mut buffer)?;
        buffer.truncate(len);
        Ok(buffer)
    }

    /// The datagrams that are here already.
    pub fn waiting(&self) -> Vec<Vec<u8>> {
        self.0.set_nonblocking(true).expect("a mode");
        let waiting = std::iter::from_fn(|| self.try_receive().ok()).collect();
        self.0.set_nonblocking(false).expect("a mode");
        waiting
    }

    /// Sends a datagram; the next one that comes.
    pub fn exchange(&self, datagram: &[u8]) -> Vec<u8> {
        self.send(datagram);
        self.receive()
    }
}

/// The datagram of a request.
pub fn datagram(request: &Outgoing<'_>, message_id: u16, token: &[u8]) -> Vec<u8> {
    let mut buffer = vec![0; 65_535];
    let len = request.write(&mut buffer, message_id, token).expect("room");
    buffer.truncate(len);
    buffer
}

/// A datagram read as a message.
pub fn message(datagram: &[u8]) -> Message<'_> {
    Message::parse(datagram).unwrap_or_else(|error| panic!("{error}: {datagram:02x?}"))
}

//! Where the datagrams of a listener come from and go to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use twite::reliability::Peer;

use super::forward::{Forward, Inbox};
use super::socket::{Batch, Readiness, Socket};

/// One line to the outside.
#[derive(Debug)]
pub(super) enum Line {
    /// A socket; what is protected is handed on, if anybody has security contexts.
    Socket(Rc<Socket>, Option<Forward>),
    /// What other lines hand on, and all sockets of this thread.
    Inbox(Box<Inbox>),
}

impl Line {
    /// The socket that stands for it.
    fn socket(&self) -> Option<&Rc<Socket>> {
        match self {
            Self::Socket(socket, _) => Some(socket),
            Self::Inbox(inbox) => inbox.sockets.first(),
        }
    }

    /// Its own socket.
    pub(super) fn own(&self) -> Option<&Socket> {
        match self {
            Self::Socket(socket, _) => Some(socket),
            Self::Inbox(_) => None,
        }
    }

    /// The address that stands for it.
    pub(super) fn local(&self) -> SocketAddr {
        self.socket().map_or(SocketAddr::from(([0; 4], 0)), |socket| socket.local())
    }

    /// Where everything comes to that does not say more.
    pub(super) fn specific(&self) -> Option<IpAddr> {
        self.own().map(|socket| socket.local().ip()).filter(|address| !address.is_unspecified())
    }

    /// Waits until what comes can be answered.
    ///
    /// # Errors
    /// When it is gone.
    pub(super) async fn ready(&self) -> io::Result<()> {
        match self {
            Self::Socket(..) => Ok(()),
            Self::Inbox(inbox) => inbox.ready().await,
        }
    }

    /// Waits until there is something to receive.
    ///
    /// # Errors
    /// When it is gone.
    pub(super) async fn readable(&self) -> io::Result<()> {
        match self {
            Self::Socket(socket, _) => socket.readable().await,
            Self::Inbox(inbox) => inbox.readable().await,
        }
    }

    /// Receives what is there; false if there was nothing.
    ///
    /// # Errors
    /// What the system says; it stays usable.
    pub(super) fn receive(&self, batch: &mut Batch, readiness: Readiness) -> io::Result<bool> {
        match self {
            Self::Socket(socket, _) => socket.receive(batch, readiness),
            Self::Inbox(inbox) => Ok(inbox.receive(batch)),
        }
    }

    /// Whether another endpoint sends from the same address.
    pub(super) const fn is_shared(&self) -> bool {
        matches!(self, Self::Socket(_, Some(_)))
    }

    /// Hands on what somebody else has to serve; whether it did.
    pub(super) fn hands_on(&self, peer: Peer, datagram: &[u8]) -> bool {
        match self {
            Self::Socket(_, Some(forward)) => forward.take(peer, datagram),
            Self::Socket(_, None) | Self::Inbox(_) => false,
        }
    }

    /// Sends a datagram from the address that `peer` talks to.
    ///
    /// # Errors
    /// What the system says; it stays usable.
    pub(super) fn send(&self, peer: Peer, datagram: &[u8]) -> io::Result<()> {
        match self {
            Self::Socket(socket, _) => socket.send(peer, datagram),
            Self::Inbox(inbox) => inbox.send(peer, datagram),
        }
    }
}

//! Where the datagrams of a listener come from and go to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use twite::reliability::Peer;

use super::forward::{Forward, Inbox};
use super::socket::{Batch, Readiness, Socket};
use super::tap::{Direction, Tap};

/// One line to the outside.
#[derive(Debug)]
pub(super) struct Line {
    way: Way,
    tap: Tap,
}

/// Which way that is.
#[derive(Debug)]
pub(super) enum Way {
    /// A socket; what is protected is handed on, if anybody has security contexts.
    Socket(Rc<Socket>, Option<Forward>),
    /// What other lines hand on, and all sockets of this thread.
    Inbox(Box<Inbox>),
}

impl Line {
    /// A line that shows its messages to who looks.
    pub(super) const fn new(way: Way, tap: Tap) -> Self {
        Self { way, tap }
    }

    /// The socket that stands for it.
    fn socket(&self) -> Option<&Rc<Socket>> {
        match &self.way {
            Way::Socket(socket, _) => Some(socket),
            Way::Inbox(inbox) => inbox.sockets.first(),
        }
    }

    /// Its own socket.
    pub(super) fn own(&self) -> Option<&Socket> {
        match &self.way {
            Way::Socket(socket, _) => Some(socket),
            Way::Inbox(_) => None,
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
        match &self.way {
            Way::Socket(..) => Ok(()),
            Way::Inbox(inbox) => inbox.ready().await,
        }
    }

    /// Waits until there is something to receive.
    ///
    /// # Errors
    /// When it is gone.
    pub(super) async fn readable(&self) -> io::Result<()> {
        match &self.way {
            Way::Socket(socket, _) => socket.readable().await,
            Way::Inbox(inbox) => inbox.readable().await,
        }
    }

    /// Receives what is there; false if there was nothing.
    ///
    /// # Errors
    /// What the system says; it stays usable.
    pub(super) fn receive(&self, batch: &mut Batch, readiness: Readiness) -> io::Result<bool> {
        match &self.way {
            Way::Socket(socket, _) => socket.receive(batch, readiness),
            Way::Inbox(inbox) => Ok(inbox.receive(batch)),
        }
    }

    /// Whether another endpoint sends from the same address.
    pub(super) const fn is_shared(&self) -> bool {
        matches!(self.way, Way::Socket(_, Some(_)))
    }

    /// Shows what came, and hands on what somebody else has to serve; whether it did.
    pub(super) fn hands_on(&self, peer: Peer, datagram: &[u8]) -> bool {
        match &self.way {
            Way::Socket(_, forward) => {
                self.tap.show(Direction::In, peer, datagram);
                forward.as_ref().is_some_and(|forward| forward.take(peer, datagram))
            }
            // It was shown where it came from.
            Way::Inbox(_) => false,
        }
    }

    /// Sends a datagram from the address that `peer` talks to.
    ///
    /// # Errors
    /// What the system says; it stays usable.
    pub(super) fn send(&self, peer: Peer, datagram: &[u8]) -> io::Result<()> {
        self.tap.show(Direction::Out, peer, datagram);
        match &self.way {
            Way::Socket(socket, _) => socket.send(peer, datagram),
            Way::Inbox(inbox) => inbox.send(peer, datagram),
        }
    }
}

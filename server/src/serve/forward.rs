//! Protected datagrams go to the one endpoint that has the security contexts, whichever thread received them.
//!
//! A replay window and a sequence number are worth nothing in two copies, so that a context is in one endpoint only. Its
//! datagrams come through a bounded queue; when that is full, they are lost as they may be in any network. It sends from
//! the sockets of its own thread, with odd message ids; whoever received an acknowledgement knows by that whose it is.

use std::cell::RefCell;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;

use tokio::sync::mpsc;
use twite::reliability::{IdShare, Peer};
use twite::wire::{Message, MessageType, number};

use super::socket::{Batch, Socket};

/// The longest datagram that is handed on, in bytes: a block of 1024 with all that may stand around it.
pub(super) const LONGEST: usize = 2_048;

/// How many datagrams wait at most.
const WAITING: usize = 1_024;

/// A datagram on its way to another thread.
pub(super) struct Forwarded {
    peer: Peer,
    length: usize,
    bytes: [u8; LONGEST],
}

/// The end of the queue that the threads with sockets have.
#[derive(Clone, Debug)]
pub(super) struct Forward(mpsc::Sender<Forwarded>);

/// The end of the queue that the endpoint with the contexts has, and what it sends from.
#[derive(Debug)]
pub(super) struct Inbox {
    queue: RefCell<mpsc::Receiver<Forwarded>>,
    /// What was waited for.
    first: RefCell<Option<Forwarded>>,
    /// They have one port.
    pub(super) sockets: Vec<Rc<Socket>>,
}

/// A queue.
pub(super) fn queue() -> (Forward, mpsc::Receiver<Forwarded>) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Forward(sender), receiver)
}

impl Forward {
    /// Hands on what belongs to the endpoint with the contexts; whether it does.
    pub(super) fn take(&self, peer: Peer, datagram: &[u8]) -> bool {
        if peer.local.is_some_and(|local| local.is_multicast()) || !is_meant(datagram) {
            return false;
        }
        let mut bytes = [0; LONGEST];
        let Some(room) = bytes.get_mut(..datagram.len()) else { return false };
        room.copy_from_slice(datagram);
        // A full queue loses it, as a network may.
        if self.0.try_send(Forwarded { peer, length: datagram.len(), bytes }).is_err() {
            tracing::debug!(peer = %peer.remote, "too many protected datagrams, one is lost");
        }
        true
    }
}

/// Whether it is a request with an OSCORE option, or acknowledges or resets a message with an odd id.
fn is_meant(datagram: &[u8]) -> bool {
    let Ok(message) = Message::parse(datagram) else { return false };
    match message.kind() {
        MessageType::Acknowledgement | MessageType::Reset => IdShare::ODD.has(message.message_id()),
        MessageType::Confirmable | MessageType::NonConfirmable => {
            message.code().is_request() && message.values(number::OSCORE).next().is_some()
        }
    }
}

impl Inbox {
    pub(super) fn new(queue: mpsc::Receiver<Forwarded>, sockets: Vec<Rc<Socket>>) -> Self {
        Self { queue: RefCell::new(queue), first: RefCell::new(None), sockets }
    }

    /// Waits until what comes can be answered.
    ///
    /// # Errors
    /// When a socket is gone.
    pub(super) async fn ready(&self) -> io::Result<()> {
        for socket in &self.sockets {
            socket.writable().await?;
        }
        Ok(())
    }

    /// Waits until there is something to receive.
    ///
    /// # Errors
    /// When nobody sends any more.
    pub(super) async fn readable(&self) -> io::Result<()> {
        let waiting = std::future::poll_fn(|context| {
            if self.first.borrow().is_some() {
                return std::task::Poll::Ready(true);
            }
            self.queue.borrow_mut().poll_recv(context).map(|forwarded| {
                *self.first.borrow_mut() = forwarded;
                self.first.borrow().is_some()
            })
        });
        if waiting.await { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
    }

    /// Receives what is there; whether that is anything.
    pub(super) fn receive(&self, batch: &mut Batch) -> bool {
        let (mut queue, mut first) = (self.queue.borrow_mut(), self.first.borrow_mut());
        batch.fill(|take| {
            let Some(forwarded) = first.take().or_else(|| queue.try_recv().ok()) else { return false };
            take(forwarded.peer, forwarded.bytes.get(..forwarded.length).unwrap_or_default());
            true
        })
    }

    /// Sends from the address that `peer` talks to.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn send(&self, peer: Peer, datagram: &[u8]) -> io::Result<()> {
        let fits = |socket: &&Rc<Socket>, exactly: bool| {
            let own = socket.local().ip();
            let is_own = |local: IpAddr| local.to_canonical() == own.to_canonical();
            if exactly {
                peer.local.is_some_and(is_own)
            } else {
                own.is_unspecified() && (own.is_ipv6() || peer.remote.is_ipv4())
            }
        };
        let exact = self.sockets.iter().find(|socket| fits(socket, true));
        let socket = exact.or_else(|| self.sockets.iter().find(|socket| fits(socket, false)));
        socket.ok_or(io::ErrorKind::AddrNotAvailable)?.send(peer, datagram)
    }
}

impl std::fmt::Debug for Forwarded {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Forwarded").field("peer", &self.peer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protected_requests_and_acknowledgements_of_odd_ids_are_handed_on() {
        for (datagram, expected) in [
            (&[0x40, 2, 0, 1, 0x92, 1, 2][..], true),
            (&[0x50, 5, 0, 2, 0x92, 1, 2], true),
            (&[0x40, 1, 0, 1, 0xb1, b'x'], false),
            (&[0x40, 2, 0, 1], false),
            (&[0x40, 0x45, 0, 1, 0x90], false),
            (&[0x40, 0, 0, 1], false),
            (&[0x60, 0, 0, 1], true),
            (&[0x60, 0, 0, 2], false),
            (&[0x70, 0, 0, 3], true),
            (&[0x70, 0, 0, 4], false),
            (&[0x40, 2, 0, 1, 0x9f], false),
            (&[], false),
        ] {
            assert_eq!(is_meant(datagram), expected, "{datagram:02x?}");
        }
    }

    #[test]
    fn a_full_queue_loses_what_comes_and_a_group_is_not_asked() {
        let (forward, mut receiver) = queue();
        let request = [0x40, 2, 0, 1, 0x92, 1, 2];
        let peer = Peer::new(([127, 0, 0, 1], 1).into());
        for _ in 0..WAITING + 1 {
            assert!(forward.take(peer, &request));
        }
        assert_eq!(std::iter::from_fn(|| receiver.try_recv().ok()).count(), WAITING);
        assert!(!forward.take(Peer { local: Some([224, 0, 1, 187].into()), ..peer }, &request));
        assert!(!forward.take(peer, &[&request[..], &[0xff; LONGEST]].concat()), "nobody has room for that");
    }
}

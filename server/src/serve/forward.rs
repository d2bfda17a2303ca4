//! Protected datagrams go to the one endpoint that has the security contexts, whichever thread received them.
//!
//! A replay window and a sequence number are worth nothing in two copies, so that a context is in one endpoint only. Its
//! datagrams come through a bounded queue; when that is full, they are lost as they may be in any network. It sends from
//! the sockets of its own thread, with odd message ids; whoever received an acknowledgement knows by that whose it is.
//! A datagram is copied into the queue itself, but for the few that are longer than a block: each of those is kept on the heap.

use std::cell::RefCell;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use twite::reliability::{IdShare, Peer};
use twite::wire::{Message, MessageType, number};

use super::socket::{Batch, Socket};

/// The longest datagram there is, in bytes.
pub(super) const LONGEST: usize = 65_535;

/// The longest one that the queue itself has room for: a block of 1024 with all that may stand around it.
const SHORT: usize = 2_048;

/// How many that are longer wait at most.
const WAITING_LONG: usize = 32;

/// How many datagrams wait at most.
const WAITING: usize = 1_024;

/// A datagram on its way to another thread.
pub(super) struct Forwarded {
    peer: Peer,
    kept: Kept,
}

/// Its bytes.
#[expect(clippy::large_enum_variant, reason = "nearly all are short, and a heap is what they do without")]
enum Kept {
    Short { length: usize, bytes: [u8; SHORT] },
    Long { bytes: Box<[u8]>, _place: OwnedSemaphorePermit },
}

/// The end of the queue that the threads with sockets have.
#[derive(Clone, Debug)]
pub(super) struct Forward {
    queue: mpsc::Sender<Forwarded>,
    /// Places for long ones.
    places: Arc<Semaphore>,
}

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
    (Forward { queue: sender, places: Arc::new(Semaphore::new(WAITING_LONG)) }, receiver)
}

impl Forward {
    /// Hands on what belongs to the endpoint with the contexts; whether it does.
    pub(super) fn take(&self, peer: Peer, datagram: &[u8]) -> bool {
        if peer.local.is_some_and(|local| local.is_multicast()) || !is_meant(datagram) {
            return false;
        }
        // A full queue loses it, as a network may.
        let taken =
            self.keep(datagram).is_some_and(|kept| self.queue.try_send(Forwarded { peer, kept }).is_ok());
        if !taken {
            tracing::debug!(peer = %peer.remote, "too many protected datagrams, one is lost");
        }
        true
    }

    /// A copy, unless there are too many long ones.
    fn keep(&self, datagram: &[u8]) -> Option<Kept> {
        let mut bytes = [0; SHORT];
        let length = datagram.len();
        if let Some(room) = bytes.get_mut(..length) {
            room.copy_from_slice(datagram);
            return Some(Kept::Short { length, bytes });
        }
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(Kept::Long { bytes: datagram.into(), _place: place })
    }
}

impl Kept {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Short { length, bytes } => bytes.get(..*length).unwrap_or_default(),
            Self::Long { bytes, .. } => bytes,
        }
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
            take(forwarded.peer, forwarded.kept.bytes());
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
    }

    #[test]
    fn of_long_datagrams_few_wait() {
        let (forward, mut receiver) = queue();
        let peer = Peer::new(([127, 0, 0, 1], 1).into());
        let long = [&[0x40, 2, 0, 1, 0x92, 1, 2, 0xff][..], &[b'x'; 60_000]].concat();
        for _ in 0..2 {
            for _ in 0..WAITING_LONG + 1 {
                assert!(forward.take(peer, &long));
            }
            let waiting = std::iter::from_fn(|| receiver.try_recv().ok());
            let whole = waiting.filter(|forwarded| forwarded.kept.bytes() == long).count();
            assert_eq!(whole, WAITING_LONG, "those that were taken out make room");
        }
    }
}

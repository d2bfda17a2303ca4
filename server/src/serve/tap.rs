//! The messages of all lines, shown to who looks at them. While nobody does, that costs a line one look at a flag.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use tokio::sync::mpsc;
use twite::reliability::Peer;

/// Where lines show their messages.
#[derive(Clone, Debug)]
pub(super) struct Tap {
    valve: Arc<Valve>,
    queue: mpsc::Sender<Seen>,
}

/// Where they are looked at. Nobody looks in the beginning.
#[derive(Debug)]
pub(super) struct Spout {
    pub(super) valve: Arc<Valve>,
    pub(super) queue: mpsc::Receiver<Seen>,
}

/// Whether somebody looks.
#[derive(Debug, Default)]
pub(super) struct Valve {
    is_open: AtomicBool,
    lost: AtomicU64,
}

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// To this server.
    In,
    /// From it.
    Out,
}

/// A message that went by.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) at: SystemTime,
    pub(super) direction: Direction,
    pub(super) remote: SocketAddr,
    /// Its length in bytes.
    pub(super) length: usize,
    start: [u8; LONGEST],
}

/// So much of a message is looked at, in bytes: header, token and options of nearly every one.
const LONGEST: usize = 256;

/// How many messages wait for who looks; more are lost, and counted.
const WAITING: usize = 1_024;

/// A tap that is closed.
pub(super) fn tap() -> (Tap, Spout) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let valve = Arc::new(Valve::default());
    (Tap { valve: Arc::clone(&valve), queue: sender }, Spout { valve, queue: receiver })
}

impl Tap {
    /// Shows a message if somebody looks.
    pub(super) fn show(&self, direction: Direction, peer: Peer, datagram: &[u8]) {
        if self.valve.is_open.load(Ordering::Relaxed) {
            self.pass(direction, peer, datagram);
        }
    }

    #[cold]
    fn pass(&self, direction: Direction, peer: Peer, datagram: &[u8]) {
        let Ok(place) = self.queue.try_reserve() else {
            self.valve.lost.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let mut start = [0; LONGEST];
        let shown = datagram.len().min(LONGEST);
        for (to, from) in start.iter_mut().zip(datagram.iter().take(shown)) {
            *to = *from;
        }
        let (at, length) = (SystemTime::now(), datagram.len());
        place.send(Seen { at, direction, remote: peer.remote, length, start });
    }
}

impl Valve {
    /// Lets messages by from now on, or none any more.
    pub(super) fn open(&self, is_open: bool) {
        self.is_open.store(is_open, Ordering::Relaxed);
    }

    /// How many found the queue full.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Seen {
    /// The message as far as it is looked at.
    pub(super) fn start(&self) -> &[u8] {
        self.start.get(..self.length.min(LONGEST)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_by_while_somebody_looks_and_never_wait() {
        let (tap, mut spout) = tap();
        let peer = Peer { remote: SocketAddr::from(([127, 0, 0, 1], 7)), local: None };
        tap.show(Direction::In, peer, b"@");
        assert!(spout.queue.try_recv().is_err());
        spout.valve.open(true);
        for _ in 0..=WAITING {
            tap.show(Direction::Out, peer, &[7; LONGEST + 1]);
        }
        assert_eq!(spout.valve.lost(), 1);
        let seen = spout.queue.try_recv().expect("a message");
        assert_eq!(
            (seen.direction, seen.length, seen.start()),
            (Direction::Out, LONGEST + 1, &[7; LONGEST][..])
        );
        spout.valve.open(false);
        while spout.queue.try_recv().is_ok() {}
        tap.show(Direction::In, peer, b"@");
        assert!(spout.queue.try_recv().is_err());
    }
}

//! An Ethernet of emulated boards and of nodes in the test itself: every frame goes to every other port, unless it is lost.

use std::collections::VecDeque;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::folder::Folder;

/// How often the threads look whether it is over.
const TURN: Duration = Duration::from_millis(50);

/// The longest frame, without its check sequence.
pub const FRAME: usize = 1_514;

/// What the threads share.
#[derive(Debug, Default)]
struct Shared {
    over: AtomicBool,
    relayed: AtomicU64,
    lost: AtomicU64,
}

/// Where somebody plugs in: two sockets, the hub's end and the other.
#[derive(Clone, Debug)]
pub struct Port {
    /// The hub's end.
    pub hub: PathBuf,
    /// The end of whoever plugs in.
    pub end: PathBuf,
}

/// A running hub.
#[derive(Debug)]
pub struct Hub {
    folder: Folder,
    ports: usize,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// A frame on its way: where it came in, and when it goes out.
type OnItsWay = (Instant, usize, Vec<u8>);

impl Hub {
    /// Starts a hub of so many ports that loses `loss` hundredths of all frames and holds back the others for
    /// `delay`; the same seed throws the same dice.
    pub fn start(ports: usize, loss: u64, delay: Duration, seed: u64) -> Self {
        let folder = Folder::new();
        let shared = Arc::new(Shared::default());
        let (sender, receiver) = channel();
        let mut hub = Self { folder, ports, shared, threads: Vec::new() };
        let mut sockets = Vec::new();
        for number in 0..ports {
            let socket = UnixDatagram::bind(hub.port(number).hub).expect("a socket in a fresh folder");
            socket.set_read_timeout(Some(TURN)).expect("a deadline");
            sockets.push((socket.try_clone().expect("a descriptor"), hub.port(number).end));
            let (sender, shared) = (sender.clone(), Arc::clone(&hub.shared));
            hub.threads.push(std::thread::spawn(move || receive(&socket, number, delay, &sender, &shared)));
        }
        let shared = Arc::clone(&hub.shared);
        let dice = Dice(seed | 1);
        hub.threads.push(std::thread::spawn(move || deliver(&receiver, &sockets, loss, dice, &shared)));
        hub
    }

    /// The port of this number, from 0.
    pub fn port(&self, number: usize) -> Port {
        assert!(number < self.ports, "the hub has {} ports", self.ports);
        let path = |end: &str| self.folder.path().join(format!("{end}-{number}"));
        Port { hub: path("hub"), end: path("end") }
    }

    /// How many frames came, and how many of them were lost.
    pub fn counts(&self) -> (u64, u64) {
        (self.shared.relayed.load(Ordering::Relaxed), self.shared.lost.load(Ordering::Relaxed))
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // It has nothing to say.
            let _ = thread.join();
        }
    }
}

/// Marsaglia's xorshift.
struct Dice(u64);

impl Dice {
    fn chance(&mut self, hundredths: u64) -> bool {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % 100 < hundredths
    }
}

fn receive(socket: &UnixDatagram, from: usize, delay: Duration, sender: &Sender<OnItsWay>, shared: &Shared) {
    let mut frame = [0; FRAME];
    while !shared.over.load(Ordering::Relaxed) {
        match socket.recv(&mut frame) {
            Ok(length) => {
                // The deliverer ends after this thread.
                let _ = sender.send((Instant::now() + delay, from, frame[..length].to_vec()));
            }
            Err(error) => assert!(
                matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
                "port {from}: {error}"
            ),
        }
    }
}

/// All are held back equally, so that the first in is the first out.
fn deliver(
    receiver: &Receiver<OnItsWay>,
    sockets: &[(UnixDatagram, PathBuf)],
    loss: u64,
    mut dice: Dice,
    shared: &Shared,
) {
    let mut waiting: VecDeque<OnItsWay> = VecDeque::new();
    loop {
        let now = Instant::now();
        while waiting.front().is_some_and(|(due, ..)| *due <= now) {
            let Some((_, from, frame)) = waiting.pop_front() else { break };
            for (number, (socket, end)) in sockets.iter().enumerate().filter(|(number, _)| *number != from) {
                shared.relayed.fetch_add(1, Ordering::Relaxed);
                if dice.chance(loss) {
                    shared.lost.fetch_add(1, Ordering::Relaxed);
                } else if let Err(error) = socket.send_to(&frame, end) {
                    // Nobody plugged in there yet, or not any more.
                    let gone = [io::ErrorKind::NotFound, io::ErrorKind::ConnectionRefused];
                    assert!(gone.contains(&error.kind()), "port {number}: {error}");
                }
            }
        }
        let wait = waiting.front().map_or(TURN, |(due, ..)| due.saturating_duration_since(now));
        match receiver.recv_timeout(wait) {
            Ok(frame) => waiting.push_back(frame),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

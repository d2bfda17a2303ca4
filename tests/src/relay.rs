//! A network between one client and one server, on the loopback interface: it loses, repeats and reorders datagrams.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the threads look whether it is over, and how long a datagram is held back at most.
const TURN: Duration = Duration::from_millis(50);

/// How bad it is, in hundredths of all datagrams, each way.
#[derive(Clone, Copy, Debug)]
pub struct Badness {
    /// Lost.
    pub loss: u64,
    /// Delivered twice.
    pub duplicates: u64,
    /// Delivered behind the next one.
    pub reordered: u64,
}

/// What the two directions share.
#[derive(Debug)]
struct Shared {
    over: AtomicBool,
    /// The client, as of its last datagram.
    client: Mutex<Option<SocketAddr>>,
    /// What the client sent.
    heard: Mutex<Vec<Vec<u8>>>,
    relayed: AtomicU64,
    lost: AtomicU64,
}

/// A running relay.
#[derive(Debug)]
pub struct Relay {
    port: u16,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Relay {
    /// Starts a relay to `server`; the same seed throws the same dice.
    pub fn start(server: SocketAddr, badness: Badness, seed: u64) -> Self {
        let bind = || {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
            socket.set_read_timeout(Some(TURN)).expect("a deadline");
            socket
        };
        let (front, back) = (bind(), bind());
        let port = front.local_addr().expect("an address").port();
        let shared = Arc::new(Shared {
            over: AtomicBool::new(false),
            client: Mutex::new(None),
            heard: Mutex::default(),
            relayed: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        });
        let clone = |socket: &UdpSocket| socket.try_clone().expect("a descriptor");
        let up = Way { from: clone(&front), to: clone(&back), shared: Arc::clone(&shared), badness, seed };
        let down = Way { from: back, to: front, shared: Arc::clone(&shared), badness, seed: !seed };
        let client = Arc::clone(&shared);
        let threads = vec![
            std::thread::spawn(move || {
                up.run(|from, datagram| {
                    *client.client.lock().unwrap_or_else(PoisonError::into_inner) = Some(from);
                    client.heard.lock().unwrap_or_else(PoisonError::into_inner).push(datagram.to_vec());
                    Some(server)
                });
            }),
            {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || {
                    down.run(|_, _| *shared.client.lock().unwrap_or_else(PoisonError::into_inner));
                })
            },
        ];
        Self { port, shared, threads }
    }

    /// The port of the loopback address that stands for the server.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The datagrams of the client so far, whatever became of them.
    pub fn heard(&self) -> Vec<Vec<u8>> {
        self.shared.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many datagrams came, and how many of them were lost.
    pub fn counts(&self) -> (u64, u64) {
        (self.shared.relayed.load(Ordering::Relaxed), self.shared.lost.load(Ordering::Relaxed))
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // It has nothing to say.
            let _ = thread.join();
        }
    }
}

/// One direction.
struct Way {
    from: UdpSocket,
    to: UdpSocket,
    shared: Arc<Shared>,
    badness: Badness,
    seed: u64,
}

impl Way {
    /// Until it is over; `receiver` says to whom a datagram from somebody goes.
    fn run(self, mut receiver: impl FnMut(SocketAddr, &[u8]) -> Option<SocketAddr>) {
        let mut dice = self.seed | 1;
        let mut chance = |hundredths: u64| {
            // Marsaglia's xorshift.
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            dice % 100 < hundredths
        };
        let deliver = |datagram: &[u8], to: SocketAddr| {
            // Nobody may listen there at the moment.
            let _ = self.to.send_to(datagram, to);
        };
        let mut buffer = [0; 2_048];
        let mut held: Option<(Vec<u8>, SocketAddr)> = None;
        while !self.shared.over.load(Ordering::Relaxed) {
            if let Ok((length, from)) = self.from.recv_from(&mut buffer)
                && let Some(to) = receiver(from, &buffer[..length])
            {
                self.shared.relayed.fetch_add(1, Ordering::Relaxed);
                let datagram = &buffer[..length];
                let (lost, twice, late) = (
                    chance(self.badness.loss),
                    chance(self.badness.duplicates),
                    chance(self.badness.reordered),
                );
                if lost {
                    self.shared.lost.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                if late && held.is_none() {
                    held = Some((datagram.to_vec(), to));
                    continue;
                }
                deliver(datagram, to);
                if twice {
                    deliver(datagram, to);
                }
            }
            if let Some((datagram, to)) = held.take() {
                deliver(&datagram, to);
            }
        }
    }
}

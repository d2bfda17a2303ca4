//! Somebody between a client and a server.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Somebody on the way who passes everything on, and says something before each answer.
pub(super) struct Liar {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<Vec<Vec<u8>>>>,
}

impl Liar {
    /// `lies` gets an answer and the one before, and says what the client hears.
    pub(super) fn before(server: SocketAddr, lies: fn(&[u8], &[u8]) -> Vec<Vec<u8>>) -> Self {
        let front = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let back = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        back.connect(server).expect("an address");
        front.set_read_timeout(Some(Duration::from_millis(20))).expect("a deadline");
        let address = front.local_addr().expect("it is bound");
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            let (mut buffer, mut answer) = ([0; 2_048], [0; 2_048]);
            let (mut before, mut requests) = (Vec::new(), Vec::new());
            while !over.load(Ordering::Relaxed) {
                let Ok((length, client)) = front.recv_from(&mut buffer) else { continue };
                requests.push(buffer[..length].to_vec());
                back.send(&buffer[..length]).expect("it is sent");
                let length = back.recv(&mut answer).expect("an answer");
                for datagram in lies(&answer[..length], &before) {
                    front.send_to(&datagram, client).expect("it is sent");
                }
                before = answer[..length].to_vec();
            }
            requests
        });
        Self { address, is_over, thread: Some(thread) }
    }

    pub(super) fn uri(&self, path: &str) -> String {
        format!("coap://{}/{path}", self.address)
    }

    /// All requests that passed.
    pub(super) fn end(mut self) -> Vec<Vec<u8>> {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.take().expect("it ends once").join().expect("nothing went wrong")
    }
}

//! Somebody between a client and a server who passes everything on and may say something of his own.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long each side is listened to in turn.
const TURN: Duration = Duration::from_millis(2);

/// Somebody on the way who passes everything on, and says something before each answer.
#[derive(Debug)]
pub struct Liar {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<Vec<Vec<u8>>>>,
}

impl Liar {
    /// `lies` gets an answer and the one before, and says what the client hears.
    pub fn before(server: SocketAddr, lies: fn(&[u8], &[u8]) -> Vec<Vec<u8>>) -> Self {
        let front = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let back = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        back.connect(server).expect("an address");
        for socket in [&front, &back] {
            socket.set_read_timeout(Some(TURN)).expect("a deadline");
        }
        let address = front.local_addr().expect("it is bound");
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            let mut buffer = [0; 2_048];
            let (mut before, mut asked, mut client) = (Vec::new(), Vec::new(), None);
            while !over.load(Ordering::Relaxed) {
                if let Ok((length, from)) = front.recv_from(&mut buffer) {
                    client = Some(from);
                    asked.push(buffer[..length].to_vec());
                    back.send(&buffer[..length]).expect("it is sent");
                }
                let Ok(length) = back.recv(&mut buffer) else { continue };
                let client = client.expect("somebody asked");
                for datagram in lies(&buffer[..length], &before) {
                    front.send_to(&datagram, client).expect("it is sent");
                }
                before = buffer[..length].to_vec();
            }
            asked
        });
        Self { address, is_over, thread: Some(thread) }
    }

    /// The URI of a resource behind it.
    pub fn uri(&self, path: &str) -> String {
        format!("coap://{}/{path}", self.address)
    }

    /// Everything that the client sent.
    pub fn end(mut self) -> Vec<Vec<u8>> {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.take().expect("it ends once").join().expect("nothing went wrong")
    }
}

//! How long a server takes for what has piled up: it is stopped, gets a burst, and goes on. The generator sleeps
//! meanwhile; the kernel notes when the answers come.

use std::io::IoSliceMut;
use std::net::UdpSocket;
use std::os::fd::AsRawFd as _;
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};
use nix::sys::time::TimeSpec;
use nix::unistd::Pid;

use crate::machine;
use crate::peers::Peer;

/// Sources, which the kernel spreads over the sockets of a server, and the requests of each. A receive buffer of 4 MiB,
/// which Twite asks for, holds them several times; a smaller `net.core.rmem_max` loses some, and the burst does not count.
const SOURCES: usize = 200;
const EACH: u16 = 10;

/// Requests of a burst.
pub const REQUESTS: usize = SOURCES * EACH as usize;

/// Longer than any server needs for a burst.
const ENOUGH: Duration = Duration::from_millis(50);

/// Where bursts come from.
#[derive(Debug)]
pub struct Burst {
    sources: Vec<UdpSocket>,
    message_id: u16,
}

impl Burst {
    /// Sources of a burst to this server.
    pub fn to(peer: &Peer) -> Self {
        let source = |_| {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
            socket.connect(peer.authority()).expect("an address");
            setsockopt(&socket, sockopt::ReceiveTimestampns, &true).expect("timestamps");
            socket
        };
        Self { sources: (0..SOURCES).map(source).collect(), message_id: 0 }
    }

    /// Seconds from when the server goes on to the last answer; none if one is missing.
    pub fn drain(&mut self, peer: &Peer) -> Option<f64> {
        let process = Pid::from_raw(peer.process().try_into().expect("a process id"));
        kill(process, Signal::SIGSTOP).expect("it runs");
        while !machine::is_stopped(peer.process()) {
            std::thread::yield_now();
        }
        for _ in 0..EACH {
            self.message_id = self.message_id.wrapping_add(1);
            let [high, low] = self.message_id.to_be_bytes();
            let request = [0x40, 1, high, low, 0xb1, b't'];
            self.sources
                .iter()
                .for_each(|source| assert_eq!(source.send(&request).ok(), Some(request.len())));
        }
        let start = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock that is set");
        kill(process, Signal::SIGCONT).expect("it runs");
        sleep(ENOUGH);
        let answers: Vec<Duration> = self.sources.iter().flat_map(arrivals).collect();
        let is_complete = answers.len() == REQUESTS;
        let last = answers.into_iter().max().filter(|_| is_complete)?;
        Some(last.saturating_sub(start).as_secs_f64())
    }
}

/// When the datagrams came that are there.
fn arrivals(source: &UdpSocket) -> Vec<Duration> {
    let mut times = Vec::new();
    let mut buffer = [0; 128];
    let mut control = nix::cmsg_space!(TimeSpec);
    loop {
        let mut slices = [IoSliceMut::new(&mut buffer)];
        let flags = MsgFlags::MSG_DONTWAIT;
        let Ok(message) = recvmsg::<()>(source.as_raw_fd(), &mut slices, Some(&mut control), flags) else {
            return times;
        };
        for message in message.cmsgs().expect("room for a timestamp") {
            if let ControlMessageOwned::ScmTimestampns(time) = message {
                times.push(time.into());
            }
        }
    }
}

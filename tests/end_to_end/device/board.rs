//! A device of the firmware's library on a UDP socket of this host.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time;

use embedded_hal::digital::{self, InputPin, OutputPin};
use twite::base::Instant;
use twite::reliability::Peer;
use twite_device::{Device, DeviceMemory, Node, Output, Pushed, Record, Settings, Thermometer, TwoCopies};
use twite_tests::board::Cells;

/// A thermometer that reads 21.5 °C, a lamp nobody sees, a button nobody presses.
struct Part;

impl Thermometer for Part {
    type Error = ();

    fn celsius(&mut self) -> Result<f32, ()> {
        Ok(21.5)
    }
}

impl digital::ErrorType for Part {
    type Error = Infallible;
}

impl OutputPin for Part {
    fn set_low(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl InputPin for Part {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(false)
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(true)
    }
}

/// What the device has of its memory.
type Records = TwoCopies<Cells, { Record::FREE }>;

/// A running device.
pub(crate) struct Board {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Option<Pushed>>,
}

impl Board {
    /// Starts it on a free port, for the first time.
    pub(crate) fn start(settings: Settings<'static>) -> Self {
        Self::start_on(settings, vec![0xff; Records::SIZE])
    }

    /// Starts it on a free port; its memory holds these bytes.
    pub(crate) fn start_on(settings: Settings<'static>, cells: Vec<u8>) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = socket.local_addr().expect("an address");
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || run(&socket, settings, Cells(cells), &stopped));
        Self { address, stop, thread }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it; what became of its readings.
    pub(crate) fn stop(self) -> Option<Pushed> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the device ends well")
    }
}

fn run(socket: &UdpSocket, settings: Settings<'_>, cells: Cells, stop: &AtomicBool) -> Option<Pushed> {
    let start = time::Instant::now();
    let now = || Instant::from_micros(start.elapsed().as_micros() as u64);
    let node = Node::new(Part, Part, Part, 10_203).expect("pins do not fail");
    let mut memory = DeviceMemory::<384>::new();
    let storage = Records::new(cells);
    let mut device = Device::new(now(), node, storage, memory.lend(), [5; 32], settings);
    let mut buffer = [0; 1_500];
    while !stop.load(Ordering::Relaxed) {
        match device.poll(now(), &mut buffer) {
            Output::Transmit { peer, length } => {
                socket.send_to(&buffer[..length], peer.remote).expect("the loopback interface takes it");
            }
            Output::Wait(until) => {
                let wait = until.since(now()).as_micros().max(1);
                socket.set_read_timeout(Some(time::Duration::from_micros(wait))).expect("a deadline");
                // Nothing came in time.
                let Ok((length, remote)) = socket.recv_from(&mut buffer) else { continue };
                device.handle(now(), Peer::new(remote), &buffer[..length]);
            }
        }
    }
    device.pushed()
}

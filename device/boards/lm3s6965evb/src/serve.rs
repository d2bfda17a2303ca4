//! The tasks: the device on its socket, and what the board looks after beside it.

use embassy_net::Stack;
use embassy_net::udp::{PacketMetadata, UdpSocket};
use embassy_time::{Duration, Instant, Timer};
use static_cell::{ConstStaticCell, StaticCell};
use twite::base;
use twite_device::{Clock, EmbassyUdp, serve};

use crate::bsp::{self, Part, Watchdog};
use crate::network::Addresses;
use crate::node::{self, BoardDevice, MESSAGE};

/// CoAP's port (RFC 7252 §12.6).
const PORT: u16 = 5683;

/// Datagrams that wait, each way.
struct Buffers {
    received: [PacketMetadata; 16],
    sent: [PacketMetadata; 8],
}

static BUFFERS: StaticCell<Buffers> = StaticCell::new();
static INCOMING: ConstStaticCell<[u8; 768]> = ConstStaticCell::new([0; 768]);
static OUTGOING: ConstStaticCell<[u8; 512]> = ConstStaticCell::new([0; 512]);
static DATAGRAM: ConstStaticCell<[u8; MESSAGE]> = ConstStaticCell::new([0; MESSAGE]);

/// How often the addresses and the stack are looked at.
const PERIOD: Duration = Duration::from_millis(250);

/// The board's time. The watchdog is fed by each wait, so that a device that waits no more is started anew.
struct BoardClock(Watchdog);

impl Clock for BoardClock {
    fn now(&self) -> base::Instant {
        node::now()
    }

    async fn wait_until(&mut self, at: base::Instant) {
        self.0.feed();
        Timer::at(Instant::from_micros(at.as_micros())).await;
    }
}

/// Serves for ever.
#[embassy_executor::task]
pub(crate) async fn run(stack: Stack<'static>, device: &'static mut BoardDevice, watchdog: Watchdog) -> ! {
    let Buffers { received, sent } = BUFFERS
        .init_with(|| Buffers { received: [PacketMetadata::EMPTY; 16], sent: [PacketMetadata::EMPTY; 8] });
    let mut socket = UdpSocket::new(stack, received, INCOMING.take(), sent, OUTGOING.take());
    if socket.bind(PORT).is_err() {
        panic!("a closed socket can be bound");
    }
    let (mut socket, mut clock) = (EmbassyUdp::new(stack, socket), BoardClock(watchdog));
    let datagram = DATAGRAM.take();
    loop {
        // It ends by an error only, and this socket's receiving has none that lasts.
        let _ = serve(device, &mut socket, PORT, &mut clock, datagram).await;
    }
}

/// Looks after addresses and stack for ever.
#[embassy_executor::task]
pub(crate) async fn look(network: Stack<'static>, mut stack: bsp::Stack) -> ! {
    let (mut addresses, mut deepest) = (Addresses::default(), 0);
    loop {
        addresses.look(network);
        let depth = stack.used();
        if depth > deepest {
            deepest = depth;
            bsp::log(&[Part::Text("stack used "), Part::Number(depth as u32)]);
        }
        Timer::after(PERIOD).await;
    }
}

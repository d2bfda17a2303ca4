//! The device on its socket.

use embassy_net::Stack;
use embassy_net::udp::{PacketMetadata, UdpSocket};
use embassy_time::{Instant, Timer};
use static_cell::{ConstStaticCell, StaticCell};
use twite::base;
use twite_device::{Clock, EmbassyUdp, serve};

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

/// The machine's time.
struct BoardClock;

impl Clock for BoardClock {
    fn now(&self) -> base::Instant {
        node::now()
    }

    async fn wait_until(&mut self, at: base::Instant) {
        Timer::at(Instant::from_micros(at.as_micros())).await;
    }
}

/// Serves for ever.
#[embassy_executor::task]
pub(crate) async fn run(stack: Stack<'static>, device: &'static mut BoardDevice) -> ! {
    let Buffers { received, sent } = BUFFERS
        .init_with(|| Buffers { received: [PacketMetadata::EMPTY; 16], sent: [PacketMetadata::EMPTY; 8] });
    let mut socket = UdpSocket::new(stack, received, INCOMING.take(), sent, OUTGOING.take());
    if socket.bind(PORT).is_err() {
        panic!("a closed socket can be bound");
    }
    let mut socket = EmbassyUdp::new(stack, socket);
    let datagram = DATAGRAM.take();
    loop {
        // It ends by an error only, and this socket's receiving has none that lasts.
        let _ = serve(device, &mut socket, PORT, &mut BoardClock, datagram).await;
    }
}

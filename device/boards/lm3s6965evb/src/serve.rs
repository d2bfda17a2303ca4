//! The server: from the socket to the node and back.

use core::cell::RefCell;

use embassy_futures::poll_once;
use embassy_futures::select::select;
use embassy_net::Stack;
use embassy_net::udp::{PacketMetadata, UdpMetadata, UdpSocket};
use embassy_time::{Duration, Instant, Timer, with_timeout};
use static_cell::{ConstStaticCell, StaticCell};
use twite::endpoint::{Endpoint, Event, FixedStorage, Output};
use twite::reliability::{Peer, Timing};
use twite::service;

use crate::bsp::{self, Button, I2c0, Part, Watchdog};
use crate::network::{self, Addresses};
use crate::node::{self, BoardNode};
use crate::watch::Watch;

/// CoAP's port (RFC 7252 §12.6).
const PORT: u16 = 5683;

/// Peers, exchanges, bytes of a message, bytes of a body that comes in blocks.
type Storage = FixedStorage<8, 4, 512, 512>;

static STORAGE: ConstStaticCell<Storage> = ConstStaticCell::new(Storage::new());

/// Datagrams that wait, each way.
struct Buffers {
    received: [PacketMetadata; 16],
    sent: [PacketMetadata; 8],
}

static BUFFERS: StaticCell<Buffers> = StaticCell::new();
static INCOMING: ConstStaticCell<[u8; 1024]> = ConstStaticCell::new([0; 1024]);
static OUTGOING: ConstStaticCell<[u8; 768]> = ConstStaticCell::new([0; 768]);

/// How often the parts are looked at.
const PERIOD: Duration = Duration::from_millis(50);

/// How long a datagram may wait for its neighbour's address before what waits is given up, so that one neighbour
/// that is gone does not silence the server.
const PATIENCE: Duration = Duration::from_secs(2);

/// The server's state.
pub(crate) struct Server {
    stack: Stack<'static>,
    socket: UdpSocket<'static>,
    endpoint: Endpoint<'static>,
    node: BoardNode,
    watch: Watch,
    addresses: Addresses,
    watchdog: Watchdog,
    depth: bsp::Stack,
    deepest: usize,
    flushed: Instant,
}

impl Server {
    /// A server of this board's parts, not yet bound.
    pub(crate) fn new(
        stack: Stack<'static>,
        bus: &'static RefCell<I2c0>,
        button: Button,
        watchdog: Watchdog,
        depth: bsp::Stack,
        seed: [u8; 32],
    ) -> Self {
        let Buffers { received, sent } = BUFFERS.init_with(|| Buffers {
            received: [PacketMetadata::EMPTY; 16],
            sent: [PacketMetadata::EMPTY; 8],
        });
        let (incoming, outgoing) = (INCOMING.take(), OUTGOING.take());
        Self {
            stack,
            socket: UdpSocket::new(stack, received, incoming, sent, outgoing),
            endpoint: Endpoint::new(STORAGE.take().lend(), Timing::DEFAULT, seed),
            watch: Watch::new(node::thermometer(bus), button.clone()),
            node: node::node(bus, button),
            addresses: Addresses::default(),
            watchdog,
            depth,
            deepest: 0,
            flushed: Instant::MIN,
        }
    }

    fn bind(&mut self) {
        if self.socket.bind(PORT).is_err() {
            panic!("a closed socket can be bound");
        }
    }

    /// Sends what there is to send; when to come back.
    async fn drain(&mut self) -> Option<Instant> {
        loop {
            let given_up = match self.endpoint.poll_output(now()) {
                Output::Transmit { peer, bytes } => match network::metadata(peer) {
                    // A datagram that cannot be sent is lost, as datagrams are.
                    Some(to) => with_timeout(PATIENCE, self.socket.send_to(bytes, to)).await.is_err(),
                    None => false,
                },
                Output::Notify(notification) => {
                    service::notify(&BoardNode::ROUTES, &mut self.node, notification);
                    false
                }
                Output::Failed { .. } => false,
                Output::Wait(deadline) => {
                    return deadline.map(|deadline| Instant::from_micros(deadline.as_micros()));
                }
            };
            if given_up {
                self.give_up();
            }
        }
    }

    /// Drops what waits to be sent.
    fn give_up(&mut self) {
        self.socket.close();
        self.bind();
        self.flushed = Instant::now();
    }

    /// What happens every [`PERIOD`].
    fn tick(&mut self) {
        let uptime = Instant::now();
        self.watchdog.feed();
        self.addresses.look(self.stack);
        self.node.tick(uptime.as_secs());
        self.watch.look(uptime, &mut self.endpoint);
        if poll_once(self.socket.flush()).is_ready() {
            self.flushed = uptime;
        } else if uptime.saturating_duration_since(self.flushed) > PATIENCE {
            self.give_up();
        }
        let depth = self.depth.used();
        if depth > self.deepest {
            self.deepest = depth;
            bsp::log(&[Part::Text("stack used "), Part::Number(depth as u32)]);
        }
    }
}

/// A datagram came.
fn hear(
    endpoint: &mut Endpoint<'static>,
    node: &mut BoardNode,
    addresses: &Addresses,
    datagram: &[u8],
    metadata: &UdpMetadata,
) {
    let peer: Peer = network::peer(metadata);
    if !addresses.is_addressed(peer.local) {
        return;
    }
    let Some(Event::Request(incoming)) = endpoint.handle_input(now(), peer, datagram) else { return };
    service::serve(&BoardNode::ROUTES, node, incoming);
    Watch::requested(datagram, endpoint);
}

/// Serves for ever.
#[embassy_executor::task]
pub(crate) async fn run(mut server: Server) -> ! {
    server.bind();
    let mut next = Instant::now();
    loop {
        if Instant::now() >= next {
            server.tick();
            next = Instant::now() + PERIOD;
        }
        let deadline = server.drain().await;
        let wake = deadline.map_or(next, |deadline| deadline.min(next));
        let Server { socket, endpoint, node, addresses, .. } = &mut server;
        let heard = socket.recv_from_with(|datagram, metadata| {
            hear(endpoint, node, addresses, datagram, &metadata);
        });
        select(heard, Timer::at(wake)).await;
    }
}

fn now() -> twite::base::Instant {
    twite::base::Instant::from_micros(Instant::now().as_micros())
}

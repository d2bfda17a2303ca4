//! The network card: virtio-net on one of the machine's eight slots.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::Context;

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_sync::waitqueue::AtomicWaker;
use static_cell::ConstStaticCell;
use virtio_drivers::device::net::VirtIONetRaw;
use virtio_drivers::transport::mmio::{MmioTransport, VirtIOHeader};

use super::memory::Pages;
use super::register::Register;

/// The slots: `SLOT` bytes each from `SLOTS` on, with the PLIC's interrupts 1 to 8.
const SLOTS: usize = 0x1000_1000;
const SLOT: usize = 0x1000;
const COUNT: usize = 8;

/// What a slot says it holds: a network card.
const DEVICE: usize = 0x8;
const NETWORK: u32 = 1;
const STATUS: usize = 0x60;
const ACKNOWLEDGE: usize = 0x64;

const PRIORITY: usize = 0x0c00_0000;
const ENABLE: Register = Register::at(0x0c00_2000);
const CLAIM: Register = Register::at(0x0c20_0004);

/// Frames that wait in the card's queue.
const PLACES: usize = 4;
/// Descriptors of a queue: one for each frame that waits.
const QUEUE: usize = 4;
/// A frame of 1514 bytes and the card's header; what the driver asks for at least.
const ROOM: usize = 1_528;
/// The Ethernet header and the smallest MTU of IPv6.
const FRAME: usize = 14 + 1280;

static ARRIVAL: AtomicWaker = AtomicWaker::new();
/// The slot's base, once it is known.
static BASE: AtomicUsize = AtomicUsize::new(0);

static WAITING: ConstStaticCell<[[u8; ROOM]; PLACES]> = ConstStaticCell::new([[0; ROOM]; PLACES]);
static FRAMES: ConstStaticCell<[[u8; ROOM]; 2]> = ConstStaticCell::new([[0; ROOM]; 2]);

type Card = VirtIONetRaw<Pages, MmioTransport<'static>, QUEUE>;

/// The card, frames that it holds, and a frame each way.
pub(crate) struct Ethernet {
    card: Card,
    waiting: &'static mut [[u8; ROOM]; PLACES],
    /// Of each frame that the card holds, its name.
    tokens: [Option<u16>; PLACES],
    frames: &'static mut [[u8; ROOM]; 2],
}

/// The slot with a network card, from 0 on.
fn find() -> Option<usize> {
    (0..COUNT).find(|slot| Register::at(SLOTS + slot * SLOT + DEVICE).read() == NETWORK)
}

/// Looks whether the card rang; if so, the stack is woken.
pub(super) fn attend() {
    let claimed = CLAIM.read();
    let base = BASE.load(Ordering::Relaxed);
    if claimed == 0 || base == 0 {
        return;
    }
    Register::at(base + ACKNOWLEDGE).write(Register::at(base + STATUS).read());
    CLAIM.write(claimed);
    ARRIVAL.wake();
}

impl Ethernet {
    /// Switches the card on.
    pub(super) fn start() -> Self {
        let Some(slot) = find() else { panic!("the machine has a network card") };
        let base = SLOTS + slot * SLOT;
        let Some(header) = NonNull::new(base as *mut VirtIOHeader) else { panic!("no slot is at 0") };
        // SAFETY: a slot of this machine, used by nobody else but for the two registers of its interrupt.
        let transport = unsafe { MmioTransport::new(header, SLOT) };
        let Ok(transport) = transport else { panic!("virtio of a version that is known") };
        let Ok(card) = Card::new(transport) else { panic!("the card starts") };
        let mut ethernet =
            Self { card, waiting: WAITING.take(), tokens: [None; PLACES], frames: FRAMES.take() };
        (0..PLACES).for_each(|place| ethernet.lend(place));
        BASE.store(base, Ordering::Relaxed);
        Register::at(PRIORITY + 4 * (slot + 1)).write(1);
        ENABLE.write(1 << (slot + 1));
        ethernet
    }

    /// The address.
    pub(crate) fn address(&self) -> [u8; 6] {
        self.card.mac_address()
    }

    /// Gives the card a place for a frame.
    fn lend(&mut self, place: usize) {
        let (Some(room), Some(token)) = (self.waiting.get_mut(place), self.tokens.get_mut(place)) else {
            return;
        };
        // SAFETY: nobody touches the place until the card returned it by this token.
        *token = unsafe { self.card.receive_begin(room) }.ok();
    }

    /// Takes a frame from the card; its length, or nothing if it has no room. `None` if there is none.
    fn take(&mut self) -> Option<Option<usize>> {
        let token = self.card.poll_receive()?;
        let place = self.tokens.iter().position(|known| *known == Some(token))?;
        let room = self.waiting.get_mut(place)?;
        // SAFETY: the place that was lent under this token.
        let received = unsafe { self.card.receive_complete(token, room) };
        let frame = received.ok().and_then(|(header, length)| room.get(header..header + length));
        let [incoming, _] = &mut *self.frames;
        let length = frame.filter(|frame| frame.len() <= FRAME).map(|frame| {
            incoming.iter_mut().zip(frame).for_each(|(to, from)| *to = *from);
            frame.len()
        });
        self.lend(place);
        Some(length)
    }
}

impl Driver for Ethernet {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = Sending<'a>;

    fn receive(&mut self, cx: &mut Context<'_>) -> Option<(Received<'_>, Sending<'_>)> {
        // Before the look: what comes after it rings.
        ARRIVAL.register(cx.waker());
        loop {
            if let Some(length) = self.take()? {
                let [incoming, outgoing] = &mut *self.frames;
                return Some((Received(incoming.get_mut(..length)?), Sending(&mut self.card, outgoing)));
            }
        }
    }

    fn transmit(&mut self, _: &mut Context<'_>) -> Option<Sending<'_>> {
        let [_, outgoing] = &mut *self.frames;
        Some(Sending(&mut self.card, outgoing))
    }

    fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = FRAME;
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(self.address())
    }
}

/// A frame that came.
pub(crate) struct Received<'a>(&'a mut [u8]);

impl RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, take: F) -> R {
        take(self.0)
    }
}

/// Room for a frame that goes.
pub(crate) struct Sending<'a>(&'a mut Card, &'a mut [u8; ROOM]);

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, fill: F) -> R {
        let frame = self.1.get_mut(..len.min(FRAME)).unwrap_or_default();
        let filled = fill(frame);
        // The card takes it or has failed for good; a frame that is lost is a frame that is lost.
        let _ = self.0.send(frame);
        filled
    }
}

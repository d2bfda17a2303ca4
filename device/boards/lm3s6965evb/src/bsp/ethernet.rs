//! The chip's Ethernet controller as a driver of embassy-net.

use core::task::Context;

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_sync::waitqueue::AtomicWaker;
use static_cell::ConstStaticCell;

use super::interrupts::{self, Interrupt};
use super::register::Register;

const RIS_IACK: Register = Register::at(0x4004_8000);
const IM: Register = Register::at(0x4004_8004);
const RCTL: Register = Register::at(0x4004_8008);
const TCTL: Register = Register::at(0x4004_800c);
const DATA: Register = Register::at(0x4004_8010);
const IA0: Register = Register::at(0x4004_8014);
const IA1: Register = Register::at(0x4004_8018);
const MDV: Register = Register::at(0x4004_8024);
const NP: Register = Register::at(0x4004_8034);
const TR: Register = Register::at(0x4004_8038);
/// The two halves of the address the board was made with.
const USER: [Register; 2] = [Register::at(0x400f_e1e0), Register::at(0x400f_e1e4)];

const ALL: u32 = 0x7f;
/// A frame came, or one was lost because the FIFO was full.
const CAME: u32 = 1 | 1 << 3;
const RXEN: u32 = 1;
const AMUL: u32 = 1 << 1;
const BADCRC: u32 = 1 << 3;
const RSTFIFO: u32 = 1 << 4;
/// Transmit, pad, append the FCS, full duplex.
const SENDING: u32 = 1 | 1 << 1 | 1 << 2 | 1 << 4;

/// The Ethernet header and what every host has to take: 1280 bytes of IPv6 (RFC 8200 §5), 576 of IPv4 (RFC 791 §3.1).
/// Constrained nodes send no more.
const FRAME: usize = 14 + if cfg!(feature = "ipv6") { 1280 } else { 576 };

/// Length field before a frame and FCS behind it, which the FIFO counts in.
const AROUND: usize = 6;

static ARRIVAL: AtomicWaker = AtomicWaker::new();

/// The controller, and room for a frame each way.
pub(crate) struct Ethernet {
    address: [u8; 6],
    frames: &'static mut [[u8; FRAME]; 2],
}

static FRAMES: ConstStaticCell<[[u8; FRAME]; 2]> = ConstStaticCell::new([[0; FRAME]; 2]);

impl Ethernet {
    /// Switches the controller on, with the address the board was made with.
    pub(super) fn start() -> Self {
        let [low, high] = USER.map(|half| half.read().to_le_bytes());
        let address = [low[0], low[1], low[2], high[0], high[1], high[2]];
        IM.write(0);
        RIS_IACK.write(ALL);
        MDV.write(10);
        IA0.write(u32::from_le_bytes([address[0], address[1], address[2], address[3]]));
        IA1.write(u32::from_le_bytes([address[4], address[5], 0, 0]));
        RCTL.write(RSTFIFO);
        TCTL.write(SENDING);
        RCTL.write(BADCRC | AMUL | RXEN);
        interrupts::enable(Interrupt::Ethernet);
        Self { address, frames: FRAMES.take() }
    }

    /// The address.
    pub(crate) const fn address(&self) -> [u8; 6] {
        self.address
    }

    /// Whether the FIFO holds a frame; if not, the interrupt will say when it does.
    fn is_waiting(cx: &Context<'_>) -> bool {
        if NP.read() != 0 {
            return true;
        }
        ARRIVAL.register(cx.waker());
        // Acknowledged before the look that counts: what comes after it rings again.
        RIS_IACK.write(CAME);
        IM.write(CAME);
        NP.read() != 0
    }

    /// Takes a frame out of the FIFO; its length, or nothing if it has no room.
    fn take(&mut self) -> Option<usize> {
        let [incoming, _] = &mut *self.frames;
        let first = DATA.read().to_le_bytes();
        let total = usize::from(u16::from_le_bytes([first[0], first[1]]));
        let len = total.saturating_sub(AROUND);
        let (head, rest) = incoming.split_at_mut(2);
        head.copy_from_slice(&first[2..]);
        let mut words = rest.chunks_mut(4);
        // The FCS is read too, or the FIFO is out of step.
        for _ in 1..total.div_ceil(4) {
            let word = DATA.read().to_le_bytes();
            if let Some(place) = words.next() {
                place.iter_mut().zip(word).for_each(|(place, byte)| *place = byte);
            }
        }
        (len >= 14 && len <= FRAME).then_some(len)
    }
}

/// The interrupt: masked until everything is taken.
pub(super) extern "C" fn received() {
    IM.write(0);
    ARRIVAL.wake();
}

impl Driver for Ethernet {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = Sending<'a>;

    fn receive(&mut self, cx: &mut Context<'_>) -> Option<(Received<'_>, Sending<'_>)> {
        while Self::is_waiting(cx) {
            if let Some(len) = self.take() {
                let [incoming, outgoing] = &mut *self.frames;
                return Some((Received(incoming.get_mut(..len)?), Sending(outgoing)));
            }
        }
        None
    }

    fn transmit(&mut self, _: &mut Context<'_>) -> Option<Sending<'_>> {
        // A frame before this one leaves within 130 microseconds, which `consume` waits for.
        let [_, outgoing] = &mut *self.frames;
        Some(Sending(outgoing))
    }

    fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
        // The PHY is not asked: QEMU has none, and a frame without a link is a lost frame.
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = FRAME;
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(self.address)
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
pub(crate) struct Sending<'a>(&'a mut [u8; FRAME]);

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, fill: F) -> R {
        let len = len.min(FRAME);
        let frame = self.0.get_mut(..len).unwrap_or_default();
        let filled = fill(frame);
        while TR.read() & 1 != 0 {}
        let (head, rest) = frame.split_at(len.min(2));
        // The length is that behind the Ethernet header.
        let payload = (len.saturating_sub(14) as u16).to_le_bytes();
        let mut first = [payload[0], payload[1], 0, 0];
        first.iter_mut().skip(2).zip(head).for_each(|(place, byte)| *place = *byte);
        DATA.write(u32::from_le_bytes(first));
        for chunk in rest.chunks(4) {
            let mut word = [0; 4];
            word.iter_mut().zip(chunk).for_each(|(place, byte)| *place = *byte);
            DATA.write(u32::from_le_bytes(word));
        }
        TR.write(1);
        filled
    }
}

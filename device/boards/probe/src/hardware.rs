//! Words that the compiler knows nothing of.

use core::convert::Infallible;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use embedded_hal::digital::{ErrorType, InputPin, OutputPin};
use twite::base::Instant;
use twite::reliability::{Local, Peer, Remote};
use twite_device::Thermometer;

/// The longest message, in bytes.
pub(crate) const MESSAGE: usize = 256;

static CLOCK: AtomicU32 = AtomicU32::new(0);
static WIRE: AtomicU32 = AtomicU32::new(0);
static PIN: AtomicU32 = AtomicU32::new(0);

pub(crate) fn now() -> Instant {
    Instant::from_micros(CLOCK.load(Relaxed).into())
}

/// A datagram into `buffer`: from whom, and its length.
#[inline(never)]
pub(crate) fn receive(buffer: &mut [u8; MESSAGE]) -> (Peer, usize) {
    for byte in &mut *buffer {
        *byte = WIRE.load(Relaxed) as u8;
    }
    let word = WIRE.load(Relaxed);
    let local = Some(address(WIRE.load(Relaxed)));
    (Peer { remote: Remote::new(address(word), word as u16), local }, word as usize % MESSAGE)
}

/// As long as addresses of the network are.
#[cfg(feature = "ipv6")]
fn address(word: u32) -> Local {
    core::net::Ipv6Addr::from(u128::from(word)).into()
}

#[cfg(not(feature = "ipv6"))]
fn address(word: u32) -> Local {
    word.into()
}

#[inline(never)]
pub(crate) fn send(peer: &Peer, bytes: &[u8]) {
    WIRE.store(u32::from(peer.remote.port()), Relaxed);
    for byte in bytes {
        WIRE.store((*byte).into(), Relaxed);
    }
}

#[inline(never)]
pub(crate) fn seed() -> [u8; 32] {
    [WIRE.load(Relaxed) as u8; 32]
}

pub(crate) struct Pin;

impl ErrorType for Pin {
    type Error = Infallible;
}

impl OutputPin for Pin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        PIN.store(0, Relaxed);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        PIN.store(1, Relaxed);
        Ok(())
    }
}

impl InputPin for Pin {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(PIN.load(Relaxed) != 0)
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(PIN.load(Relaxed) == 0)
    }
}

impl Thermometer for Pin {
    type Error = Infallible;

    fn celsius(&mut self) -> Result<f32, Infallible> {
        Ok(f32::from_bits(PIN.load(Relaxed)))
    }
}

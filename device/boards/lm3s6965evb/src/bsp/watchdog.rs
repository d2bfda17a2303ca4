//! The watchdog: the board starts anew if the server's loop stands still.

use super::clock::HERTZ;
use super::interrupts::{self, Interrupt};
use super::register::Register;

const LOAD: Register = Register::at(0x4000_0000);
const CTL: Register = Register::at(0x4000_0008);
const ICR: Register = Register::at(0x4000_000c);

const INTEN: u32 = 1;
const RESEN: u32 = 2;

/// Seconds until the first expiry, which interrupts; the second one resets even if interrupts are masked.
const SECONDS: u32 = 5;

/// The watchdog.
pub(crate) struct Watchdog(());

impl Watchdog {
    /// Starts it; it cannot be stopped.
    pub(super) fn start() -> Self {
        LOAD.write(SECONDS * HERTZ);
        interrupts::enable(Interrupt::Watchdog);
        CTL.write(INTEN | RESEN);
        Self(())
    }

    /// Gives the loop another five to ten seconds.
    pub(crate) fn feed(&mut self) {
        // Clearing the interrupt loads the counter again.
        ICR.write(1);
        LOAD.write(SECONDS * HERTZ);
    }
}

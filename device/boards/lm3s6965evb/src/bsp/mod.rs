//! Board support for the LM3S6965 evaluation board: everything that touches registers or needs `unsafe`.
//!
//! Register numbers are those of TI's data sheet of the LM3S6965.

mod clock;
mod entropy;
mod ethernet;
mod executor;
mod expander;
mod fault;
mod gpio;
mod heap;
mod i2c;
mod interrupts;
mod lamp;
mod register;
mod stack;
mod time;
mod uart;
mod watchdog;

pub(crate) use entropy::seed;
pub(crate) use ethernet::Ethernet;
pub(crate) use executor::run;
pub(crate) use fault::{Failure, last_failure};
pub(crate) use gpio::Button;
pub(crate) use i2c::{I2c0, Turnaround};
pub(crate) use lamp::BoardLamp;
pub(crate) use stack::Stack;
pub(crate) use uart::{Part, log};
pub(crate) use watchdog::Watchdog;

/// The board's parts. There is one set of them.
pub(crate) struct Board {
    /// The network.
    pub(crate) ethernet: Ethernet,
    /// The bus of sensors, LED driver and EEPROM.
    pub(crate) i2c: I2c0,
    /// The select button.
    pub(crate) button: Button,
    /// Resets the board unless it is fed.
    pub(crate) watchdog: Watchdog,
    /// The main stack's guard and measure.
    pub(crate) stack: Stack,
}

impl Board {
    /// Sets clock, guard, log, time and all parts up. To be called once, first.
    pub(crate) fn start(turnaround: Turnaround) -> Self {
        clock::start();
        let stack = Stack::guard();
        uart::start();
        time::start();
        gpio::start();
        Self {
            ethernet: Ethernet::start(),
            i2c: I2c0::start(turnaround),
            button: Button::select(),
            watchdog: Watchdog::start(),
            stack,
        }
    }
}

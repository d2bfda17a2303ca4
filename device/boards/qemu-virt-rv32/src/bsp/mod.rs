//! Board support for QEMU's machine `virt`: everything that touches registers or needs `unsafe`.
//!
//! Addresses are those of `hw/riscv/virt.c`; no interrupt handler runs: interrupts only end the sleep.

mod entropy;
mod ethernet;
mod executor;
mod fault;
mod heap;
mod memory;
mod register;
mod time;
mod uart;

pub(crate) use entropy::seed;
pub(crate) use ethernet::Ethernet;
pub(crate) use executor::run;
pub(crate) use uart::{log, log_address};

/// The board's parts. There is one set of them.
pub(crate) struct Board {
    /// The network.
    pub(crate) ethernet: Ethernet,
}

impl Board {
    /// Sets all parts up. To be called once, first.
    pub(crate) fn start() -> Self {
        executor::start();
        Self { ethernet: Ethernet::start() }
    }
}

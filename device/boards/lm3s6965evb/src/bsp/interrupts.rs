//! The chip's interrupts: the vector table and the numbers of those that are used.

use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::NVIC;

use super::{ethernet, fault, time};

/// An interrupt this board uses, by its number.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Interrupt {
    Watchdog = 18,
    Timer0 = 19,
    Ethernet = 42,
}

// SAFETY: the numbers are the data sheet's and do not change.
unsafe impl InterruptNumber for Interrupt {
    fn number(self) -> u16 {
        self as u16
    }
}

/// Lets an interrupt through; its handler has to be ready.
pub(super) fn enable(interrupt: Interrupt) {
    // SAFETY: no critical section depends on masking by the NVIC.
    unsafe { NVIC::unmask(interrupt) };
}

type Vector = unsafe extern "C" fn();

const COUNT: usize = 44;

unsafe extern "C" {
    /// cortex-m-rt's, which calls `fault::unexpected`.
    fn DefaultHandler();
}

const fn table() -> [Vector; COUNT] {
    let mut table: [Vector; COUNT] = [DefaultHandler; COUNT];
    table[Interrupt::Watchdog as usize] = fault::standstill;
    table[Interrupt::Timer0 as usize] = time::alarm;
    table[Interrupt::Ethernet as usize] = ethernet::received;
    table
}

// SAFETY: cortex-m-rt's linker script puts this section behind the exceptions' vectors, where the core looks for it.
#[unsafe(link_section = ".vector_table.interrupts")]
#[unsafe(no_mangle)]
static __INTERRUPTS: [Vector; COUNT] = table();

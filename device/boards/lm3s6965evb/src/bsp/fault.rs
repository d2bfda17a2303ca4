//! What happens when something that must not happen does: it is written down, and the board starts anew.

use core::mem::MaybeUninit;
use core::panic::PanicInfo;

use cortex_m::peripheral::SCB;
use cortex_m_rt::{ExceptionFrame, exception};

use super::register::Register;

const CFSR: Register = Register::at(0xe000_ed28);
const MMFAR: Register = Register::at(0xe000_ed34);
/// CFSR: an instruction that is none.
const UNDEFINED: u32 = 1 << 16;

/// Why the board started anew, if it was for a fault.
#[derive(Clone, Copy)]
pub(crate) enum Failure {
    /// A panic in this line.
    Panic(u32),
    /// A panic of an image whose panics are undefined instructions, at this address (see `device/boards/build`).
    Trap(u32),
    /// A fault: the registers CFSR and MMFAR. 0x92 with an address just below the stack is a stack overflow.
    Fault(u32, u32),
    /// The watchdog was not fed.
    Standstill,
    /// An exception that nobody handles.
    Unexpected(u32),
}

const PANIC: u32 = 0x7061_6e69;
const TRAP: u32 = 0x7472_6170;
const FAULT: u32 = 0x6661_756c;
const STANDSTILL: u32 = 0x7374_616e;
const UNEXPECTED: u32 = 0x756e_6578;

/// Kind and two values. A reset does not change it; power that comes back leaves it in no known state, which is none
/// of the kinds.
// SAFETY: a section that the linker script places in RAM and the start-up code leaves alone.
#[unsafe(link_section = ".uninit.failure")]
static mut RECORD: MaybeUninit<[u32; 3]> = MaybeUninit::uninit();

impl Failure {
    /// As a line of the node's log; the UART has the figures.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Panic(_) | Self::Trap(_) => "before: panic",
            // A stacking or data access that the guard refused.
            Self::Fault(status, _) if status & 0xff != 0 => "before: stack overflow",
            Self::Fault(..) => "before: fault",
            Self::Standstill => "before: standstill",
            Self::Unexpected(_) => "before: unexpected exception",
        }
    }
}

fn record(values: [u32; 3]) -> ! {
    cortex_m::interrupt::disable();
    // SAFETY: interrupts are off for good, so nobody else uses it.
    unsafe { (&raw mut RECORD).cast::<[u32; 3]>().write_volatile(values) };
    SCB::sys_reset()
}

/// What the last run ended with, once.
pub(crate) fn last_failure() -> Option<Failure> {
    let record = (&raw mut RECORD).cast::<[u32; 3]>();
    // SAFETY: every pattern of bits is a value; RAM is readable, and only faults write it.
    let [kind, first, second] = unsafe { record.read_volatile() };
    // SAFETY: as above.
    unsafe { record.write_volatile([0; 3]) };
    match kind {
        PANIC => Some(Failure::Panic(first)),
        TRAP => Some(Failure::Trap(first)),
        FAULT => Some(Failure::Fault(first, second)),
        STANDSTILL => Some(Failure::Standstill),
        UNEXPECTED => Some(Failure::Unexpected(first)),
        _ => None,
    }
}

/// The watchdog's interrupt, its first expiry; the second would reset without a word.
pub(super) extern "C" fn standstill() {
    record([STANDSTILL, 0, 0])
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    record([PANIC, info.location().map_or(0, |location| location.line()), 0])
}

// SAFETY: the frame is read for an undefined instruction only: after a stack overflow there is none.
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    match CFSR.read() {
        UNDEFINED => record([TRAP, frame.pc(), 0]),
        status => record([FAULT, status, MMFAR.read()]),
    }
}

// SAFETY: it touches nothing that an interrupted task uses, since it never returns.
#[exception]
unsafe fn DefaultHandler(number: i16) -> ! {
    record([UNEXPECTED, number as u32, 0])
}

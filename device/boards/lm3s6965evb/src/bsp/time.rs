//! Time for embassy: SysTick counts cycles, timer 0 is the alarm.

use core::cell::{Cell, RefCell};
use core::task::Waker;

use cortex_m_rt::exception;
use critical_section::{CriticalSection, Mutex};
use embassy_time_driver::{Driver, time_driver_impl};
use embassy_time_queue_utils::Queue;

use super::clock::CYCLES_PER_MICROSECOND;
use super::interrupts::{self, Interrupt};
use super::register::Register;

const SYST_CSR: Register = Register::at(0xe000_e010);
const SYST_RVR: Register = Register::at(0xe000_e014);
const SYST_CVR: Register = Register::at(0xe000_e018);
const ICSR: Register = Register::at(0xe000_ed04);
const PENDSTSET: u32 = 1 << 26;
const PENDSTCLR: u32 = 1 << 25;

const TIMER_CFG: Register = Register::at(0x4003_0000);
const TIMER_TAMR: Register = Register::at(0x4003_0004);
const TIMER_CTL: Register = Register::at(0x4003_000c);
const TIMER_IMR: Register = Register::at(0x4003_0018);
const TIMER_ICR: Register = Register::at(0x4003_0024);
const TIMER_TAILR: Register = Register::at(0x4003_0028);
const ONE_SHOT: u32 = 1;
const ENABLE: u32 = 1;
const TIMED_OUT: u32 = 1;

/// Cycles from one wrap of SysTick to the next.
const PERIOD: u64 = 1 << 24;

/// An alarm that is nearer than this is as good as due, in cycles.
const SHORTEST: u64 = 100;

struct Clock {
    wraps: Mutex<Cell<u64>>,
    queue: Mutex<RefCell<Queue>>,
}

time_driver_impl!(static CLOCK: Clock = Clock {
    wraps: Mutex::new(Cell::new(0)),
    queue: Mutex::new(RefCell::new(Queue::new())),
});

/// Starts both; time begins here.
pub(super) fn start() {
    SYST_RVR.write(PERIOD as u32 - 1);
    SYST_CVR.write(0);
    // The core's clock, with the exception.
    SYST_CSR.write(0b111);
    // The first load counts as a wrap to some cores and to QEMU; it is none.
    while SYST_CVR.read() == 0 {}
    ICSR.write(PENDSTCLR);
    TIMER_CTL.write(0);
    TIMER_CFG.write(0);
    TIMER_TAMR.write(ONE_SHOT);
    TIMER_IMR.write(TIMED_OUT);
    interrupts::enable(Interrupt::Timer0);
}

impl Clock {
    fn cycles(&self, section: CriticalSection<'_>) -> u64 {
        let wraps = self.wraps.borrow(section).get();
        let count = u64::from(SYST_CVR.read());
        if ICSR.read() & PENDSTSET == 0 {
            // The count stays at 0 for one cycle before the wrap is pended, in QEMU for longer.
            return wraps * PERIOD + if count == 0 { PERIOD - 1 } else { PERIOD - count };
        }
        let count = u64::from(SYST_CVR.read());
        (wraps + 1) * PERIOD + if count == 0 { 0 } else { PERIOD - count }
    }

    /// Wakes what is due and sets the alarm for what comes next.
    fn advance(&self, section: CriticalSection<'_>, queue: &mut Queue) {
        loop {
            let now = self.cycles(section);
            let next = queue.next_expiration(now / u64::from(CYCLES_PER_MICROSECOND));
            if next == u64::MAX {
                return;
            }
            let left = next.saturating_mul(CYCLES_PER_MICROSECOND.into()).saturating_sub(now);
            if left > SHORTEST {
                TIMER_CTL.write(0);
                TIMER_ICR.write(TIMED_OUT);
                // An alarm that is too far away rings early and finds nothing due.
                TIMER_TAILR.write(u32::try_from(left).unwrap_or(u32::MAX));
                TIMER_CTL.write(ENABLE);
                return;
            }
        }
    }
}

impl Driver for Clock {
    fn now(&self) -> u64 {
        critical_section::with(|section| self.cycles(section)) / u64::from(CYCLES_PER_MICROSECOND)
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|section| {
            let mut queue = self.queue.borrow(section).borrow_mut();
            if queue.schedule_wake(at, waker) {
                self.advance(section, &mut queue);
            }
        });
    }
}

#[exception]
fn SysTick() {
    critical_section::with(|section| {
        let wraps = CLOCK.wraps.borrow(section);
        wraps.set(wraps.get() + 1);
    });
}

/// Timer 0's interrupt.
pub(super) extern "C" fn alarm() {
    TIMER_ICR.write(TIMED_OUT);
    critical_section::with(|section| {
        CLOCK.advance(section, &mut CLOCK.queue.borrow(section).borrow_mut());
    });
}

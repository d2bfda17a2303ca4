//! Time for embassy: the machine timer, 10 MHz.

use core::cell::RefCell;
use core::task::Waker;

use critical_section::Mutex;
use embassy_time_driver::{Driver, time_driver_impl};
use embassy_time_queue_utils::Queue;

use super::register::Register;

/// `mtime` and `mtimecmp`, the low half first.
const TIME: [Register; 2] = [Register::at(0x0200_bff8), Register::at(0x0200_bffc)];
const COMPARE: [Register; 2] = [Register::at(0x0200_4000), Register::at(0x0200_4004)];

/// Ticks of the machine timer in a microsecond.
const TICKS: u64 = 10;

struct Clock {
    queue: Mutex<RefCell<Queue>>,
}

time_driver_impl!(static CLOCK: Clock = Clock { queue: Mutex::new(RefCell::new(Queue::new())) });

impl Driver for Clock {
    fn now(&self) -> u64 {
        let [low, high] = TIME;
        loop {
            let before = high.read();
            let ticks = u64::from(before) << 32 | u64::from(low.read());
            if high.read() == before {
                return ticks / TICKS;
            }
        }
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|section| {
            if self.queue.borrow_ref_mut(section).schedule_wake(at, waker) {
                set(at);
            }
        });
    }
}

/// The timer's interrupt pends from `at` on, in microseconds.
fn set(at: u64) {
    let ticks = at.saturating_mul(TICKS);
    let [low, high] = COMPARE;
    // In between it must not be earlier than before.
    high.write(u32::MAX);
    low.write(ticks as u32);
    high.write((ticks >> 32) as u32);
}

/// Wakes what is due and sets the timer for what comes next.
pub(super) fn attend() {
    critical_section::with(|section| {
        let mut queue = CLOCK.queue.borrow_ref_mut(section);
        set(queue.next_expiration(CLOCK.now()));
    });
}

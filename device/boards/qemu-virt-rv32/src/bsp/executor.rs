//! embassy's executor on a core that sleeps by WFI.

use core::sync::atomic::{AtomicBool, Ordering};

use embassy_executor::Spawner;
use embassy_executor::raw::Executor;
use riscv::asm::wfi;
use riscv::register::mie;
use static_cell::StaticCell;

use super::{ethernet, time};

static EXECUTOR: StaticCell<Executor> = StaticCell::new();

/// Whether a task is ready.
static READY: AtomicBool = AtomicBool::new(false);

/// The executor says that a task is ready.
// SAFETY: the signature is the one that embassy-executor declares.
#[unsafe(export_name = "__pender")]
fn ready(_: *mut ()) {
    READY.store(true, Ordering::Release);
}

/// Lets the timer and the network card end the sleep; interrupts themselves stay off, so that nothing interrupts.
pub(super) fn start() {
    // SAFETY: no handler runs, since the core's interrupts are off as after a reset.
    unsafe { mie::set_mext() };
    // SAFETY: as above.
    unsafe { mie::set_mtimer() };
}

/// Runs tasks for ever; `spawn` starts them.
pub(crate) fn run(spawn: impl FnOnce(Spawner)) -> ! {
    let executor = EXECUTOR.init(Executor::new(core::ptr::null_mut()));
    spawn(executor.spawner());
    loop {
        // SAFETY: this is the only call, and it is not made from within itself.
        unsafe { executor.poll() };
        // Nothing comes in between: only this loop looks at what pends, and what pends ends WFI.
        if !READY.swap(false, Ordering::Acquire) {
            wfi();
        }
        ethernet::attend();
        time::attend();
    }
}

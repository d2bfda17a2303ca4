//! embassy's executor on a core that sleeps by WFI.

use core::sync::atomic::{AtomicBool, Ordering};

use cortex_m::asm::wfi;
use cortex_m::interrupt;
use embassy_executor::Spawner;
use embassy_executor::raw::Executor;
use static_cell::StaticCell;

static EXECUTOR: StaticCell<Executor> = StaticCell::new();

/// Whether a task is ready.
static READY: AtomicBool = AtomicBool::new(false);

/// The executor says that a task is ready, from any context.
// SAFETY: the signature is the one that embassy-executor declares.
#[unsafe(export_name = "__pender")]
fn ready(_: *mut ()) {
    READY.store(true, Ordering::Release);
}

/// Runs tasks for ever; `spawn` starts them.
pub(crate) fn run(spawn: impl FnOnce(Spawner)) -> ! {
    let executor = EXECUTOR.init(Executor::new(core::ptr::null_mut()));
    spawn(executor.spawner());
    loop {
        // SAFETY: this is the only call, and it is not made from within itself.
        unsafe { executor.poll() };
        // Masked, so that no interrupt can come between the look and the sleep; a pending one ends WFI all the same.
        interrupt::free(|_| {
            if !READY.swap(false, Ordering::Acquire) {
                wfi();
            }
        });
    }
}

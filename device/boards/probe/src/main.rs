//! A program that is linked to be measured and never run: a node behind words of memory that stand for a network, a
//! clock and pins. Its heap leads to a symbol that nobody defines: if anything asks for memory, it does not link.
#![no_std]
#![no_main]

#[cfg(not(feature = "device"))]
mod engine;
mod hardware;
#[cfg(feature = "device")]
mod whole;

use core::alloc::{GlobalAlloc, Layout};

#[cfg(not(feature = "device"))]
use engine::serve as run;
use twite_device::DeviceMemory;
#[cfg(feature = "device")]
use whole::serve as run;

/// The engine's memory: what the probe has in RAM but for the stack.
static mut MEMORY: DeviceMemory<{ hardware::MESSAGE }> = DeviceMemory::new();

/// The entry.
// SAFETY: no other symbol of the program has this name.
#[unsafe(no_mangle)]
pub extern "C" fn serve() {
    // SAFETY: the program is never run.
    run(unsafe { &mut *(&raw mut MEMORY) });
}

unsafe extern "C" {
    fn the_heap_is_reachable() -> *mut u8;
}

struct NoHeap;

// SAFETY: the program does not link if this is called.
unsafe impl GlobalAlloc for NoHeap {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { the_heap_is_reachable() }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {
        // SAFETY: as above.
        unsafe { the_heap_is_reachable() };
    }
}

#[global_allocator]
static NO_HEAP: NoHeap = NoHeap;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

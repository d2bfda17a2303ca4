//! There is no heap: whoever allocates does not link.

use core::alloc::{GlobalAlloc, Layout};

unsafe extern "C" {
    fn the_heap_is_reachable() -> *mut u8;
}

struct NoHeap;

// SAFETY: a program that calls any of this does not link, for the symbol is defined nowhere.
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

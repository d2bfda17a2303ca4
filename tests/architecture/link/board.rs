//! A board as firmware links it: no `std`, no heap; panics and the heap lead to symbols that nobody defines.
#![no_std]

use core::alloc::{GlobalAlloc, Layout};
use core::net::{Ipv6Addr, SocketAddr};

use twite::base::Instant;
use twite::catalog::{Celsius, Lamp, LampState, Temperature};
use twite::endpoint::{Endpoint, Event, FixedStorage, Output};
use twite::reliability::{Peer, Timing};
use twite::resource::{Get, Post, Put};
use twite::service::{self, Call, Error, Handle, Route};

unsafe extern "C" {
    fn a_panic_is_reachable() -> !;
    fn the_heap_is_reachable() -> *mut u8;
    fn receive(bytes: *mut u8, capacity: usize) -> usize;
    fn send(bytes: *const u8, length: usize);
    fn microseconds() -> u64;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: the program is linked to be looked at and never run.
    unsafe { a_panic_is_reachable() }
}

struct NoHeap;

// SAFETY: the program is linked to be looked at and never run.
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

struct Board {
    lamp: LampState,
}

impl Handle<Get<Temperature>> for Board {
    fn handle(&mut self, _: Call<Get<Temperature>>) -> Result<Celsius, Error> {
        Ok(Celsius { celsius: 21.5, time: None })
    }
}

impl Handle<Get<Lamp>> for Board {
    fn handle(&mut self, _: Call<Get<Lamp>>) -> Result<LampState, Error> {
        Ok(self.lamp)
    }
}

impl Handle<Put<Lamp>> for Board {
    fn handle(&mut self, call: Call<Put<Lamp>>) -> Result<(), Error> {
        self.lamp = call.input;
        Ok(())
    }
}

impl Handle<Post<Lamp>> for Board {
    fn handle(&mut self, _: Call<Post<Lamp>>) -> Result<LampState, Error> {
        self.lamp.on = !self.lamp.on;
        Ok(self.lamp)
    }
}

static ROUTES: &[Route<Board>] = &[
    Route::to::<Get<Temperature>>().named(&["a"]),
    Route::to::<Put<Lamp>>().named(&["a"]),
    Route::patch::<Lamp>().named(&["a"]),
    Route::to::<Post<Lamp>>().named(&["a"]),
];

/// Serves datagrams for ever.
#[unsafe(no_mangle)]
pub extern "C" fn serve(port: u16, high: u64, low: u64) {
    let mut board = Board { lamp: LampState { on: false, brightness: None } };
    let mut storage = FixedStorage::<8, 8, 512>::new();
    let mut endpoint = Endpoint::new(storage.lend(), Timing::DEFAULT, [port as u8; 32]);
    let address = Ipv6Addr::from((u128::from(high) << 64) | u128::from(low));
    let peer = Peer::new(SocketAddr::new(address.into(), port));
    let mut buffer = [0; 512];
    loop {
        // SAFETY: as above, for this block and the next.
        let (now, length) = unsafe { (microseconds(), receive(buffer.as_mut_ptr(), buffer.len())) };
        let now = Instant::from_micros(now);
        let datagram = buffer.get(..length).unwrap_or_default();
        if let Some(Event::Request(incoming)) = endpoint.handle_input(now, peer, datagram) {
            service::serve(ROUTES, &mut board, incoming);
        }
        while let Output::Transmit { bytes, .. } = endpoint.poll_output(now) {
            unsafe { send(bytes.as_ptr(), bytes.len()) };
        }
    }
}

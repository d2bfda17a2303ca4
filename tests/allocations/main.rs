//! Nothing on the datagram path asks the heap for memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use twite::base::Instant;
use twite::catalog::{Celsius, Lamp, LampState, Temperature};
use twite::endpoint::{Endpoint, Event, FixedStorage, Output};
use twite::reliability::{Peer, Timing};
use twite::resource::{Get, Put};
use twite::service::{self, Call, Error, Handle, Route};

/// The system's allocator, counting what this thread asks of it.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // A thread that is ending has nobody who counts any more.
    let _ = ALLOCATIONS.try_with(|allocations| allocations.set(allocations.get() + 1));
}

// SAFETY: every call goes to `System` with the arguments it came with; counting touches no memory of theirs and,
// the counter being a constant without a destructor, allocates nothing itself.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`, which is that of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: `memory` came from `System` with this layout, as all memory of this allocator does.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: `memory` came from `System` with this layout; the caller answers for `size`.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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

const ROUTES: &[Route<Board>] = &[
    Route::to::<Get<Temperature>>().named(&["a"]),
    Route::to::<Put<Lamp>>().named(&["a"]),
    Route::patch::<Lamp>().named(&["a"]),
];

const GET: &[u8] = b"\x44\x01\x00\x00\xa1\xb2\xc3\xd4\xb7sensors\x01a\x0btemperature";
const PUT: &[u8] = b"\x44\x03\x00\x00\xa1\xb2\xc3\xd4\xb5lamps\x01a\x11\x3c\xff\xa1\x00\xf5";
/// PUT /lamps/a without its body.
const LAMP: &[u8] = b"\x44\x03\x00\x00\xa1\xb2\xc3\xd4\xb5lamps\x01a\x11\x3c\xff";
/// iPATCH /lamps/a without its body.
const PATCH: &[u8] = b"\x44\x07\x00\x00\xa1\xb2\xc3\xd4\xb5lamps\x01a\x11\x3c\xff";
const CORE: &[u8] = b"\x44\x01\x00\x00\xa1\xb2\xc3\xd4\xbb.well-known\x04core";

/// How many allocations 10 000 of these datagrams cost, each with a message id of its own, after a first 100;
/// every answer has this code.
fn allocations(template: &[u8], code: u8) -> u64 {
    let mut storage = Box::new(FixedStorage::<16, 16, 512>::new());
    let mut endpoint = Endpoint::new(storage.lend(), Timing::DEFAULT, [1; 32]);
    let mut board = Board { lamp: LampState { on: false, brightness: None } };
    let peer = Peer::new(([127, 0, 0, 1], 40_000).into());
    let mut datagram = template.to_vec();
    let mut before = 0;
    let mut answered = 0;
    for round in 0..10_100_u16 {
        if round == 100 {
            before = ALLOCATIONS.get();
        }
        datagram[2..4].copy_from_slice(&round.to_be_bytes());
        let now = Instant::from_millis(u64::from(round));
        if let Some(Event::Request(incoming)) = endpoint.handle_input(now, peer, &datagram) {
            service::serve(ROUTES, &mut board, incoming);
        }
        while let Output::Transmit { bytes, .. } = endpoint.poll_output(now) {
            answered += u16::from(bytes[1] == code);
        }
    }
    let after = ALLOCATIONS.get();
    assert_eq!(answered, 10_100, "answers of code {code:#x}");
    after - before
}

#[test]
fn ten_thousand_typed_gets_allocate_nothing() {
    assert_eq!(allocations(GET, 0x45), 0);
}

#[test]
fn ten_thousand_typed_puts_allocate_nothing() {
    assert_eq!(allocations(PUT, 0x44), 0);
}

#[test]
fn ten_thousand_bodies_that_break_a_rule_allocate_nothing() {
    for body in [
        &b"\xa1\x00\x01"[..],
        b"\xa1\x00\xf6",
        b"\xa1\x01\x01",
        b"\xa2\x00\xf5\x01\x18\x65",
        b"\xa2\x00\xf5\x01\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xa2\x00\xf5\x01\x61x",
        b"\xa1\x61x\xf5",
        b"\xa2\x00\xf5\x00\xf5",
        b"\x80",
        b"\xff",
    ] {
        assert_eq!(allocations(&[LAMP, body].concat(), 0x80), 0, "{body:02x?}");
    }
}

#[test]
fn ten_thousand_patches_allocate_nothing_whether_they_are_applied_or_not() {
    for (body, code) in [
        (&b"\xa2\x00\xf5\x01\x07"[..], 0x44),
        (b"\xa1\x01\xf6", 0x44),
        (b"\xa1\x00\xf6", 0x96),
        (b"\xa1\x07\x01", 0x96),
        (b"\xa1\x01\x61x", 0x96),
        (b"\xa1\x61x\xf5", 0x96),
        (b"\x80", 0x96),
        (b"\xff", 0x80),
    ] {
        assert_eq!(allocations(&[PATCH, body].concat(), code), 0, "{body:02x?}");
    }
}

#[test]
fn ten_thousand_listings_allocate_nothing() {
    assert_eq!(allocations(CORE, 0x45), 0);
}

#[test]
fn the_counter_counts() {
    let before = ALLOCATIONS.get();
    std::hint::black_box(Box::new(7));
    assert!(ALLOCATIONS.get() > before);
}

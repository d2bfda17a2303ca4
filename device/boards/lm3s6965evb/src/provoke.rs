//! For tests: a start that ends badly on purpose, once.

use twite_device::{Record, Storage as _};

use crate::node::BoardStorage;

/// How this start ends.
const PANIC: u8 = 1;
const OVERFLOW: u8 = 2;
const STANDSTILL: u8 = 3;

/// Does what the record says and forgets it before.
pub(crate) fn provoke(storage: &mut BoardStorage) {
    let mut how = [0];
    if storage.load(Record::FREE, &mut how).is_err() || storage.save(Record::FREE, &[0]).is_err() {
        return;
    }
    match how {
        [PANIC] => panic!("provoked"),
        [OVERFLOW] => {
            deeper(u32::MAX);
        }
        [STANDSTILL] => loop {
            core::hint::spin_loop();
        },
        _ => {}
    }
}

/// Calls itself until the stack ends.
#[inline(never)]
fn deeper(depth: u32) -> u32 {
    let frame = core::hint::black_box([depth; 16]);
    if depth == 0 {
        0
    } else {
        deeper(depth - 1) + core::hint::black_box(frame).iter().fold(0, |sum, word| sum ^ word)
    }
}

//! The seed of tokens, message ids and ports.

use super::register::Register;

/// The time of day in nanoseconds, the low half first, which latches the other.
const RTC: [Register; 2] = [Register::at(0x10_1000), Register::at(0x10_1004)];

/// A seed that differs between boards and between starts. **It is predictable** by who knows when the board started.
pub(crate) fn seed(address: [u8; 6]) -> [u8; 32] {
    let mut seed = *b"Twite, predictable seed: .......";
    let [low, high] = RTC.map(|half| half.read().to_le_bytes());
    let parts = low.into_iter().chain(high).chain(address);
    seed.iter_mut().rev().zip(parts).for_each(|(place, byte)| *place = byte);
    seed
}

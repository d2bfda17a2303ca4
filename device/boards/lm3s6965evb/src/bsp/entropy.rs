//! The seed of tokens, message ids and ports.

/// A seed that differs between boards and between starts. **It is predictable**: this chip has no source of true
/// randomness. Without an EEPROM (`starts` is nothing) it repeats after a reset.
pub(crate) fn seed(address: [u8; 6], starts: Option<u32>) -> [u8; 32] {
    let mut seed = *b"Twite, predictable seed: ......\0";
    let parts = address.into_iter().chain(starts.unwrap_or(0).to_le_bytes());
    seed.iter_mut().rev().zip(parts).for_each(|(place, byte)| *place = byte);
    seed
}

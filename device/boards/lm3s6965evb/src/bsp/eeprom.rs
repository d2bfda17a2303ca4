//! The first words of an AT24C64 or another EEPROM with 16-bit addresses on the I²C bus.

use embedded_hal::i2c::I2c;

const ADDRESS: u8 = 0x50;

/// Where the count of starts lies: twice, so that one survives a write that power cuts off.
const STARTS: [u16; 2] = [0x0000, 0x0020];

/// How often a device that is busy writing is asked again; a write takes up to 5 ms, a question 90 µs.
const PATIENCE: usize = 100;

/// The EEPROM.
pub(crate) struct Eeprom<B>(B);

impl<B: I2c> Eeprom<B> {
    /// On this bus.
    pub(crate) const fn new(bus: B) -> Self {
        Self(bus)
    }

    /// Counts this start; how many there were, or nothing without an EEPROM.
    pub(crate) fn count_start(&mut self) -> Option<u32> {
        let [first, second] = STARTS.map(|at| self.read(at));
        let starts = first.max(second).unwrap_or(0).wrapping_add(1);
        // The older of both copies is written over.
        let at = if first < second { STARTS[0] } else { STARTS[1] };
        self.write(at, starts).ok()?;
        Some(starts)
    }

    /// A number and its complement, which has to fit.
    fn read(&mut self, at: u16) -> Option<u32> {
        let mut bytes = [0; 8];
        self.0.write_read(ADDRESS, &at.to_be_bytes(), &mut bytes).ok()?;
        let both = u64::from_le_bytes(bytes);
        let (number, complement) = (both as u32, (both >> 32) as u32);
        (number == !complement).then_some(number)
    }

    fn write(&mut self, at: u16, number: u32) -> Result<(), B::Error> {
        let [high, low] = at.to_be_bytes();
        let [a, b, c, d] = number.to_le_bytes();
        self.0.write(ADDRESS, &[high, low, a, b, c, d, !a, !b, !c, !d])?;
        // It does not acknowledge its address until the cells are written.
        let mut done = self.0.write(ADDRESS, &[high, low]);
        for _ in 0..PATIENCE {
            if done.is_ok() {
                break;
            }
            done = self.0.write(ADDRESS, &[high, low]);
        }
        done
    }
}

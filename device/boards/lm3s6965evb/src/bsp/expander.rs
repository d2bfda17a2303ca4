//! LED 0 of a PCA9552 on the I²C bus.

use embedded_hal::digital;
use embedded_hal::i2c::I2c;

const ADDRESS: u8 = 0x60;
/// The selector of LEDs 0 to 3, two bits each.
const LS0: u8 = 0x06;
/// Pulled low, which lights the LED.
const ON: u8 = 0b00;
/// High impedance.
const OFF: u8 = 0b01;
/// LEDs 1 to 3 stay off.
const OTHERS: u8 = 0b0101_0100;

/// The LED.
pub(crate) struct ExpanderLed<B>(B);

/// The LED driver did not answer.
#[derive(Debug)]
pub(crate) struct Silent;

impl digital::Error for Silent {
    fn kind(&self) -> digital::ErrorKind {
        digital::ErrorKind::Other
    }
}

impl<B: I2c> ExpanderLed<B> {
    /// The LED, off, if the driver is there.
    pub(super) fn find(mut bus: B) -> Option<Self> {
        bus.write(ADDRESS, &[LS0, OTHERS | OFF]).ok()?;
        Some(Self(bus))
    }

    /// Switches it.
    pub(super) fn switch(&mut self, on: bool) -> Result<(), Silent> {
        let state = if on { ON } else { OFF };
        self.0.write(ADDRESS, &[LS0, OTHERS | state]).map_err(|_| Silent)
    }
}

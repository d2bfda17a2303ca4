//! Thermometers.

use embedded_hal::i2c::{I2c, SevenBitAddress};

/// Something that measures a temperature.
pub trait Thermometer {
    /// Why there is no reading.
    type Error;

    /// Degrees Celsius.
    ///
    /// # Errors
    /// When the sensor does not answer.
    fn celsius(&mut self) -> Result<f32, Self::Error>;
}

/// An LM75, TMP105 or another sensor of their register layout on an I²C bus.
#[derive(Debug)]
pub struct Lm75<B> {
    bus: B,
    address: SevenBitAddress,
}

/// The register that holds the temperature in steps of 1/256 °C.
const TEMPERATURE: u8 = 0;

impl<B: I2c> Lm75<B> {
    /// The sensor at `address`, 0x48 to 0x4f.
    pub const fn new(bus: B, address: SevenBitAddress) -> Self {
        Self { bus, address }
    }
}

impl<B: I2c> Thermometer for Lm75<B> {
    type Error = B::Error;

    fn celsius(&mut self) -> Result<f32, B::Error> {
        let mut register = [0; 2];
        self.bus.write_read(self.address, &[TEMPERATURE], &mut register)?;
        Ok(f32::from(i16::from_be_bytes(register)) / 256.0)
    }
}

//! The lamp: an LED of the I²C expander where there is one, and the board's own.

use embedded_hal::digital::{ErrorType, OutputPin};
use embedded_hal::i2c::I2c;

use super::expander::{ExpanderLed, Silent};
use super::gpio::StatusLed;

/// Both LEDs as one pin.
pub(crate) struct BoardLamp<B> {
    led: StatusLed,
    expander: Option<ExpanderLed<B>>,
}

impl<B: I2c> BoardLamp<B> {
    /// The lamp, off.
    pub(crate) fn new(bus: B) -> Self {
        Self { led: StatusLed, expander: ExpanderLed::find(bus) }
    }

    fn switch(&mut self, on: bool) -> Result<(), Silent> {
        if let Some(expander) = &mut self.expander {
            expander.switch(on)?;
        }
        match self.led.set_state(on.into()) {
            Ok(()) => Ok(()),
        }
    }
}

impl<B: I2c> ErrorType for BoardLamp<B> {
    type Error = Silent;
}

impl<B: I2c> OutputPin for BoardLamp<B> {
    fn set_low(&mut self) -> Result<(), Silent> {
        self.switch(false)
    }

    fn set_high(&mut self) -> Result<(), Silent> {
        self.switch(true)
    }
}

//! Parts that this machine does not have, played.

use core::convert::Infallible;

use embedded_hal::digital::{self, InputPin, OutputPin};
use embedded_hal::i2c::{self, I2c, NoAcknowledgeSource, Operation};

/// A bus with one LM75, which reads 21.5 °C.
#[derive(Default)]
pub(crate) struct Bus {
    /// The register that the next read begins with.
    pointer: u8,
}

/// Where the LM75 is.
const LM75: u8 = 0x48;

/// 21.5 °C in steps of 1/256 °C.
const WARM: u16 = 0x1580;

/// Nobody answers at this address.
#[derive(Debug)]
pub(crate) struct Absent;

impl i2c::Error for Absent {
    fn kind(&self) -> i2c::ErrorKind {
        i2c::ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address)
    }
}

impl i2c::ErrorType for Bus {
    type Error = Absent;
}

impl I2c for Bus {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), Absent> {
        if address != LM75 {
            return Err(Absent);
        }
        for operation in operations {
            match operation {
                Operation::Write(bytes) => self.pointer = bytes.first().copied().unwrap_or(self.pointer),
                Operation::Read(bytes) => {
                    let register = if self.pointer == 0 { WARM } else { 0 };
                    bytes.iter_mut().zip(register.to_be_bytes()).for_each(|(to, from)| *to = from);
                }
            }
        }
        Ok(())
    }
}

/// A lamp that nobody sees.
pub(crate) struct Lamp;

impl digital::ErrorType for Lamp {
    type Error = Infallible;
}

impl OutputPin for Lamp {
    fn set_low(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A button that nobody presses.
pub(crate) struct Unpressed;

impl digital::ErrorType for Unpressed {
    type Error = Infallible;
}

impl InputPin for Unpressed {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(false)
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(true)
    }
}

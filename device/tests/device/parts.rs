//! Parts that are played by the test.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::rc::Rc;

use embedded_hal::digital::{self, InputPin, OutputPin};
use twite_device::{Eeprom, Thermometer};

/// A thermometer that reads what the test says; silent when that is nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dial(pub(crate) Rc<Cell<Option<f32>>>);

impl Thermometer for Dial {
    type Error = ();

    fn celsius(&mut self) -> Result<f32, ()> {
        self.0.get().ok_or(())
    }
}

/// A pin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pin(pub(crate) Rc<Cell<bool>>);

impl digital::ErrorType for Pin {
    type Error = Infallible;
}

impl OutputPin for Pin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.set(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.set(true);
        Ok(())
    }
}

impl InputPin for Pin {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.0.get())
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(!self.0.get())
    }
}

/// A memory whose power is cut after so many bytes more are written.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    pub(crate) bytes: Rc<RefCell<Vec<u8>>>,
    pub(crate) power: Rc<Cell<usize>>,
}

impl Default for Memory {
    /// As it leaves the factory.
    fn default() -> Self {
        Self { bytes: Rc::new(RefCell::new(vec![0xff; 1_024])), power: Rc::new(Cell::new(usize::MAX)) }
    }
}

/// The power is cut.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoPower;

impl Eeprom for Memory {
    type Error = NoPower;

    fn read(&mut self, address: u16, buffer: &mut [u8]) -> Result<(), NoPower> {
        let bytes = self.bytes.borrow();
        buffer.copy_from_slice(
            bytes.get(usize::from(address)..).and_then(|rest| rest.get(..buffer.len())).ok_or(NoPower)?,
        );
        Ok(())
    }

    fn write(&mut self, address: u16, bytes: &[u8]) -> Result<(), NoPower> {
        for (offset, &byte) in bytes.iter().enumerate() {
            self.power.set(self.power.get().checked_sub(1).ok_or(NoPower)?);
            self.bytes.borrow_mut()[usize::from(address) + offset] = byte;
        }
        Ok(())
    }
}

//! Pins: the status LED, the select button, and those that other parts take.

use core::convert::Infallible;

use embedded_hal::digital::{ErrorType, InputPin, OutputPin};

use super::register::Register;

const PORT_A: usize = 0x4000_4000;
const PORT_B: usize = 0x4000_5000;
const PORT_F: usize = 0x4002_5000;

const DIR: usize = 0x400;
const AFSEL: usize = 0x420;
const ODR: usize = 0x50c;
const PUR: usize = 0x510;
const DEN: usize = 0x51c;

/// PA0 and PA1: UART0.
const UART_PINS: u32 = 0b11;
/// PB2 and PB3: I2C0.
const I2C_PINS: u32 = 0b1100;
/// PF0: the status LED.
const LED: u32 = 1;
/// PF1: the select button, which pulls the pin down.
const SELECT: u32 = 1 << 1;
/// PF2 and PF3: the LEDs of the Ethernet jack.
const LINK_LEDS: u32 = 0b1100;

const fn of(port: usize, offset: usize) -> Register {
    Register::at(port + offset)
}

/// The pins of one port that `mask` names, as one register.
const fn data(port: usize, mask: u32) -> Register {
    Register::at(port + ((mask as usize) << 2))
}

/// Sets the directions of all pins that are used here.
pub(super) fn start() {
    of(PORT_F, DIR).set(LED);
    of(PORT_F, PUR).set(SELECT);
    of(PORT_F, AFSEL).set(LINK_LEDS);
    of(PORT_F, DEN).set(LED | SELECT | LINK_LEDS);
}

/// Hands its pins to the UART.
pub(super) fn uart_pins() {
    of(PORT_A, AFSEL).set(UART_PINS);
    of(PORT_A, DEN).set(UART_PINS);
}

/// Hands its pins to the I²C controller.
pub(super) fn i2c_pins() {
    of(PORT_B, AFSEL).set(I2C_PINS);
    of(PORT_B, ODR).set(I2C_PINS);
    of(PORT_B, DEN).set(I2C_PINS);
}

/// The board's status LED.
pub(crate) struct StatusLed;

impl ErrorType for StatusLed {
    type Error = Infallible;
}

impl OutputPin for StatusLed {
    fn set_low(&mut self) -> Result<(), Infallible> {
        data(PORT_F, LED).write(0);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        data(PORT_F, LED).write(LED);
        Ok(())
    }
}

/// The board's select button, high while it is pressed.
#[derive(Clone)]
pub(crate) struct Button {
    /// The level so far. QEMU has no pull-up: the pin reads as pressed until a key moves, so that only a level that
    /// was seen released is believed.
    released: bool,
}

impl Button {
    pub(super) const fn select() -> Self {
        Self { released: false }
    }
}

impl ErrorType for Button {
    type Error = Infallible;
}

impl InputPin for Button {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        let down = data(PORT_F, SELECT).read() == 0;
        self.released |= !down;
        Ok(down && self.released)
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(!self.is_high()?)
    }
}

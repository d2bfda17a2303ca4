//! The node's parts on this board.

use core::cell::RefCell;

use embedded_hal_bus::i2c::RefCellDevice;
use twite_device::{Lm75, Node};

use crate::bsp::{BoardLamp, Button, I2c0};

/// The bus as one of its devices sees it.
pub(crate) type Device = RefCellDevice<'static, I2c0>;

/// The node of this board.
pub(crate) type BoardNode = Node<Lm75<Device>, BoardLamp<Device>, Button>;

/// Where the thermometer is.
const THERMOMETER: u8 = 0x48;

/// Major × 10000 + minor × 100 + patch.
const FIRMWARE: u32 = 100;

/// Another device of the bus.
pub(crate) fn device(bus: &'static RefCell<I2c0>) -> Device {
    RefCellDevice::new(bus)
}

/// The thermometer.
pub(crate) fn thermometer(bus: &'static RefCell<I2c0>) -> Lm75<Device> {
    Lm75::new(device(bus), THERMOMETER)
}

/// The node, its lamp off.
pub(crate) fn node(bus: &'static RefCell<I2c0>, button: Button) -> BoardNode {
    match Node::new(thermometer(bus), BoardLamp::new(device(bus)), button, FIRMWARE) {
        Ok(node) => node,
        // The watchdog's and the panic's answer to a bus that failed is the same: a fresh start.
        Err(_) => panic!("the lamp's driver answered and then did not"),
    }
}

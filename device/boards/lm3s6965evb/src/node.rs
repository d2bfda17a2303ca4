//! The device of this board: its parts, its memory, and whom it tells.

use core::cell::RefCell;

use embassy_time::Instant;
use embedded_hal_bus::i2c::RefCellDevice;
use static_cell::{ConstStaticCell, StaticCell};
use twite::base;
use twite_device::{
    At24, Device, DeviceMemory, DirectorySettings, Lm75, Node, PushSettings, Record, Settings, Storage as _,
    Target, TwoCopies,
};

use crate::bsp::{BoardLamp, Button, I2c0};

/// The bus as one of its devices sees it.
type Bus = RefCellDevice<'static, I2c0>;

/// What the EEPROM holds: the device's records, and one of tests.
pub(crate) type BoardStorage = TwoCopies<At24<Bus>, { Record::FREE + 1 }>;

/// The device of this board.
pub(crate) type BoardDevice = Device<'static, Lm75<Bus>, BoardLamp<Bus>, Button, BoardStorage>;

/// Where the thermometer is.
const THERMOMETER: u8 = 0x48;

/// Where the EEPROM is.
const EEPROM: u8 = 0x50;

/// Major × 10000 + minor × 100 + patch.
const FIRMWARE: u32 = 100;

/// How often the button is looked at: a finger is slower, and each look wakes the processor.
const SCAN: base::Duration = base::Duration::from_millis(50);

/// Bytes of a message.
pub(crate) const MESSAGE: usize = 384;

static MEMORY: ConstStaticCell<DeviceMemory<MESSAGE>> = ConstStaticCell::new(DeviceMemory::new());
static DEVICE: StaticCell<BoardDevice> = StaticCell::new();

/// What survives a power cut.
pub(crate) fn storage(bus: &'static RefCell<I2c0>) -> BoardStorage {
    TwoCopies::new(At24::new(RefCellDevice::new(bus), EEPROM))
}

/// Which start this will be; nothing without an EEPROM.
pub(crate) fn starts(storage: &mut BoardStorage) -> Option<u32> {
    let mut bytes = [0; 4];
    storage.load(Record::STARTS, &mut bytes).ok()?;
    Some(u32::from_be_bytes(bytes).wrapping_add(1))
}

/// The device; it counts this start. Not part of its caller, whose frame stays below that of every task.
#[inline(never)]
pub(crate) fn device(
    bus: &'static RefCell<I2c0>,
    button: Button,
    mut storage: BoardStorage,
    seed: [u8; 32],
) -> &'static mut BoardDevice {
    let push = Target::load(&mut storage, Record::PUSH).map(|target| PushSettings {
        server: target.server,
        collection: "readings/board",
        period: target.time,
    });
    let directory = Target::load(&mut storage, Record::DIRECTORY).map(|target| DirectorySettings {
        server: target.server,
        name: "board",
        lifetime: (target.time.as_micros() / 1_000_000) as u32, // at most 49 days
    });
    let settings = Settings { push, directory, scan: SCAN, ..Settings::DEFAULT };
    let thermometer = Lm75::new(RefCellDevice::new(bus), THERMOMETER);
    let node = match Node::new(thermometer, BoardLamp::new(RefCellDevice::new(bus)), button, FIRMWARE) {
        Ok(node) => node,
        // The watchdog's and the panic's answer to a bus that failed is the same: a fresh start.
        Err(_) => panic!("the lamp's driver answered and then did not"),
    };
    DEVICE.init_with(|| Device::new(now(), node, storage, MEMORY.take().lend(), seed, settings))
}

/// Time as the library counts it.
pub(crate) fn now() -> base::Instant {
    base::Instant::from_micros(Instant::now().as_micros())
}

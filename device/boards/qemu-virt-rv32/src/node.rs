//! The device of this board: its parts and its memory.

use embassy_time::Instant;
use static_cell::{ConstStaticCell, StaticCell};
use twite::base;
use twite_device::{Device, DeviceMemory, Lm75, NoStorage, Node, Settings};

use crate::parts::{Bus, Lamp, Unpressed};

/// The device of this board. It has no memory that survives a reset.
pub(crate) type BoardDevice = Device<'static, Lm75<Bus>, Lamp, Unpressed, NoStorage>;

/// Where the thermometer is.
const THERMOMETER: u8 = 0x48;

/// Major × 10000 + minor × 100 + patch.
const FIRMWARE: u32 = 100;

/// How often the button is looked at, which nobody presses.
const SCAN: base::Duration = base::Duration::from_millis(250);

/// Bytes of a message.
pub(crate) const MESSAGE: usize = 384;

static MEMORY: ConstStaticCell<DeviceMemory<MESSAGE>> = ConstStaticCell::new(DeviceMemory::new());
static DEVICE: StaticCell<BoardDevice> = StaticCell::new();

/// The device.
pub(crate) fn device(seed: [u8; 32]) -> &'static mut BoardDevice {
    let Ok(node) = Node::new(Lm75::new(Bus::default(), THERMOMETER), Lamp, Unpressed, FIRMWARE);
    let settings = Settings { scan: SCAN, ..Settings::DEFAULT };
    DEVICE.init_with(|| Device::new(now(), node, NoStorage, MEMORY.take().lend(), seed, settings))
}

/// Time as the library counts it.
pub(crate) fn now() -> base::Instant {
    base::Instant::from_micros(Instant::now().as_micros())
}

//! Twite on microcontrollers: the resources of the shared catalog over `embedded-hal` parts.
#![no_std]
#![forbid(unsafe_code)]

mod attempt;
mod decimal;
mod device;
mod directory;
mod log;
mod node;
mod push;
mod settings;
mod storage;
mod thermometer;
mod watch;

pub use device::{Device, Output};
pub use node::Node;
pub use push::Pushed;
pub use settings::{DirectorySettings, PushSettings, Settings};
pub use storage::{At24, Eeprom, NoStorage, RECORD, Record, RecordError, Storage, TwoCopies};
pub use thermometer::{Lm75, Thermometer};

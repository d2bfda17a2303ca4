//! Twite on microcontrollers: the resources of the shared catalog over `embedded-hal` parts.
//!
//! A [`Node`] has a thermometer, a lamp and a button; its routes are a table of function pointers. A [`Device`] is a
//! node with its endpoint, on memory that its owner lends: it answers requests, tells observers, keeps the lamp over a
//! power cut ([`Storage`]), pushes readings to a server and registers with a resource directory ([`Settings`]). It owns
//! neither socket nor clock nor task: datagrams go in by [`Device::handle`], come out of [`Device::poll`], which also
//! says when to come back. That is all of a super-loop:
//!
//! ```
//! # use core::convert::Infallible;
//! # use twite::{base::Instant, reliability::Peer};
//! # use twite_device::{At24, Device, DeviceMemory, Lm75, Node, Output, Record, Settings, TwoCopies};
//! # struct Part;
//! # impl embedded_hal::i2c::ErrorType for Part { type Error = Infallible; }
//! # impl embedded_hal::i2c::I2c for Part {
//! #     fn transaction(&mut self, _: u8, _: &mut [embedded_hal::i2c::Operation<'_>]) -> Result<(), Infallible> { Ok(()) }
//! # }
//! # impl embedded_hal::digital::ErrorType for Part { type Error = Infallible; }
//! # impl embedded_hal::digital::OutputPin for Part {
//! #     fn set_low(&mut self) -> Result<(), Infallible> { Ok(()) }
//! #     fn set_high(&mut self) -> Result<(), Infallible> { Ok(()) }
//! # }
//! # impl embedded_hal::digital::InputPin for Part {
//! #     fn is_high(&mut self) -> Result<bool, Infallible> { Ok(false) }
//! #     fn is_low(&mut self) -> Result<bool, Infallible> { Ok(true) }
//! # }
//! # fn now() -> Instant { Instant::from_millis(0) }
//! # fn true_randomness() -> [u8; 32] { [7; 32] }
//! # fn receive(_: &mut [u8]) -> Option<(Peer, usize)> { None }
//! # fn send(_: Peer, _: &[u8]) {}
//! # fn sleep_until_datagram_or(_: Instant) {}
//! # let (bus, eeprom_bus, lamp, button) = (Part, Part, Part, Part);
//! let mut memory = DeviceMemory::<384>::new(); // bytes of a message
//! let node = Node::new(Lm75::new(bus, 0x48), lamp, button, 10_203)?; // firmware 1.2.3
//! let storage = TwoCopies::<_, { Record::FREE }>::new(At24::new(eeprom_bus, 0x50));
//! let mut device = Device::new(now(), node, storage, memory.lend(), true_randomness(), Settings::DEFAULT);
//! let mut buffer = [0; 384];
//! # let mut rounds = 0..3;
//! loop {
//!     while let Some((peer, length)) = receive(&mut buffer) {
//!         device.handle(now(), peer, &buffer[..length]);
//!         while let Output::Transmit { peer, length } = device.poll(now(), &mut buffer) {
//!             send(peer, &buffer[..length]);
//!         }
//!     }
//!     match device.poll(now(), &mut buffer) {
//!         Output::Transmit { peer, length } => send(peer, &buffer[..length]),
//!         Output::Wait(until) => sleep_until_datagram_or(until),
//!     }
//! #   if rounds.next().is_none() { break }
//! }
//! # Ok::<(), Infallible>(())
//! ```
//!
//! [`serve()`] is the same loop on an asynchronous socket and a [`Clock`]. Who wants other resources than a [`Node`]'s
//! uses an [`Endpoint`](twite::endpoint::Endpoint) and [`twite::service`] directly.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable
    )
)]

mod attempt;
#[cfg(feature = "oscore")]
mod contexts;
#[cfg(not(feature = "oscore"))]
#[path = "unsecured.rs"]
mod contexts;
mod decimal;
mod device;
mod directory;
#[cfg(feature = "embassy-net")]
mod embassy;
mod log;
mod memory;
mod node;
mod push;
mod serve;
mod settings;
mod storage;
mod thermometer;
mod watch;

pub use contexts::LentContexts;
pub use device::{Device, Output};
#[cfg(feature = "embassy-net")]
pub use embassy::{EmbassyError, EmbassyUdp};
pub use memory::{DeviceMemory, LentMemory};
pub use node::Node;
pub use push::Pushed;
pub use serve::{Clock, serve};
pub use settings::{DirectorySettings, PushSettings, Settings};
pub use storage::{At24, Eeprom, NoStorage, RECORD, Record, RecordError, Storage, Target, TwoCopies};
#[cfg(feature = "oscore")]
pub use storage::{ContextError, ContextPlace};
pub use thermometer::{Lm75, Thermometer};

//! Twite on microcontrollers: the resources of the shared catalog over `embedded-hal` parts.
//!
//! A [`Node`] has a thermometer, a lamp and a button. Its routes are a table of function pointers; an
//! [`Endpoint`](twite::endpoint::Endpoint) on [`FixedStorage`](twite::endpoint::FixedStorage) and
//! [`twite::service::serve`] are all there is between a datagram and a pin.
#![no_std]
#![forbid(unsafe_code)]

mod node;
mod thermometer;

pub use node::Node;
pub use thermometer::{Lm75, Thermometer};

//! Floor 1: the datagram, RFC 7252 §3.
//!
//! [`Message::parse`] checks a datagram once; a value of the type is the proof that every later read of
//! it succeeds. [`MessageWriter`] writes one in place.

mod block;
mod code;
mod message;
pub mod number;
mod option;
mod token;
mod writer;

pub use block::Block;
pub use coap_lite::{
    CoapOption, ContentFormat, MessageClass, MessageType, ObserveOption, RequestType, ResponseType,
};
pub use code::Code;
pub use message::{FormatError, FormatErrorKind, Message};
pub use option::{Definition, Options, RawOption, definition, is_critical, is_unsafe, uint};
pub use token::Token;
pub use writer::{MessageWriter, WriteError};

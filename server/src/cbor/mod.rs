//! CBOR (RFC 8949) as a flat run of events, and the few bytes that write it back.
//!
//! [`Reader`] checks well-formedness, nesting and trailing bytes once for everybody who walks unknown CBOR: the
//! diagnostic notation and the conversion to JSON. It keeps an explicit stack, so no input can exhaust the thread's.

mod event;
mod fault;
mod reader;
mod writer;

pub use event::{Event, Item, Place};
pub use fault::{CborError, Fault};
pub use reader::Reader;
pub use writer::{Major, insert_head, push_float, push_head, push_integer};

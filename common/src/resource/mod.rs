//! Floor 4: the typed resource model, RFC 7252 §5.1, RFC 6690, RFC 8949.

mod cbor_error;
mod field_writer;
pub mod filter;
mod head;
pub mod link;
pub mod link_reader;
pub mod link_writer;
pub(crate) mod members;
pub mod merge_patch;
mod model;
pub mod number;
mod representation;
pub mod schema;
mod template;
pub mod well_formed;
#[cfg(feature = "serde")]
pub(crate) mod whole;

pub use field_writer::FieldWriter;
pub use model::{
    Callable, Delete, Document, Get, Key, Method, Name, Observable, Patchable, Post, Put, Readable,
    Removable, Resource, Writable,
};
pub use representation::{CBOR, Representation, Schema};
pub use template::{Path, Template};

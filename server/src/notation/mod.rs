//! CBOR as text for people: diagnostic notation (RFC 8949 section 8), printed and typed.
//!
//! What is printed is safe on a terminal: text keeps only characters that show themselves. What
//! [`parse_diagnostic`] reads is what [`diagnostic`] prints, so that an answer can be edited and sent back.

mod parse;
mod print;

pub use parse::{NotationError, parse_diagnostic};
pub use print::{diagnostic, diagnostic_pretty};

/// Arrays, maps, tags and indefinite strings inside each other, both ways.
pub const DEPTH: usize = 32;

#[cfg(test)]
mod tests;

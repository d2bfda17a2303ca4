//! What the tests share.

pub mod engine;
pub mod vectors;

//! What the tests share.

pub mod ask;
pub mod datagrams;
pub mod engine;
pub mod folder;
pub mod program;
pub mod server;
pub mod vectors;

//! What the tests share.

pub mod ask;
pub mod board;
pub mod browser;
pub mod datagrams;
pub mod emulator;
pub mod engine;
pub mod folder;
pub mod follower;
pub mod hub;
pub mod liar;
pub mod neighbour;
pub mod oscore;
pub mod program;
pub mod qmp;
pub mod relay;
pub mod secure;
pub mod server;
pub mod vectors;
pub mod web;

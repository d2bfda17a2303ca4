//! A device in virtual time.

mod directory;
mod log;
mod node;
mod observe;
mod parts;
mod power;
mod push;
mod serve;
mod server;
mod world;

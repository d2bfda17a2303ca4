//! A device in virtual time.

mod directory;
mod log;
mod observe;
mod parts;
mod power;
mod push;
mod serve;
mod server;
mod world;

//! A device in virtual time.

#[cfg(feature = "oscore")]
mod asker;
mod directory;
mod group;
mod log;
mod node;
mod observe;
#[cfg(feature = "oscore")]
mod oscore;
mod parts;
mod power;
mod push;
mod serve;
mod server;
mod world;

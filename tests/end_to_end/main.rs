//! The `twite` binary from outside: as a server, as a client, as a process that is killed.

mod addresses;
mod bench;
mod blocks;
mod command_line;
mod configuration;
mod duplicates;
mod durability;
mod fetch;
mod formats;
mod hostile;
mod multicast;
mod observe;
mod patch;
mod plugtest;
mod rest;

//! The `twite` binary from outside: as a server, as a client, as a process that is killed.

mod addresses;
mod amplification;
mod bench;
mod blocks;
mod command_line;
mod configuration;
mod device;
mod duplicates;
mod durability;
mod fetch;
mod formats;
mod freshness;
mod hostile;
mod http;
mod keygen;
mod matrix;
mod multicast;
mod observe;
mod oscore;
mod patch;
mod plugtest;
mod policy;
mod proxy;
mod rest;
mod scenarios;
mod workers;

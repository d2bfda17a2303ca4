//! The `twite` binary from outside: as a server, as a client, as a process that is killed.

mod addresses;
mod duplicates;
mod formats;
mod hostile;
mod rest;

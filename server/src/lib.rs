//! Twite on hosts: the server, its store and the command line client.
#![forbid(unsafe_code)]

pub mod serve;

//! Twite on hosts: the server and the command line client around the `twite` library.
//!
//! From the bottom up, imports go down only: [`clock`], [`formats`], [`logging`], [`cbor`] and [`uri`] know none of the
//! others; [`notation`] and [`transcode`] stand on [`cbor`], [`merge`] on both, [`config`] on [`logging`], [`trace`] and [`http`] on [`formats`],
//! [`policy`] (with files as [`private`] reads them) on [`config`] and the paths of [`store`];
//! [`client`] is the shared endpoint on a socket, [`mod@bench`] a load generator on sockets of its own, and [`cli`] and
//! [`serve`] are the two programs on top.
#![forbid(unsafe_code)]

pub mod bench;
pub mod cbor;
pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod formats;
pub mod http;
pub mod logging;
pub mod merge;
pub mod notation;
pub mod policy;
pub mod private;
pub mod serve;
pub mod store;
pub mod trace;
pub mod transcode;
pub mod uri;

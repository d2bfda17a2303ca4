//! Twite on hosts: the server and the command line client around the `twite` library.
//!
//! From the bottom up, imports go down only: [`clock`], [`formats`], `hexadecimal`, [`logging`], [`cbor`], [`private`] and
//! [`uri`] know none of the others; [`proxy`] stands on [`uri`] and [`http`], [`notation`] and [`transcode`] on [`cbor`], [`merge`] on
//! both, [`pattern`] on the paths of [`store`], [`model`] on [`merge`] and [`pattern`], [`config`] on [`logging`], [`model`] and
//! [`proxy`], [`trace`] and [`http`] on [`formats`] and [`cbor`], [`directory`] on [`http`], [`oscore`] and [`policy`] on
//! [`config`], [`describe`] on that, on [`http`] and on [`directory`];
//! [`client`] is the shared endpoint on a socket, [`mod@bench`] a load generator on sockets of its own, and [`cli`] and
//! [`serve`] are the two programs on top.
#![forbid(unsafe_code)]

pub mod bench;
pub mod cbor;
pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod describe;
pub mod directory;
pub mod formats;
mod hexadecimal;
pub mod http;
pub mod logging;
pub mod merge;
pub mod model;
pub mod notation;
pub mod oscore;
pub mod pattern;
pub mod policy;
pub mod private;
pub mod proxy;
pub mod serve;
pub mod store;
pub mod trace;
pub mod transcode;
pub mod uri;

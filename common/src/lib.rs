//! REST for constrained devices over CoAP (RFC 7252): the library both sides share.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable
    )
)]

pub mod base;
pub mod catalog;
pub mod endpoint;
pub mod exchange;
#[cfg(feature = "oscore")]
pub mod oscore;
pub mod reliability;
pub mod resource;
pub mod service;
pub mod wire;

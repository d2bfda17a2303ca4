//! `twite serve`.

pub mod fixture;
mod memory;
mod socket;

//! Twite and other implementations talk to each other.

mod aiocoap;
mod libcoap;
mod oscore;
mod oscore_client;
mod peer;

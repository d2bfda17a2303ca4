//! Our wire format against coap-lite's, each the other's judge.

mod read;
mod sample;
mod write;

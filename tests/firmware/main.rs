//! The firmware image in an emulated board, used by clients over its Ethernet controller.

mod budget;
mod clients;
mod load;
mod observers;
mod resets;
mod sleep;

//! The firmware image in an emulated board, used by clients over its Ethernet controller.

mod budget;
mod clients;
mod ethernet;
mod failures;
mod load;
mod neighbours;
mod observers;
mod oscore;
mod pair;
mod pushes;
mod resets;
mod sleep;
mod virt;

//! The `twite` command.
fn main() {}

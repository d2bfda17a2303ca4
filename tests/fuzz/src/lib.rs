//! What the fuzz targets share.

pub mod board;
pub mod bytes;
pub mod parts;

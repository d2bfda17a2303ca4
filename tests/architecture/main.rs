//! The architecture of `common` and `server`, checked on their sources.

mod boards;
mod budget;
mod commands;
mod files;
mod floors;
mod imports;
mod panics;
mod promises;
mod rings;
mod source;

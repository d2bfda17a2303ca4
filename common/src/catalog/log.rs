//! What a node noted lately.

use crate::resource::{Document, Name, Removable, Resource};

/// `nodes/{id}/log`: the newest lines of a node's log as text, DELETE to empty it.
#[derive(Debug)]
pub struct Log;

impl Resource for Log {
    const PATH: &'static str = "nodes/{id}/log";
    type Key = Name;
    const TYPE: &'static str = "log";
    const INTERFACE: &'static str = "core.p";
    const TITLE: &'static str = "Log";
}

impl Document for Log {
    /// Plain text in UTF-8.
    const FORMAT: u16 = 0;
}

impl Removable for Log {}

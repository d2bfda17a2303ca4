//! Lists come in pages.

use super::key::Key;

/// Which entries of a list are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Those after this key; `None` starts at the first.
    pub after: Option<Key>,
    /// At most this many; a store may give fewer. **An empty page ends the list**, a short one need not.
    pub limit: usize,
}

impl Page {
    /// The most entries a store gives at once.
    pub const MAX: usize = 1024;
}

impl Default for Page {
    fn default() -> Self {
        Self { after: None, limit: Self::MAX }
    }
}

//! The memory of an endpoint's security contexts, lent by its owner.

use super::bound::Bound;
#[cfg(feature = "limits")]
use super::storage::ANSWER;
use crate::base::{FixedTable, Lent};
use crate::oscore::{Context, Identifier};
#[cfg(feature = "limits")]
use crate::reliability::{Origin, Remembered};

/// A context with what tells it from one that had its place before.
#[derive(Clone, Debug)]
pub struct SecurityRecord {
    pub(super) context: Context,
    pub(super) serial: u16,
}

/// How an observation was protected.
#[derive(Clone, Copy, Debug, Default)]
pub struct ObserverSecurity(pub(super) Option<Bound>);

/// Memory for the contexts of an endpoint. Without the feature `limits` requests that were verified are remembered where all
/// others are.
#[derive(Debug)]
pub struct SecurityStorage<'s> {
    /// The contexts, at most 65 535, by the recipient ID.
    pub contexts: Lent<'s, Identifier, SecurityRecord>,
    /// One for each observation; without them nobody can observe under a context.
    pub observers: &'s mut [ObserverSecurity],
    /// Verified requests that were answered and may be done again, among them those that are safe: a repetition cannot be
    /// opened again.
    #[cfg(feature = "limits")]
    pub repeatable: Lent<'s, Origin, Remembered>,
    /// Verified requests that were answered and must be done once.
    #[cfg(feature = "limits")]
    pub once: Lent<'s, Origin, Remembered>,
    /// Answers to the former.
    #[cfg(feature = "limits")]
    pub answers: &'s mut [u8],
    /// Answers to the latter.
    #[cfg(feature = "limits")]
    pub once_answers: &'s mut [u8],
    /// A message before it is protected: as long as the longest message.
    pub plain: &'s mut [u8],
}

/// Memory of fixed size for `CONTEXTS` contexts, `EXCHANGES` observations and as many answers that are remembered of each
/// kind, with messages of `MESSAGE` bytes. Before it is lent it is all zeros, so that a static of it costs no flash.
#[derive(Debug)]
pub struct FixedSecurity<const CONTEXTS: usize, const EXCHANGES: usize, const MESSAGE: usize> {
    contexts: FixedTable<Identifier, SecurityRecord, CONTEXTS>,
    observers: heapless::Vec<ObserverSecurity, EXCHANGES>,
    #[cfg(feature = "limits")]
    repeatable: FixedTable<Origin, Remembered, EXCHANGES>,
    #[cfg(feature = "limits")]
    once: FixedTable<Origin, Remembered, EXCHANGES>,
    #[cfg(feature = "limits")]
    answers: [[u8; ANSWER]; EXCHANGES],
    #[cfg(feature = "limits")]
    once_answers: [[u8; ANSWER]; EXCHANGES],
    plain: [u8; MESSAGE],
}

impl<const CONTEXTS: usize, const EXCHANGES: usize, const MESSAGE: usize>
    FixedSecurity<CONTEXTS, EXCHANGES, MESSAGE>
{
    /// Memory with nothing in it.
    pub const fn new() -> Self {
        Self {
            contexts: FixedTable::new(),
            observers: heapless::Vec::new(),
            #[cfg(feature = "limits")]
            repeatable: FixedTable::new(),
            #[cfg(feature = "limits")]
            once: FixedTable::new(),
            #[cfg(feature = "limits")]
            answers: [[0; ANSWER]; EXCHANGES],
            #[cfg(feature = "limits")]
            once_answers: [[0; ANSWER]; EXCHANGES],
            plain: [0; MESSAGE],
        }
    }

    /// Lends it to an endpoint.
    pub fn lend(&mut self) -> SecurityStorage<'_> {
        self.observers.clear();
        while self.observers.push(ObserverSecurity(None)).is_ok() {}
        SecurityStorage {
            contexts: self.contexts.lend(),
            observers: &mut self.observers,
            #[cfg(feature = "limits")]
            repeatable: self.repeatable.lend(),
            #[cfg(feature = "limits")]
            once: self.once.lend(),
            #[cfg(feature = "limits")]
            answers: self.answers.as_flattened_mut(),
            #[cfg(feature = "limits")]
            once_answers: self.once_answers.as_flattened_mut(),
            plain: &mut self.plain,
        }
    }
}

impl<const CONTEXTS: usize, const EXCHANGES: usize, const MESSAGE: usize> Default
    for FixedSecurity<CONTEXTS, EXCHANGES, MESSAGE>
{
    fn default() -> Self {
        Self::new()
    }
}

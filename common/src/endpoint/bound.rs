//! How a request was protected, and so has to be whatever answers it.

#[cfg(feature = "oscore")]
use crate::oscore::{Awaited, Binding};

/// Stands for a security context of an endpoint.
#[cfg(feature = "oscore")]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ContextId {
    pub(super) index: u16,
    /// Tells it from one that had its place before.
    pub(super) serial: u16,
}

#[cfg(feature = "oscore")]
impl ContextId {
    /// Its place among the contexts of the endpoint: below their capacity.
    pub const fn number(self) -> usize {
        self.index as usize
    }
}

/// The context of a request, and the request.
#[cfg(feature = "oscore")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    pub(super) context: ContextId,
    pub(super) binding: Binding,
}

#[cfg(feature = "oscore")]
impl Bound {
    /// The context.
    pub(super) const fn context(self) -> ContextId {
        self.context
    }

    /// A number that no other context has, and not 0.
    pub(super) const fn scope(self) -> u64 {
        1 << 32 | (self.context.index as u64) << 16 | self.context.serial as u64
    }
}

/// How a request of ours is protected, and so has to be its response.
#[cfg(feature = "oscore")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking {
    pub(super) context: ContextId,
    pub(super) awaited: Awaited,
}

/// There is no such request where nothing is protected.
#[cfg(not(feature = "oscore"))]
#[derive(Clone, Copy, Debug)]
pub(super) enum Bound {}

#[cfg(not(feature = "oscore"))]
impl Bound {
    pub(super) const fn scope(self) -> u64 {
        match self {}
    }

    pub(super) const fn context(self) -> u64 {
        match self {}
    }
}

/// Nor is there one of ours.
#[cfg(not(feature = "oscore"))]
#[derive(Clone, Copy, Debug)]
pub(super) enum Asking {}

//! What ties responses to their request, RFC 8613 §5.2, §7.4.1 and §8.3.

use super::{PartialIv, Refusal};

/// The request that a server responds to. Its Partial IV is authenticated with every response; its nonce may protect one
/// of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Binding {
    partial_iv: PartialIv,
    is_spent: bool,
}

impl Binding {
    /// To the request with this number.
    pub(super) const fn new(partial_iv: PartialIv) -> Self {
        Self { partial_iv, is_spent: false }
    }

    /// The number of the request.
    pub const fn partial_iv(&self) -> PartialIv {
        self.partial_iv
    }

    /// Whether the nonce of the request was used by a response, or must not be.
    pub const fn is_spent(&self) -> bool {
        self.is_spent
    }

    /// From now on every response needs a number of its own.
    pub const fn spend(&mut self) {
        self.is_spent = true;
    }
}

/// The request that a client awaits responses to. One may come without a Partial IV; of those with one, each must have a
/// larger one than all before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Awaited {
    partial_iv: PartialIv,
    is_answered: bool,
    newest: Option<PartialIv>,
}

impl Awaited {
    /// To the request with this number.
    pub(super) const fn new(partial_iv: PartialIv) -> Self {
        Self { partial_iv, is_answered: false, newest: None }
    }

    /// The number of the request.
    pub const fn partial_iv(&self) -> PartialIv {
        self.partial_iv
    }

    /// Whether a response was verified: the other side has the context.
    pub const fn is_answered(&self) -> bool {
        self.is_answered || self.newest.is_some()
    }

    /// Whether a response with this number, or without one, can be new.
    pub(super) fn check(&self, own: Option<PartialIv>) -> Result<(), Refusal> {
        let is_new = match (own, self.newest) {
            (None, _) => !self.is_answered,
            (Some(own), Some(newest)) => own.number() > newest.number(),
            (Some(_), None) => true,
        };
        if is_new { Ok(()) } else { Err(Refusal::Replay) }
    }

    /// A response with this number, or without one, was verified.
    pub(super) const fn take(&mut self, own: Option<PartialIv>) {
        match own {
            None => self.is_answered = true,
            Some(_) => self.newest = own,
        }
    }
}

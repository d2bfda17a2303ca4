//! Patches whose results are on their way to the store, kept for when the resource changes meanwhile: bounded.

use std::collections::HashMap;

use twite::endpoint::Ticket;

use super::patch::{Patch, conflict};
use super::refusal::Refusal;
use super::site::Site;
use crate::store::Write;

/// Bytes of patches that are kept; beyond that a patch has one attempt.
const BYTES: usize = 16 << 20;

/// Patches by the numbers of their tickets.
#[derive(Debug, Default)]
pub(super) struct Retries {
    patches: HashMap<usize, Attempt>,
    bytes: usize,
    /// Those that wait for the replica.
    stalled: Vec<(Ticket, Option<u16>)>,
}

/// A patch on its way.
#[derive(Debug)]
pub(super) enum Attempt {
    /// It can be applied again.
    Repeatable(Box<Patch>),
    /// There was no room to keep it.
    Only,
}

/// A request whose patch met a newer state than this thread's replica shows.
#[derive(Debug)]
pub(super) struct Stalled {
    /// Waits for an answer.
    pub(super) ticket: Ticket,
    /// The only format the client wants.
    pub(super) accept: Option<u16>,
    /// What is kept of the patch.
    pub(super) attempt: Attempt,
}

impl Retries {
    /// Keeps the patch of this ticket if there is room.
    pub(super) fn keep(&mut self, ticket: usize, patch: Box<Patch>) {
        let fits = self.bytes + patch.size() <= BYTES;
        self.bytes += if fits { patch.size() } else { 0 };
        self.patches.insert(ticket, if fits { Attempt::Repeatable(patch) } else { Attempt::Only });
    }

    /// The write of this ticket is decided for good.
    pub(super) fn forget(&mut self, ticket: usize) {
        self.take(ticket);
    }

    /// The resource is not any more what this patch was applied to. Whether there is such a patch: it is applied
    /// again when [`resume`](Self::resume) finds that the replica shows a newer state.
    pub(super) fn stall(&mut self, ticket: Ticket, accept: Option<u16>) -> bool {
        let known = self.patches.contains_key(&ticket.number());
        if known {
            self.stalled.push((ticket, accept));
        }
        known
    }

    /// The next patch that can be applied to another state than before, or cannot be applied again at all.
    pub(super) fn resume(&mut self, site: &Site) -> Option<Stalled> {
        let position =
            self.stalled.iter().position(|(ticket, _)| match self.patches.get(&ticket.number()) {
                Some(Attempt::Repeatable(patch)) => site.has_news(patch),
                Some(Attempt::Only) | None => true,
            })?;
        let (ticket, accept) = self.stalled.remove(position);
        let attempt = self.take(ticket.number()).unwrap_or(Attempt::Only);
        Some(Stalled { ticket, accept, attempt })
    }

    fn take(&mut self, ticket: usize) -> Option<Attempt> {
        let attempt = self.patches.remove(&ticket)?;
        if let Attempt::Repeatable(patch) = &attempt {
            self.bytes -= patch.size();
        }
        Some(attempt)
    }
}

impl Attempt {
    /// The write for the resource as it is by now.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn again(self, site: &Site) -> Result<(Write, Box<Patch>), Refusal> {
        match self {
            Self::Repeatable(mut patch) => site.apply_patch(&mut patch).map(|write| (write, patch)),
            Self::Only => Err(conflict()),
        }
    }
}

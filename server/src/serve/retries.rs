//! Patches that wait for their turn or for the store, kept for when the resource changes meanwhile: bounded.

use foldhash::HashMap;

use twite::endpoint::Ticket;

use super::patch::{Patch, conflict};
use super::refusal::Refusal;
use super::site::Site;
use super::turns::Turn;
use crate::store::Write;

/// Bytes of patches that are kept; beyond that a patch has one attempt.
const BYTES: usize = 16 << 20;

/// Patches by the numbers of their tickets.
#[derive(Debug, Default)]
pub(super) struct Retries {
    attempts: HashMap<usize, Attempt>,
    bytes: usize,
    /// Those that wait for their turn or for the replica.
    stalled: Vec<(Ticket, Option<u16>)>,
}

/// A patch on its way.
#[derive(Debug)]
pub(super) struct Attempt {
    /// Its place among the patches of the resource.
    pub(super) turn: Turn,
    /// `None` if there was no room to keep it.
    pub(super) patch: Option<Box<Patch>>,
}

/// A request whose patch can go on.
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
    pub(super) fn keep(&mut self, ticket: usize, mut attempt: Attempt) {
        let room = BYTES - self.bytes;
        attempt.patch = attempt.patch.filter(|patch| patch.size() <= room);
        self.bytes += attempt.size();
        self.attempts.insert(ticket, attempt);
    }

    /// The write of this ticket is decided for good; the place of its patch, if it was one.
    pub(super) fn forget(&mut self, ticket: usize) -> Option<Turn> {
        self.take(ticket).map(|attempt| attempt.turn)
    }

    /// The patch of this ticket cannot go on: it is not its turn, or the resource is not any more what it was
    /// applied to. Whether there is such a patch; [`resume`](Self::resume) gives it back.
    pub(super) fn stall(&mut self, ticket: Ticket, accept: Option<u16>) -> bool {
        let known = self.attempts.contains_key(&ticket.number());
        if known {
            self.stalled.push((ticket, accept));
        }
        known
    }

    /// The next patch whose turn it is and that finds another state than before, or that was not kept.
    pub(super) fn resume(&mut self, site: &Site) -> Option<Stalled> {
        let position = self.stalled.iter().position(|(ticket, _)| {
            self.attempts.get(&ticket.number()).is_some_and(|attempt| attempt.can_go_on(site))
        })?;
        let (ticket, accept) = self.stalled.remove(position);
        Some(Stalled { ticket, accept, attempt: self.take(ticket.number())? })
    }

    fn take(&mut self, ticket: usize) -> Option<Attempt> {
        let attempt = self.attempts.remove(&ticket)?;
        self.bytes -= attempt.size();
        Some(attempt)
    }
}

impl Attempt {
    /// The write for the resource as it is by now.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn again(&mut self, site: &Site) -> Result<Write, Refusal> {
        self.patch.as_mut().ok_or_else(conflict).and_then(|patch| site.apply_patch(patch))
    }

    /// Whether it is its turn, and it finds another state than before or was not kept.
    pub(super) fn can_go_on(&self, site: &Site) -> bool {
        let Some(patch) = &self.patch else { return true };
        site.turns.has_come(&self.turn) && site.has_news(patch)
    }

    fn size(&self) -> usize {
        self.patch.as_ref().map_or(0, |patch| patch.size())
    }
}

//! Answers that are given after a while, by the clock of the loop that looks here.

use std::collections::VecDeque;

use twite::base::{Duration, Instant};
use twite::endpoint::Ticket;

/// An answer to be given later.
#[derive(Clone, Copy, Debug)]
pub(in crate::serve) struct Later {
    /// What it answers.
    pub(in crate::serve) ticket: Ticket,
    /// When it is due.
    pub(in crate::serve) due: Instant,
    /// The text.
    pub(in crate::serve) text: &'static [u8],
}

/// How long they all wait.
pub(super) const DELAY: Duration = Duration::from_secs(1);

/// The answers that wait, in the order in which they are due.
#[derive(Debug, Default)]
pub(in crate::serve) struct Waiting(VecDeque<Later>);

/// So many may wait.
const MOST: usize = 256;

impl Waiting {
    /// Adds an answer; gives it back if there are too many.
    pub(in crate::serve) fn push(&mut self, later: Later) -> Result<(), Later> {
        if self.0.len() == MOST {
            return Err(later);
        }
        self.0.push_back(later);
        Ok(())
    }

    /// When the first one is due.
    pub(in crate::serve) fn due(&self) -> Option<Instant> {
        self.0.front().map(|later| later.due)
    }

    /// One that is due.
    pub(in crate::serve) fn pop(&mut self, now: Instant) -> Option<Later> {
        self.due().filter(|due| *due <= now).and_then(|_| self.0.pop_front())
    }
}

//! What a policy takes away from who had it under the one before.

use super::{Caller, Policy, Proof};

/// Who may do other things than before.
#[derive(Debug)]
pub struct Withdrawal<'p> {
    before: &'p Policy,
    after: &'p Policy,
    /// Who they were, and who they are now.
    changed: Vec<(Caller, Caller)>,
}

/// With more of them, everything counts as taken away: that is seen sooner than who has lost what.
const LOOKED_AT: usize = 64;

impl<'p> Withdrawal<'p> {
    /// Compares two policies, the earlier one first.
    pub fn between(before: &'p Policy, after: &'p Policy) -> Self {
        let anonymous = (Caller::ANONYMOUS, Caller::ANONYMOUS);
        let contexts = before.contexts.iter().map(|(name, then)| (*then, after.caller(Proof::Oscore(name))));
        let held = |hash| after.holder(hash).unwrap_or(Caller::UNNAMED);
        let tokens = before.tokens.iter().map(|(hash, then)| (*then, held(hash)));
        let mut changed = Vec::new();
        for (then, now) in [anonymous].into_iter().chain(contexts).chain(tokens) {
            let differs = before.permissions(then) != after.permissions(now);
            if differs && !changed.contains(&(then, now)) && changed.len() <= LOOKED_AT {
                changed.push((then, now));
            }
        }
        Self { before, after, changed }
    }

    /// Whether somebody who could GET what is at the path cannot any more, as far as that was looked at.
    pub fn has(&self, path: &str) -> bool {
        let lost =
            |(then, now): &(Caller, Caller)| self.before.shows(*then, path) && !self.after.shows(*now, path);
        self.changed.len() > LOOKED_AT || self.changed.iter().any(lost)
    }
}

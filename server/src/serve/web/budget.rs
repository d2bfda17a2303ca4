//! Something there is only so much of.

use std::cell::Cell;
use std::rc::Rc;

/// So much of something, lent in shares.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    limit: usize,
    used: Rc<Cell<usize>>,
}

/// A share of a budget, given back on drop.
#[derive(Debug)]
pub(super) struct Share {
    used: Rc<Cell<usize>>,
    size: usize,
    limit: usize,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, used: Rc::new(Cell::new(0)) }
    }

    /// A share of this size; `None` if there is not so much.
    pub(super) fn take(&self, size: usize) -> Option<Share> {
        let mut share = Share { used: Rc::clone(&self.used), size: 0, limit: self.limit };
        share.grow(size).then_some(share)
    }

    /// How much is lent.
    pub(super) fn used(&self) -> usize {
        self.used.get()
    }
}

impl Share {
    /// Makes the share greater; whether there is so much.
    pub(super) fn grow(&mut self, by: usize) -> bool {
        let used = self.used.get().saturating_add(by);
        if used > self.limit {
            return false;
        }
        self.used.set(used);
        self.size += by;
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.used.set(self.used.get() - self.size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_lent_than_there_is_and_what_is_dropped_comes_back() {
        let budget = Budget::new(10);
        let mut one = budget.take(4).expect("room");
        assert!(one.grow(6) && !one.grow(1) && budget.take(1).is_none());
        assert_eq!(budget.used(), 10);
        drop(one);
        assert_eq!((budget.used(), budget.take(11).is_none(), budget.used()), (0, true, 0));
        assert!(budget.take(10).is_some());
    }
}

//! Which resources changed, for all listeners of a thread: bounded, and nobody waits for anybody.

use std::collections::VecDeque;

/// The latest changes, by the numbers of their resources.
#[derive(Debug, Default)]
pub(super) struct Changes {
    latest: VecDeque<u64>,
    /// The position of the first one kept.
    start: u64,
}

/// A listener that is further behind looks at everything it has observers of.
const KEPT: usize = 4_096;

/// What a listener missed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Missed {
    /// These resources changed.
    Some(Vec<u64>),
    /// More than is known one by one.
    Everything,
}

impl Changes {
    /// A resource changed.
    pub(super) fn note(&mut self, resource: u64) {
        if self.latest.len() == KEPT {
            self.latest.pop_front();
            self.start += 1;
        }
        self.latest.push_back(resource);
    }

    /// Anything may have changed.
    pub(super) fn note_everything(&mut self) {
        self.start = self.end() + 1;
        self.latest.clear();
    }

    /// The position behind the latest change.
    pub(super) fn end(&self) -> u64 {
        self.start + self.latest.len() as u64
    }

    /// What changed since `position`.
    pub(super) fn since(&self, position: u64) -> Missed {
        if position < self.start {
            return Missed::Everything;
        }
        let skip = usize::try_from(position - self.start).unwrap_or(usize::MAX);
        Missed::Some(self.latest.iter().skip(skip).copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_keeps_up_hears_of_each_change_and_who_does_not_of_everything() {
        let mut changes = Changes::default();
        changes.note(7);
        changes.note(8);
        assert_eq!(changes.since(0), Missed::Some(vec![7, 8]));
        assert_eq!(changes.since(1), Missed::Some(vec![8]));
        assert_eq!(changes.since(changes.end()), Missed::Some(vec![]));
        (0..KEPT as u64).for_each(|resource| changes.note(resource));
        assert_eq!(changes.since(1), Missed::Everything);
        assert!(matches!(changes.since(2), Missed::Some(all) if all.len() == KEPT));
        let before = changes.end();
        changes.note_everything();
        assert_eq!(changes.since(before), Missed::Everything);
        assert_eq!(changes.since(changes.end()), Missed::Some(vec![]));
    }
}

//! Which of a few timers is due next: what devices have in place of a heap.

use super::time::Instant;

/// One timer's place.
#[derive(Clone, Copy, Debug)]
pub struct DeadlineSlot(
    /// One more than the microseconds of when it is due; 0 if it is not set.
    u64,
);

impl DeadlineSlot {
    /// A timer that is not set: all zeros, so that a static of it costs no flash.
    pub const UNSET: Self = Self(0);
}

/// Timers numbered from 0, each set at most once; the next one is found by looking at all.
#[derive(Debug)]
pub struct Deadlines<'s> {
    slots: &'s mut [DeadlineSlot],
}

impl<'s> Deadlines<'s> {
    /// As many timers as slots were lent, none set.
    pub fn new(slots: &'s mut [DeadlineSlot]) -> Self {
        slots.fill(DeadlineSlot::UNSET);
        Self { slots }
    }

    /// The earliest timer: its number and when it is due.
    pub fn next(&self) -> Option<(usize, Instant)> {
        let set = self
            .slots
            .iter()
            .enumerate()
            .filter_map(|(number, slot)| Some((number, Instant::from_micros(slot.0.checked_sub(1)?))));
        set.min_by_key(|(_, at)| *at)
    }

    /// Sets or moves timer `number`.
    pub fn set(&mut self, number: usize, at: Instant) {
        if let Some(slot) = self.slots.get_mut(number) {
            slot.0 = at.as_micros().saturating_add(1);
        }
    }

    /// Clears timer `number`, if it was set.
    pub fn clear(&mut self, number: usize) {
        if let Some(slot) = self.slots.get_mut(number) {
            *slot = DeadlineSlot::UNSET;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DeadlineSlot, Deadlines};
    use crate::base::Instant;

    #[test]
    fn the_earliest_is_next() {
        let mut slots = [DeadlineSlot(9); 3];
        let mut deadlines = Deadlines::new(&mut slots);
        let at = Instant::from_millis;
        assert_eq!(deadlines.next(), None);
        deadlines.set(1, at(5));
        deadlines.set(2, at(3));
        assert_eq!(deadlines.next(), Some((2, at(3))));
        deadlines.set(2, at(7));
        assert_eq!(deadlines.next(), Some((1, at(5))));
        deadlines.set(0, at(0));
        assert_eq!(deadlines.next(), Some((0, at(0))));
        deadlines.clear(0);
        deadlines.clear(1);
        deadlines.clear(9);
        deadlines.set(9, at(1));
        assert_eq!(deadlines.next(), Some((2, at(7))));
    }
}

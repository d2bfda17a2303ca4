//! Which of many timers is due next: a binary heap on lent memory.

use super::time::Instant;

const NONE: u32 = u32::MAX;

/// One timer's place.
#[derive(Clone, Copy, Debug)]
pub struct DeadlineSlot {
    /// The heap: which timer stands at this position.
    timer: u32,
    /// One more than where timer number `i` stands in the heap, or 0.
    position: u32,
    at: Instant,
}

impl DeadlineSlot {
    /// A timer that is not set: all zeros, so that a static of it costs no flash.
    pub const UNSET: Self = Self { timer: 0, position: 0, at: Instant::from_micros(0) };
}

/// Timers numbered from 0, each set at most once; setting and clearing cost the logarithm of those set.
#[derive(Debug)]
pub struct Deadlines<'s> {
    slots: &'s mut [DeadlineSlot],
    len: usize,
}

impl<'s> Deadlines<'s> {
    /// As many timers as slots were lent, none set.
    pub fn new(slots: &'s mut [DeadlineSlot]) -> Self {
        slots.fill(DeadlineSlot::UNSET);
        Self { slots, len: 0 }
    }

    /// The earliest timer: its number and when it is due.
    #[inline]
    pub fn next(&self) -> Option<(usize, Instant)> {
        if self.len == 0 {
            return None;
        }
        let timer = self.slots.first()?.timer;
        Some((timer as usize, self.slots.get(timer as usize)?.at))
    }

    /// Sets or moves timer `number`.
    pub fn set(&mut self, number: usize, at: Instant) {
        let Some(slot) = self.slots.get_mut(number) else { return };
        slot.at = at;
        let position = if slot.position == 0 {
            self.len += 1;
            self.place(self.len - 1, number as u32);
            self.len - 1
        } else {
            slot.position as usize - 1
        };
        self.settle(position);
    }

    /// Clears timer `number`, if it was set.
    pub fn clear(&mut self, number: usize) {
        let Some(slot) = self.slots.get_mut(number) else { return };
        let Some(position) = (slot.position as usize).checked_sub(1) else { return };
        slot.position = 0;
        self.len -= 1;
        if position < self.len {
            let last = self.timer(self.len);
            self.place(position, last);
            self.settle(position);
        }
    }

    fn settle(&mut self, position: usize) {
        let position = self.rise(position);
        self.sink(position);
    }

    fn rise(&mut self, mut position: usize) -> usize {
        while position > 0 {
            let parent = (position - 1) / 2;
            if self.due(parent) <= self.due(position) {
                break;
            }
            self.swap(parent, position);
            position = parent;
        }
        position
    }

    fn sink(&mut self, mut position: usize) {
        loop {
            let left = 2 * position + 1;
            if left >= self.len {
                return;
            }
            let right = left + 1;
            let child = if right < self.len && self.due(right) < self.due(left) { right } else { left };
            if self.due(position) <= self.due(child) {
                return;
            }
            self.swap(position, child);
            position = child;
        }
    }

    fn timer(&self, position: usize) -> u32 {
        self.slots.get(position).map_or(NONE, |slot| slot.timer)
    }

    fn due(&self, position: usize) -> Option<Instant> {
        self.slots.get(self.timer(position) as usize).map(|slot| slot.at)
    }

    fn swap(&mut self, one: usize, other: usize) {
        let (first, second) = (self.timer(one), self.timer(other));
        self.place(one, second);
        self.place(other, first);
    }

    fn place(&mut self, position: usize, timer: u32) {
        if let Some(slot) = self.slots.get_mut(position) {
            slot.timer = timer;
        }
        if let Some(slot) = self.slots.get_mut(timer as usize) {
            slot.position = position as u32 + 1;
        }
    }
}

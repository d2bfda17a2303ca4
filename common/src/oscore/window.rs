//! Which requests came before, RFC 8613 §7.4.

/// A replay window over the 32 newest numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// One more than the largest number seen.
    next: u64,
    /// Which of the 32 below it were seen: the lowest bit stands for `next - 1`.
    seen: u32,
    is_known: bool,
}

impl Window {
    /// How many numbers it spans.
    pub const SIZE: u64 = 32;
    /// Of a context that never was used: nothing was seen.
    pub const EMPTY: Self = Self { next: 0, seen: 0, is_known: true };
    /// After a restart: nobody knows what was seen, and nothing is accepted (App. B.1.2).
    pub const UNKNOWN: Self = Self { next: 0, seen: 0, is_known: false };

    /// Whether it is known what was seen.
    pub const fn is_known(&self) -> bool {
        self.is_known
    }

    /// Whether this number is new: neither seen nor older than the window.
    pub const fn is_new(&self, number: u64) -> bool {
        if !self.is_known {
            return false;
        }
        match self.next.checked_sub(number) {
            None | Some(0) => true,
            Some(age @ 1..=Self::SIZE) => self.seen >> (age - 1) & 1 == 0,
            Some(_) => false,
        }
    }

    /// Takes a number as seen: only after its message was verified (§8.2 step 7). Whether it was new.
    pub const fn take(&mut self, number: u64) -> bool {
        if !self.is_new(number) {
            return false;
        }
        if number >= self.next {
            let shift = number - self.next + 1;
            self.seen = if shift >= Self::SIZE { 0 } else { self.seen << shift };
            self.next = number + 1;
        }
        self.seen |= 1 << (self.next - 1 - number);
        true
    }

    /// Starts at the number of a request that was verified and is fresh: whatever is older counts as seen
    /// (App. B.1.2).
    pub const fn start(&mut self, number: u64) {
        *self = Self { next: number + 1, seen: u32::MAX, is_known: true };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appendix_b_1_2_nothing_is_new_until_it_starts_and_then_nothing_older() {
        let mut window = Window::UNKNOWN;
        assert!(!window.is_new(5) && !window.take(5));
        window.start(40);
        let new = [0, 9, 39, 40, 41].map(|number| window.is_new(number));
        assert_eq!(new, [false, false, false, false, true]);
    }

    #[test]
    fn a_jump_by_the_whole_window_leaves_nothing_of_it() {
        let mut window = Window::EMPTY;
        assert!(window.take(0) && window.take(32));
        assert!(window.is_new(1) && !window.is_new(0) && !window.is_new(32));
        assert!(window.take(31) && window.take(63) && !window.is_new(31) && window.is_new(33));
    }
}

//! The newest lines of a log, in a ring of bytes.

use crate::decimal::Decimal;

/// How many bytes of lines are kept.
const CAPACITY: usize = 512;

/// Lines of text; the oldest make room for new ones.
#[derive(Debug)]
pub(crate) struct Lines {
    bytes: [u8; CAPACITY],
    /// Where the oldest line begins.
    start: usize,
    length: usize,
    /// Another number for another text: the run, and how many bytes were ever written.
    version: u64,
}

impl Lines {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; CAPACITY], start: 0, length: 0, version: 1 }
    }

    /// Adds the line `seconds text`. What does not fit the ring at all is cut.
    pub(crate) fn add(&mut self, seconds: u64, text: &str) {
        let time = Decimal::padded(seconds, 1);
        let pieces = [time.as_bytes(), b" ", text.as_bytes(), b"\n"];
        let wanted: usize = pieces.iter().map(|piece| piece.len()).sum();
        while self.length > 0 && self.length + wanted > CAPACITY {
            self.drop_oldest();
        }
        for &byte in pieces.into_iter().flatten().take(CAPACITY - 1) {
            self.push(byte);
        }
        if wanted > CAPACITY - 1 {
            self.push(b'\n');
        }
    }

    /// Lets the versions of this run differ from those of others.
    pub(crate) const fn begin(&mut self, run: u32) {
        self.version += (run as u64) << 32;
    }

    /// Forgets all lines.
    pub(crate) fn clear(&mut self) {
        self.length = 0;
        self.version += 1;
    }

    pub(crate) const fn version(&self) -> u64 {
        self.version
    }

    /// Writes what lies from `offset` on into `window`; the length of all lines.
    pub(crate) fn render(&self, offset: usize, window: &mut [u8]) -> usize {
        let (wrapped, first) = self.bytes.split_at_checked(self.start).unwrap_or_default();
        let text = first.iter().chain(wrapped).take(self.length).skip(offset);
        for (to, from) in window.iter_mut().zip(text) {
            *to = *from;
        }
        self.length
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut((self.start + self.length) % CAPACITY) {
            *place = byte;
            self.length = (self.length + 1).min(CAPACITY);
            self.version += 1;
        }
    }

    fn drop_oldest(&mut self) {
        while self.length > 0 {
            let byte = self.bytes.get(self.start).copied();
            self.start = (self.start + 1) % CAPACITY;
            self.length -= 1;
            if byte == Some(b'\n') {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    fn text(lines: &Lines) -> String {
        let mut bytes = [0; CAPACITY];
        let length = lines.render(0, &mut bytes);
        String::from_utf8(bytes[..length].to_vec()).expect("text")
    }

    #[test]
    fn whole_lines_make_room() {
        let mut lines = Lines::new();
        for number in 0..500 {
            lines.add(number, "something happened");
            let text = text(&lines);
            assert!(text.len() <= CAPACITY && text.ends_with("something happened\n"), "{text}");
            let numbers: Vec<u64> = text
                .lines()
                .map(|line| line.split(' ').next().expect("a time").parse().expect("digits"))
                .collect();
            let first = numbers[0];
            assert!(numbers.iter().copied().eq(first..=number), "{numbers:?}");
            assert!(number < 30 || numbers.len() > 20);
        }
    }

    #[test]
    fn a_window_is_a_part_of_the_whole() {
        let mut lines = Lines::new();
        (0..60).for_each(|number| lines.add(number, "x"));
        let whole = text(&lines);
        for offset in 0..whole.len() {
            let mut window = [0; 64];
            assert_eq!(lines.render(offset, &mut window), whole.len());
            let expected = &whole.as_bytes()[offset..(offset + 64).min(whole.len())];
            assert_eq!(&window[..expected.len()], expected);
        }
    }

    #[test]
    fn what_is_too_long_is_cut_and_versions_differ() {
        let mut lines = Lines::new();
        let before = lines.version();
        lines.add(1, &"y".repeat(2 * CAPACITY));
        assert_eq!((text(&lines).len(), text(&lines).ends_with("y\n")), (CAPACITY, true));
        let full = lines.version();
        lines.clear();
        assert!(before < full && full < lines.version());
        assert_eq!(text(&lines), "");
    }
}

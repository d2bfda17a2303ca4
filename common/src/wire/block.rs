//! The value of a Block1 or Block2 option, RFC 7959 §2.2.

/// Which block of a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// Its number, counted in blocks of this size, below 2²⁰.
    pub number: u32,
    /// Whether more follow.
    pub more: bool,
    /// Its size as an exponent from 0 (16 bytes) to 6 (1024 bytes).
    pub exponent: u8,
}

impl Block {
    /// The largest exponent.
    pub const MAX_EXPONENT: u8 = 6;
    /// The largest number.
    pub const MAX_NUMBER: u32 = (1 << 20) - 1;

    /// Reads an option's value; `None` for the reserved exponent 7.
    pub const fn from_option(value: u32) -> Option<Self> {
        let exponent = (value & 0b111) as u8;
        if exponent > Self::MAX_EXPONENT {
            return None;
        }
        Some(Self { number: value >> 4, more: value & 0b1000 != 0, exponent })
    }

    /// The option's value.
    pub const fn to_option(self) -> u32 {
        self.number << 4 | (self.more as u32) << 3 | self.exponent as u32
    }

    /// Bytes in a block of this size.
    pub const fn size(self) -> usize {
        16 << self.exponent
    }

    /// Where in the body it starts, in bytes: below 2³⁰.
    pub const fn offset(self) -> usize {
        (self.number as usize) << (self.exponent + 4)
    }

    /// The block that starts at the same place in a size of at most `exponent`.
    #[must_use]
    pub const fn at_most(self, exponent: u8) -> Self {
        if self.exponent <= exponent {
            return self;
        }
        Self { number: self.number << (self.exponent - exponent), more: self.more, exponent }
    }

    /// The largest exponent whose blocks fit `room` bytes; `None` if not even the smallest does.
    pub const fn exponent_for(room: usize) -> Option<u8> {
        match room.checked_ilog2() {
            Some(log @ 4..=10) => Some(log as u8 - 4),
            Some(11..) => Some(Self::MAX_EXPONENT),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn section_2_2_values_round_trip() {
        for value in [0, 6, 0x0e, 0x16, 0x00ff_fffe] {
            assert_eq!(Block::from_option(value).map(Block::to_option), Some(value));
        }
        assert_eq!(Block::from_option(0x17), None, "exponent 7 is reserved");
        let last = Block { number: Block::MAX_NUMBER, more: false, exponent: 6 };
        assert_eq!(last.offset(), 1_073_740_800);
    }

    #[test]
    fn section_2_4_a_smaller_size_keeps_the_offset() {
        let block = Block { number: 3, more: false, exponent: 6 };
        let smaller = block.at_most(2);
        assert_eq!((smaller.number, smaller.size(), smaller.offset()), (48, 64, block.offset()));
        assert_eq!(block.at_most(6), block);
    }

    #[test]
    fn the_largest_block_for_a_buffer() {
        let exponents = [15, 16, 31, 32, 1023, 1024, 5000].map(Block::exponent_for);
        assert_eq!(exponents, [None, Some(0), Some(0), Some(1), Some(5), Some(6), Some(6)]);
    }
}

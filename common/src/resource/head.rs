//! The head of a CBOR item: initial byte and argument (RFC 8949 §3).

/// Major types of RFC 8949 §3.1.
pub(super) mod major {
    pub(in crate::resource) const UNSIGNED: u8 = 0;
    pub(in crate::resource) const NEGATIVE: u8 = 1;
    pub(in crate::resource) const BYTES: u8 = 2;
    pub(in crate::resource) const TEXT: u8 = 3;
    pub(in crate::resource) const ARRAY: u8 = 4;
    pub(in crate::resource) const MAP: u8 = 5;
    pub(in crate::resource) const TAG: u8 = 6;
    pub(in crate::resource) const SIMPLE: u8 = 7;
}

/// The additional information that says "of indefinite length", or "break" in major type 7.
pub(super) const INDEFINITE: u8 = 31;

/// Initial byte and argument of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The upper three bits of the initial byte.
    pub(super) major: u8,
    /// The lower five bits of the initial byte: never 28 to 30.
    pub(super) information: u8,
    /// The value, length, count, tag number or float bits; 0 when the information is [`INDEFINITE`].
    pub(super) argument: u64,
    /// Bytes that the head takes: 1, 2, 3, 5 or 9.
    pub(super) length: usize,
}

/// Why no head could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeadError {
    /// The bytes end before the head does.
    Truncated,
    /// The additional information is 28, 29 or 30.
    Reserved,
}

impl Head {
    /// Reads the head that `bytes` begin with.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn read(bytes: &[u8]) -> Result<Self, HeadError> {
        let (&initial, rest) = bytes.split_first().ok_or(HeadError::Truncated)?;
        let information = initial & 0x1f;
        if information < 24 {
            let argument = u64::from(information);
            return Ok(Self { major: initial >> 5, information, argument, length: 1 });
        }
        let size = match information {
            INDEFINITE => 0,
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            _ => return Err(HeadError::Reserved),
        };
        let following = rest.get(..size).ok_or(HeadError::Truncated)?;
        let argument = following.iter().fold(0, |value, &byte| (value << 8) | u64::from(byte));
        Ok(Self { major: initial >> 5, information, argument, length: 1 + size })
    }

    /// The integer of 64 bits that the item is.
    pub(super) fn integer(self) -> Option<i64> {
        let argument = i64::try_from(self.argument).ok()?;
        match self.major {
            major::UNSIGNED => Some(argument),
            major::NEGATIVE => Some(-1 - argument),
            _ => None,
        }
    }

    /// Whether the item, or its chunks, go on until a break.
    pub(super) fn is_indefinite(self) -> bool {
        self.information == INDEFINITE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_argument_follows_the_initial_byte_in_network_order() {
        for (bytes, argument, length) in [
            (&[0x17][..], 23, 1),
            (&[0x18, 0x18], 24, 2),
            (&[0x19, 0x01, 0x02], 0x0102, 3),
            (&[0x1a, 1, 2, 3, 4], 0x0102_0304, 5),
            (&[0x1b, 0xff, 0, 0, 0, 0, 0, 0, 1], 0xff00_0000_0000_0001, 9),
        ] {
            let head = Head::read(bytes).expect("a head");
            assert_eq!((head.major, head.argument, head.length), (major::UNSIGNED, argument, length));
        }
    }

    #[test]
    fn a_short_or_reserved_head_is_refused() {
        assert_eq!(Head::read(&[]), Err(HeadError::Truncated));
        assert_eq!(Head::read(&[0x19, 1]), Err(HeadError::Truncated));
        for information in 28..=30 {
            assert_eq!(Head::read(&[information]), Err(HeadError::Reserved));
        }
    }
}

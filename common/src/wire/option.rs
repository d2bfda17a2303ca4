//! The option list, RFC 7252 §3.1 and §5.4.

use super::number;
use crate::base::ByteReader;

/// One option as it stands in the datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RawOption<'a> {
    /// Its number.
    pub number: u16,
    /// Its value, not interpreted.
    pub value: &'a [u8],
}

/// The options of a message that was checked, in the order of their numbers.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    rest: &'a [u8],
    number: u16,
}

impl<'a> Options<'a> {
    /// Over bytes that [`decode`] accepted to their end.
    pub(super) const fn over(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, number: 0 }
    }
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self::over(&[])
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = RawOption<'a>;

    #[inline]
    fn next(&mut self) -> Option<RawOption<'a>> {
        let (number, value, rest) = decode(self.rest, self.number)?;
        *self = Self { rest, number };
        Some(RawOption { number, value })
    }
}

/// The option that follows the one numbered `previous` at the front of `rest`: its number, its value and
/// what comes after; `None` if its bytes break a rule of §3.1 or its number would pass 65535.
#[cfg_attr(not(target_os = "none"), inline(always))]
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn decode(rest: &[u8], previous: u16) -> Option<(u16, &[u8], &[u8])> {
    let (&first, after) = rest.split_first()?;
    let (delta, length) = (first >> 4, first & 0x0f);
    if delta > 12 || length > 12 {
        return decode_extended(rest, previous);
    }
    let (value, after) = after.split_at_checked(usize::from(length))?;
    Some((previous.checked_add(u16::from(delta))?, value, after))
}

/// The same for a delta or length that needs more than its nibble: rare, and out of the way of the others.
#[inline(never)]
fn decode_extended(rest: &[u8], previous: u16) -> Option<(u16, &[u8], &[u8])> {
    let mut reader = ByteReader::new(rest);
    let first = reader.byte()?;
    let delta = extended(&mut reader, first >> 4)?;
    let length = extended(&mut reader, first & 0x0f)?;
    let number = u16::try_from(u32::from(previous) + delta).ok()?;
    let value = reader.take(length as usize)?;
    Some((number, value, reader.rest()))
}

/// The number that a nibble and the bytes behind it stand for (§3.1; of tokens RFC 8974 §2.1).
pub(super) fn extended(reader: &mut ByteReader<'_>, nibble: u8) -> Option<u32> {
    match nibble {
        0..=12 => Some(u32::from(nibble)),
        13 => Some(u32::from(reader.byte()?) + 13),
        14 => Some(u32::from(reader.u16()?) + 269),
        _ => None,
    }
}

/// An unsigned integer option value (§3.2); leading zeros are accepted, more than four bytes are not.
pub fn uint(value: &[u8]) -> Option<u32> {
    if value.len() > 4 {
        return None;
    }
    Some(value.iter().fold(0, |number, &byte| (number << 8) | u32::from(byte)))
}

/// Whether a receiver that does not know the option must refuse the message (§5.4.6: odd numbers).
pub const fn is_critical(number: u16) -> bool {
    number & 1 == 1
}

/// Whether a proxy that does not know the option must not pass it on (§5.4.6: the second bit).
pub const fn is_unsafe(number: u16) -> bool {
    number & 2 != 0
}

/// What the registry says of an option this library understands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Definition {
    /// May occur more than once.
    pub repeatable: bool,
    /// Shortest value in bytes.
    pub min: u16,
    /// Longest value in bytes.
    pub max: u16,
}

/// The definition of option `number` (RFC 7252 §5.10, RFC 7641, 7959, 7967, 8768, 9175).
pub const fn definition(number: u16) -> Option<Definition> {
    const fn once(min: u16, max: u16) -> Option<Definition> {
        Some(Definition { repeatable: false, min, max })
    }
    const fn many(min: u16, max: u16) -> Option<Definition> {
        Some(Definition { repeatable: true, min, max })
    }
    match number {
        number::IF_MATCH => many(0, 8),
        number::URI_HOST => once(1, 255),
        number::ETAG => many(1, 8),
        number::IF_NONE_MATCH => once(0, 0),
        number::OBSERVE => once(0, 3),
        number::URI_PORT | number::CONTENT_FORMAT | number::ACCEPT => once(0, 2),
        number::LOCATION_PATH | number::URI_PATH | number::URI_QUERY | number::LOCATION_QUERY => many(0, 255),
        number::MAX_AGE | number::SIZE1 | number::SIZE2 => once(0, 4),
        number::HOP_LIMIT => once(1, 1),
        number::BLOCK1 | number::BLOCK2 => once(0, 3),
        number::PROXY_URI => once(1, 1034),
        number::PROXY_SCHEME => once(1, 255),
        number::ECHO => once(1, 40),
        number::NO_RESPONSE => once(0, 1),
        number::REQUEST_TAG => many(0, 8),
        _ => None,
    }
}

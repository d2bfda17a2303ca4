//! The members of a CBOR map that was checked, and the scalars in it: what devices read, without a decoder's errors.

use super::head::{Head, major};
use super::well_formed::item_length;

/// The end of a map of indefinite length.
const BREAK: u8 = 0xff;

/// `null`
pub(crate) const NULL: &[u8] = &[0xf6];

const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;

/// Whether the item is a map.
pub(crate) fn is_map(item: &[u8]) -> bool {
    Head::read(item).is_ok_and(|head| head.major == major::MAP)
}

/// The members of a map that was checked: the key, `None` if it is no integer of 64 bits, and the value as it is
/// written.
pub(crate) struct Members<'m> {
    rest: &'m [u8],
    /// How many are to come, or `None` until a break.
    left: Option<u64>,
}

/// The members of `map`; none if it is no map.
pub(crate) fn members(map: &[u8]) -> Members<'_> {
    match Head::read(map) {
        Ok(head) if head.major == major::MAP => Members {
            rest: map.get(head.length..).unwrap_or_default(),
            left: if head.is_indefinite() { None } else { Some(head.argument) },
        },
        _ => Members { rest: &[], left: Some(0) },
    }
}

impl<'m> Members<'m> {
    /// What follows the map, once there is no further member.
    pub(crate) fn after(self) -> &'m [u8] {
        match (self.left, self.rest) {
            (None, [_, after @ ..]) => after,
            (_, after) => after,
        }
    }
}

impl<'m> Iterator for Members<'m> {
    type Item = (Option<i64>, &'m [u8]);

    #[cfg_attr(not(target_os = "none"), inline)]
    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.left {
            Some(0) => return None,
            Some(left) => *left -= 1,
            None if self.rest.first() == Some(&BREAK) => return None,
            None => {}
        }
        let key = Head::read(self.rest).ok()?;
        let values = self.rest.get(length(key, self.rest)?..)?;
        let (value, after) = values.split_at_checked(length(Head::read(values).ok()?, values)?)?;
        self.rest = after;
        Some((key.integer(), value))
    }
}

/// The value of the member with this key, as it is written.
pub(crate) fn member(map: &[u8], key: u8) -> Option<&[u8]> {
    members(map).find(|(other, _)| *other == Some(i64::from(key))).map(|(_, value)| value)
}

/// The length of the item with this head that `items` begin with, in bytes.
#[cfg_attr(not(target_os = "none"), inline)]
fn length(head: Head, items: &[u8]) -> Option<usize> {
    match head.major {
        major::UNSIGNED | major::NEGATIVE | major::SIMPLE => Some(head.length),
        _ => item_length(items).ok(),
    }
}

/// An integer of 64 bits.
pub(crate) fn integer(item: &[u8]) -> Option<i64> {
    Head::read(item).ok()?.integer()
}

/// A half, single, double or integer.
pub(crate) fn number(item: &[u8]) -> Option<f32> {
    let head = Head::read(item).ok()?;
    match (head.major, head.information) {
        (major::SIMPLE, 25) => Some(half(head.argument as u16)),
        (major::SIMPLE, 26) => Some(f32::from_bits(head.argument as u32)),
        (major::SIMPLE, 27) => Some(f64::from_bits(head.argument) as f32),
        _ => integer(item).map(|number| number as f32),
    }
}

/// True or false.
pub(crate) fn boolean(item: &[u8]) -> Option<bool> {
    match item.first() {
        Some(&TRUE) => Some(true),
        Some(&FALSE) => Some(false),
        _ => None,
    }
}

/// The length of a text in one piece, in bytes.
pub(crate) fn text_length(item: &[u8]) -> Option<usize> {
    let head = Head::read(item).ok().filter(|head| head.major == major::TEXT && !head.is_indefinite())?;
    usize::try_from(head.argument).ok()
}

/// A text in one piece.
#[cfg(feature = "host")]
pub(crate) fn text(item: &[u8]) -> Option<&str> {
    let length = text_length(item)?;
    core::str::from_utf8(item.get(item.len().checked_sub(length)?..)?).ok()
}

/// The number that a half stands for: 1 sign bit, 5 of exponent, 10 of fraction (IEEE 754 §3.4).
fn half(bits: u16) -> f32 {
    /// From the exponent's bias of a half to that of a single.
    const REBIAS: u32 = 112;
    let sign = u32::from(bits & 0x8000) << 16;
    let rest = u32::from(bits & 0x7fff) << 13;
    let magnitude = match bits & 0x7c00 {
        // Infinity or no number.
        0x7c00 => rest | 0x7f80_0000,
        // Below the smallest exponent: the leading one becomes the implicit one.
        0 if rest != 0 => {
            let shift = rest.leading_zeros() - 8;
            ((REBIAS + 1 - shift) << 23) | (rest << shift & 0x007f_ffff)
        }
        0 => 0,
        _ => rest + (REBIAS << 23),
    };
    f32::from_bits(magnitude | sign)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use minicbor::{Decoder, data::Type};
    use std::vec::Vec;

    #[test]
    fn every_half_is_what_the_decoder_says() {
        for bits in 0..=u16::MAX {
            let [high, low] = bits.to_be_bytes();
            let item = [0xf9, high, low];
            let expected = Decoder::new(&item).f16().expect("a half");
            let read = number(&item).expect("a number");
            assert!(read.to_bits() == expected.to_bits() || read.is_nan() && expected.is_nan(), "{bits:04x}");
        }
    }

    #[test]
    fn scalars_are_what_the_decoder_says() {
        for item in [
            &b"\x00"[..],
            b"\x17",
            b"\x18\xff",
            b"\x20",
            b"\x1b\x7f\xff\xff\xff\xff\xff\xff\xff",
            b"\x1b\x80\0\0\0\0\0\0\0",
            b"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff",
            b"\x3b\x80\0\0\0\0\0\0\0",
            b"\xf4",
            b"\xf5",
            b"\xf6",
            b"\xfa\x41\xac\0\0",
            b"\xfb\x40\x35\x80\0\0\0\0\0",
            b"\x62hi",
            b"\x7f\x61a\xff",
            b"\x42hi",
        ] {
            let decoder = || Decoder::new(item);
            assert_eq!(integer(item), decoder().i64().ok(), "{item:02x?}");
            assert_eq!(boolean(item), decoder().bool().ok(), "{item:02x?}");
            assert_eq!(text_length(item), decoder().str().ok().map(str::len), "{item:02x?}");
            let float = match decoder().datatype().expect("a type") {
                Type::F64 => decoder().f64().ok().map(|number| number as f32),
                Type::F32 => decoder().f32().ok(),
                _ => decoder().i64().ok().map(|number| number as f32),
            };
            assert_eq!(number(item), float, "{item:02x?}");
        }
    }

    #[test]
    fn members_are_found_in_either_form_of_a_map() {
        for map in [
            &b"\xa3\x01\x82\x00\x01\x61a\xf5\x18\x02\xf6"[..],
            b"\xbf\x01\x82\x00\x01\x61a\xf5\x18\x02\xf6\xff",
        ] {
            let keys: Vec<_> = members(map).map(|(key, _)| key).collect();
            assert_eq!(keys, [Some(1), None, Some(2)]);
            assert_eq!(
                (member(map, 1), member(map, 2), member(map, 3)),
                (Some(&map[2..5]), Some(&b"\xf6"[..]), None)
            );
        }
    }
}

//! Heads, integers and floats in their shortest form (RFC 8949 section 4.2.1).

/// The major types that take a length or a number in their head (RFC 8949 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Major {
    /// An unsigned integer.
    Unsigned = 0,
    /// A negative integer; the argument is -1 minus the value.
    Negative = 1,
    /// A byte string.
    Bytes = 2,
    /// A text string.
    Text = 3,
    /// An array.
    Array = 4,
    /// A map.
    Map = 5,
    /// A tag.
    Tag = 6,
}

/// Appends a head with its argument.
pub fn push_head(output: &mut Vec<u8>, major: Major, argument: u64) {
    let (head, length) = head(major, argument);
    output.extend_from_slice(&head[..length]);
}

/// Puts a head before what stands at `position` and after, for containers whose length is known at their end.
pub fn insert_head(output: &mut Vec<u8>, position: usize, major: Major, argument: u64) {
    let (head, length) = head(major, argument);
    output.splice(position..position, head[..length].iter().copied());
}

/// Appends an integer, as a bignum (RFC 8949 section 3.4.3) where 64 bits do not hold it.
pub fn push_integer(output: &mut Vec<u8>, negative: bool, magnitude: u128) {
    // A negative zero is zero.
    let negative = negative && magnitude > 0;
    let argument = if negative { magnitude - 1 } else { magnitude };
    match u64::try_from(argument) {
        Ok(argument) => {
            push_head(output, if negative { Major::Negative } else { Major::Unsigned }, argument);
        }
        Err(_) => {
            let bytes = argument.to_be_bytes();
            let bytes = &bytes[argument.leading_zeros() as usize / 8..];
            push_head(output, Major::Tag, if negative { 3 } else { 2 });
            push_head(output, Major::Bytes, bytes.len() as u64);
            output.extend_from_slice(bytes);
        }
    }
}

/// Appends a float in the shortest of the three widths that holds it exactly.
pub fn push_float(output: &mut Vec<u8>, value: f64) {
    let single = value as f32;
    if value.is_nan() {
        output.extend_from_slice(&[0xf9, 0x7e, 0x00]);
    } else if f64::from(single) != value {
        output.push(0xfb);
        output.extend_from_slice(&value.to_be_bytes());
    } else if let Some(half) = single_to_half(single) {
        output.push(0xf9);
        output.extend_from_slice(&half.to_be_bytes());
    } else {
        output.push(0xfa);
        output.extend_from_slice(&single.to_be_bytes());
    }
}

fn head(major: Major, argument: u64) -> ([u8; 9], usize) {
    let kind = (major as u8) << 5;
    let mut head = [0; 9];
    let argument_bytes = argument.to_be_bytes();
    let (information, width) = match argument {
        0..=23 => (argument as u8, 0),
        24..=0xff => (24, 1),
        0x100..=0xffff => (25, 2),
        0x1_0000..=0xffff_ffff => (26, 4),
        _ => (27, 8),
    };
    head[0] = kind | information;
    head[1..=width].copy_from_slice(&argument_bytes[8 - width..]);
    (head, 1 + width)
}

/// The half that holds a single exactly, if there is one. Not for NaN.
fn single_to_half(single: f32) -> Option<u16> {
    let bits = single.to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    let exponent = (bits >> 23 & 0xff) as i32 - 127;
    let fraction = bits & 0x7f_ffff;
    match exponent {
        128 => Some(sign | 0x7c00),
        -127 if fraction == 0 => Some(sign),
        -14..=15 if fraction & 0x1fff == 0 => {
            Some(sign | ((exponent + 15) as u16) << 10 | (fraction >> 13) as u16)
        }
        -24..=-15 => {
            // A subnormal half counts in units of 2^-24.
            let significand = fraction | 0x80_0000;
            let shift = (-1 - exponent) as u32;
            let exact = significand.trailing_zeros() >= shift;
            exact.then_some(sign | (significand >> shift) as u16)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor::{Event, Reader};
    use proptest::prelude::*;

    fn float(value: f64) -> Vec<u8> {
        let mut output = Vec::new();
        push_float(&mut output, value);
        output
    }

    fn read(bytes: &[u8]) -> f64 {
        let mut reader = Reader::new(bytes, 0);
        match reader.next_item().expect("well-formed").expect("an item").event {
            Event::Float(value) => value,
            other => panic!("not a float: {other:?}"),
        }
    }

    #[test]
    fn floats_take_their_shortest_exact_form() {
        for (value, bytes) in [
            (0.0, "f90000"),
            (-0.0, "f98000"),
            (1.0, "f93c00"),
            (65504.0, "f97bff"),
            (100_000.0, "fa47c35000"),
            (3.402_823_466_385_288_6e38, "fa7f7fffff"),
            (1.0e300, "fb7e37e43c8800759c"),
            (5.960_464_477_539_063e-8, "f90001"),
            (0.000_061_035_156_25, "f90400"),
            (-4.1, "fbc010666666666666"),
            (f64::INFINITY, "f97c00"),
            (f64::NEG_INFINITY, "f9fc00"),
            (f64::NAN, "f97e00"),
        ] {
            let written: String = float(value).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(written, bytes, "{value}");
        }
    }

    #[test]
    fn every_half_survives_in_three_bytes() {
        for half in 0..=u16::MAX {
            let [high, low] = half.to_be_bytes();
            let value = read(&[0xf9, high, low]);
            if !value.is_nan() {
                assert_eq!(float(value), [0xf9, high, low]);
            }
        }
    }

    proptest! {
        #[test]
        fn floats_survive(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(!value.is_nan());
            prop_assert_eq!(read(&float(value)).to_bits(), bits);
        }

        #[test]
        fn singles_survive(bits in any::<u32>()) {
            let value = f64::from(f32::from_bits(bits));
            prop_assume!(!value.is_nan());
            let written = float(value);
            prop_assert!(written.len() <= 5);
            prop_assert_eq!(read(&written).to_bits(), value.to_bits());
        }

        #[test]
        fn integers_are_as_minicbor_writes_them(value in any::<i64>()) {
            let mut output = Vec::new();
            push_integer(&mut output, value < 0, u128::from(value.unsigned_abs()));
            prop_assert_eq!(output, minicbor::to_vec(value).expect("an integer"));
        }
    }
}

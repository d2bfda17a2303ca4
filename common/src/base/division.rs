//! Division of long numbers by short ones.

/// `number` divided by `by`, and what is left: with as many divisions of 32 bits as a microcontroller has for it, where a
/// general one of 64 bits takes 400 bytes of flash. By 0 it is 0.
#[cfg_attr(feature = "host", inline)]
#[cfg_attr(not(feature = "host"), inline(never))]
#[must_use]
pub const fn divided(number: u64, by: u16) -> (u64, u16) {
    if cfg!(feature = "host") {
        return match by {
            0 => (0, 0),
            _ => (number / by as u64, (number % by as u64) as u16), // less than `by`
        };
    }
    in_parts(number, by)
}

const fn in_parts(number: u64, by: u16) -> (u64, u16) {
    let (mut quotient, mut rest, mut bits) = (0, 0, 64);
    while bits > 0 && by != 0 {
        bits -= 16;
        let part = rest << 16 | (number >> bits) as u32 & 0xffff;
        quotient = quotient << 16 | (part / by as u32) as u64;
        rest = part % by as u32;
    }
    (quotient, rest as u16)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{divided, in_parts};

    proptest! {
        #[test]
        fn parts_make_the_whole(number: u64, shift in 0..64_u32, by in 1..=u16::MAX) {
            let number = number >> shift;
            let whole = (number / u64::from(by), (number % u64::from(by)) as u16);
            prop_assert_eq!(in_parts(number, by), whole);
            prop_assert_eq!(divided(number, by), whole);
        }
    }

    #[test]
    fn nothing_is_divided_by_zero() {
        assert_eq!((divided(7, 0), in_parts(7, 0)), ((0, 0), (0, 0)));
    }
}

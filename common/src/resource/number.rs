//! Numbers on the wire: written in the shortest form that is exact, read from any form.
//!
//! For minicbor's derive: `#[cbor(n(0), with = "crate::resource::number")]`.

use minicbor::data::Type;
use minicbor::encode::Write;
use minicbor::{Decoder, Encoder};

/// Writes `number` as a half if that is exact, as a single otherwise.
///
/// # Errors
/// When there is no room.
pub fn encode<C, W: Write>(
    number: &f32,
    encoder: &mut Encoder<W>,
    _: &mut C,
) -> Result<(), minicbor::encode::Error<W::Error>> {
    if fits_half(*number) { encoder.f16(*number)?.ok() } else { encoder.f32(*number)?.ok() }
}

/// Reads a half, single, double or integer.
///
/// # Errors
/// When there is no number, or an integer beyond 64 bits.
pub fn decode<C>(decoder: &mut Decoder<'_>, _: &mut C) -> Result<f32, minicbor::decode::Error> {
    match decoder.datatype()? {
        Type::F64 => decoder.f64().map(|number| number as f32),
        Type::F16 | Type::F32 => decoder.f32(),
        _ => decoder.i64().map(|number| number as f32),
    }
}

/// Whether a half holds the number exactly: at most 10 bits behind the leading one, exponent -14 to 15.
const fn fits_half(number: f32) -> bool {
    let bits = number.to_bits();
    let exponent = ((bits >> 23) & 0xff) as i32 - 127;
    let fraction = bits & 0x007f_ffff;
    (exponent >= -14 && exponent <= 15 && fraction & 0x1fff == 0) || bits << 1 == 0
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn bytes(number: f32) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new());
        encode(&number, &mut encoder, &mut ()).expect("a vector grows");
        encoder.into_writer()
    }

    #[test]
    fn shortest_exact_form_reads_back() {
        assert_eq!(bytes(21.5), [0xf9, 0x4d, 0x60]);
        assert_eq!(bytes(0.0), [0xf9, 0, 0]);
        assert_eq!(bytes(-0.0), [0xf9, 0x80, 0]);
        assert_eq!(bytes(21.1).first(), Some(&0xfa));
        for number in [0.0, -0.0, 21.5, 21.1, 65_504.0, 65_520.0, -273.15, 6.103_515_6e-5, 1e-8, f32::MAX] {
            let bytes = bytes(number);
            let read = decode(&mut Decoder::new(&bytes), &mut ()).expect("a number");
            assert_eq!(read.to_bits(), number.to_bits(), "{number}");
        }
    }

    #[test]
    fn integers_and_doubles_are_numbers_too() {
        let read = |bytes: &[u8]| decode(&mut Decoder::new(bytes), &mut ()).ok();
        assert_eq!(read(&[0x15]), Some(21.0));
        assert_eq!(read(&[0x35]), Some(-22.0));
        assert_eq!(read(&[0xfb, 0x40, 0x35, 0x80, 0, 0, 0, 0, 0]), Some(21.5));
        assert_eq!(read(&[0x61, b'1']), None);
    }
}

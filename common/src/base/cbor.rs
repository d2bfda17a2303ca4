//! Writing of CBOR in its shortest form, RFC 8949 §4.2.1: for values that are known to the last byte, in a tenth of the
//! flash that a general encoder takes.

use super::bytes::{ByteWriter, Full};

/// Appends CBOR items to a lent buffer.
#[derive(Debug)]
pub struct CborWriter<'b> {
    bytes: ByteWriter<'b>,
}

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1 << 5;
const TEXT: u8 = 3 << 5;
const MAP: u8 = 5 << 5;
const FALSE: u8 = 0xf4;
const HALF: u8 = 0xf9;
const SINGLE: u8 = 0xfa;

impl<'b> CborWriter<'b> {
    /// A writer at the start of `buffer`.
    pub const fn new(buffer: &'b mut [u8]) -> Self {
        Self { bytes: ByteWriter::new(buffer) }
    }

    /// How many bytes have been written.
    pub const fn written(&self) -> usize {
        self.bytes.written()
    }

    /// The head of a map; as many keys and values follow.
    ///
    /// # Errors
    /// `Full` if the buffer is too small, as for every item.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub fn map(&mut self, members: u8) -> Result<(), Full> {
        self.head(MAP, u64::from(members))
    }

    /// A whole number from 0.
    ///
    /// # Errors
    /// `Full`.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub fn unsigned(&mut self, number: u64) -> Result<(), Full> {
        self.head(UNSIGNED, number)
    }

    /// The negative number `-1 - number`.
    ///
    /// # Errors
    /// `Full`.
    pub fn negative(&mut self, number: u64) -> Result<(), Full> {
        self.head(NEGATIVE, number)
    }

    /// A text.
    ///
    /// # Errors
    /// `Full`.
    pub fn text(&mut self, text: &str) -> Result<(), Full> {
        self.head(TEXT, text.len() as u64)?;
        self.bytes.bytes(text.as_bytes())
    }

    /// True or false.
    ///
    /// # Errors
    /// `Full`.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub fn boolean(&mut self, value: bool) -> Result<(), Full> {
        self.bytes.byte(FALSE + u8::from(value))
    }

    /// A number as a half if that is exact, as a single otherwise.
    ///
    /// # Errors
    /// `Full`.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub fn number(&mut self, number: f32) -> Result<(), Full> {
        if let Some(half) = half(number) {
            let [high, low] = half.to_be_bytes();
            return self.bytes.bytes(&[HALF, high, low]);
        }
        self.bytes.byte(SINGLE)?;
        self.bytes.bytes(&number.to_bits().to_be_bytes())
    }

    /// Bytes that are CBOR already.
    ///
    /// # Errors
    /// `Full`.
    pub fn raw(&mut self, items: &[u8]) -> Result<(), Full> {
        self.bytes.bytes(items)
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    #[cfg_attr(target_os = "none", inline(never))]
    fn head(&mut self, major: u8, argument: u64) -> Result<(), Full> {
        match argument {
            0..=23 => self.bytes.byte(major | argument as u8),
            _ => self.long_head(major, argument),
        }
    }

    #[cfg_attr(not(target_os = "none"), inline(never))]
    fn long_head(&mut self, major: u8, argument: u64) -> Result<(), Full> {
        let (information, length) = match argument {
            24..=0xff => (24, 1),
            0x100..=0xffff => (25, 2),
            0x1_0000..=0xffff_ffff => (26, 4),
            _ => (27, 8),
        };
        self.bytes.byte(major | information)?;
        let bytes = argument.to_be_bytes();
        self.bytes.bytes(bytes.get(8 - length..).unwrap_or_default())
    }
}

/// The half that is exactly this number: at most 10 bits behind the leading one, exponent -14 to 15, or zero.
const fn half(number: f32) -> Option<u16> {
    let bits = number.to_bits();
    let sign = ((bits >> 16) & 0x8000) as u16;
    let exponent = ((bits >> 23) & 0xff) as i32 - 127;
    if bits << 1 == 0 {
        return Some(sign);
    }
    if exponent < -14 || exponent > 15 || bits & 0x1fff != 0 {
        return None;
    }
    Some(sign | ((exponent + 15) as u16) << 10 | ((bits >> 13) & 0x3ff) as u16)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use proptest::prelude::*;

    use super::{CborWriter, Full};

    fn written(write: impl FnOnce(&mut CborWriter<'_>) -> Result<(), Full>) -> Vec<u8> {
        let mut buffer = [0; 64];
        let mut writer = CborWriter::new(&mut buffer);
        write(&mut writer).expect("room");
        let length = writer.written();
        buffer[..length].to_vec()
    }

    proptest! {
        #[test]
        fn items_are_those_of_minicbor(number: u64, shift in 0..64_u32, value: bool, text in ".{0,12}") {
            let number = number >> shift;
            let known = minicbor::to_vec(number).expect("a vector grows");
            prop_assert_eq!(written(|writer| writer.unsigned(number)), known);
            let negative = minicbor::data::Int::try_from(-1 - i128::from(number)).expect("64 bits and a sign");
            let known = minicbor::to_vec(negative).expect("a vector grows");
            prop_assert_eq!(written(|writer| writer.negative(number)), known);
            prop_assert_eq!(written(|writer| writer.boolean(value)), minicbor::to_vec(value).expect("a vector grows"));
            prop_assert_eq!(written(|writer| writer.text(&text)), minicbor::to_vec(&text).expect("a vector grows"));
        }

        #[test]
        fn numbers_are_halves_where_that_is_exact(bits: u32, exact: u16) {
            for number in [f32::from_bits(bits), f32::from(exact) / 64.0] {
                let bytes = written(|writer| writer.number(number));
                let read = minicbor::Decoder::new(&bytes).f32().expect("a number");
                prop_assert!(read.to_bits() == number.to_bits() || number.is_nan());
                let mut encoder = minicbor::Encoder::new(Vec::new());
                crate::resource::number::encode(&number, &mut encoder, &mut ()).expect("a vector grows");
                prop_assert_eq!(bytes, encoder.into_writer());
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut buffer = [0; 4];
        let mut writer = CborWriter::new(&mut buffer);
        assert_eq!(writer.map(2), Ok(()));
        assert_eq!(writer.raw(&[0xf6]), Ok(()));
        assert_eq!(writer.text("abc"), Err(Full));
    }
}

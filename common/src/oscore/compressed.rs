//! The value of the OSCORE option: what is left of the COSE object, RFC 8613 §6.1.

use super::PartialIv;
use crate::base::{ByteReader, ByteWriter, Full};

/// The parameters that travel with a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Compressed<'a> {
    /// The number of the message.
    pub partial_iv: Option<PartialIv>,
    /// Who sent it: a Sender ID, of any length that fits the option.
    pub kid: Option<&'a [u8]>,
    /// In which context; an empty one differs from none.
    pub kid_context: Option<&'a [u8]>,
}

/// The longest value that [`Compressed::write`] makes: flags, five bytes, a length with 32, seven.
pub(super) const LONGEST: usize = 1 + 5 + 33 + 7;

const KID_CONTEXT: u8 = 0x10;
const KID: u8 = 0x08;
const PARTIAL_IV_LENGTH: u8 = 0x07;
const RESERVED: u8 = 0xe0;

impl<'a> Compressed<'a> {
    /// Reads the value of an OSCORE option; `None` where it breaks a rule.
    pub fn read(value: &'a [u8]) -> Option<Self> {
        let mut reader = ByteReader::new(value);
        let Some(flags) = reader.byte() else { return Some(Self::default()) };
        // Flags that are all zero are left out (§2).
        if flags == 0 || flags & RESERVED != 0 {
            return None;
        }
        let partial_iv = match usize::from(flags & PARTIAL_IV_LENGTH) {
            0 => None,
            // Six and seven are reserved; more than five bytes are no Partial IV.
            length => Some(PartialIv::read(reader.take(length)?)?),
        };
        let kid_context = if flags & KID_CONTEXT != 0 {
            let length = reader.byte()?;
            Some(reader.take(length.into())?)
        } else {
            None
        };
        let rest = reader.rest();
        let kid = (flags & KID != 0).then_some(rest);
        (kid.is_some() || rest.is_empty()).then_some(Self { partial_iv, kid, kid_context })
    }

    /// Writes the value; the number of bytes.
    pub(super) fn write(&self, buffer: &mut [u8; LONGEST]) -> Result<usize, Full> {
        let number = self.partial_iv.as_ref().map_or(&[][..], PartialIv::as_bytes);
        let mut flags = number.len() as u8; // at most 5
        flags |= if self.kid.is_some() { KID } else { 0 };
        flags |= if self.kid_context.is_some() { KID_CONTEXT } else { 0 };
        let mut writer = ByteWriter::new(buffer);
        if flags == 0 {
            return Ok(0);
        }
        writer.byte(flags)?;
        writer.bytes(number)?;
        if let Some(context) = self.kid_context {
            writer.byte(u8::try_from(context.len()).map_err(|_| Full)?)?;
            writer.bytes(context)?;
        }
        writer.bytes(self.kid.unwrap_or_default())?;
        Ok(writer.written())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn section_6_1_what_is_written_is_read() {
        let number = PartialIv::new(256);
        for partial_iv in [None, number] {
            for kid in [None, Some(&b""[..]), Some(b"\x00"), Some(b"1234567")] {
                for kid_context in [None, Some(&b""[..]), Some(&[7; 32][..])] {
                    let compressed = Compressed { partial_iv, kid, kid_context };
                    let mut buffer = [0; LONGEST];
                    let length = compressed.write(&mut buffer).expect("room for the longest");
                    assert_eq!(Compressed::read(&buffer[..length]), Some(compressed));
                }
            }
        }
    }

    #[test]
    fn section_6_1_values_that_break_a_rule() {
        for value in [
            &b"\x00"[..],
            b"\x00\x01",
            b"\x29\x14\x01",
            b"\x49\x14\x01",
            b"\x89\x14\x01",
            b"\x0e\0\0\0\0\0\x01\x01",
            b"\x0f\0\0\0\0\0\0\x01\x01",
            b"\x0e123456",
            b"\x0d\x01\x02",
            b"\x0a\x00\x14\x01",
            b"\x01\x14\x01",
            b"\x19\x14",
            b"\x19\x14\x08\x01",
            b"\x10",
        ] {
            assert_eq!(Compressed::read(value), None, "{value:02x?}");
        }
    }
}

//! Writing a message in place.

use coap_lite::MessageType;

use super::token::padded;
use super::{Code, Token};
use crate::base::{ByteWriter, Full};

/// Why a message could not be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WriteError {
    /// The buffer is too small.
    Full,
    /// Options must come in the order of their numbers; this one came too late.
    OutOfOrder(u16),
}

impl From<Full> for WriteError {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

impl core::fmt::Display for WriteError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Full => f.write_str("the message does not fit its buffer"),
            Self::OutOfOrder(number) => {
                write!(f, "option {number} was written after one with a higher number")
            }
        }
    }
}

impl core::error::Error for WriteError {}

/// Writes header and token at once, then options in ascending order, then the payload.
#[derive(Debug)]
pub struct MessageWriter<'b> {
    bytes: ByteWriter<'b>,
    number: u16,
}

impl<'b> MessageWriter<'b> {
    /// Starts a message at the start of `buffer`; a token of more than eight bytes is an extended one
    /// (RFC 8974 §2.1).
    #[cfg_attr(not(target_os = "none"), inline(always))]
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn new(
        buffer: &'b mut [u8],
        kind: MessageType,
        code: Code,
        message_id: u16,
        token: &[u8],
    ) -> Result<Self, Full> {
        let first = 0x40 | (type_bits(kind) << 4);
        let [high, low] = message_id.to_be_bytes();
        let length = token.len();
        let written = if length <= Token::SHORT {
            let mut bytes = ByteWriter::new(buffer);
            bytes.bytes(&[first | length as u8, code.0, high, low])?;
            bytes.short(padded(token), length)?;
            4 + length
        } else {
            extended_head(buffer, [first, code.0, high, low], token)?
        };
        Ok(Self { bytes: ByteWriter::behind(buffer, written), number: 0 })
    }

    /// Starts a message without a header at the start of `buffer`: its code, then options and payload, as they are
    /// encrypted (RFC 8613 §5.3).
    ///
    /// # Errors
    /// When the buffer is empty.
    #[cfg(feature = "oscore")]
    pub fn plaintext(buffer: &'b mut [u8], code: Code) -> Result<Self, Full> {
        let mut bytes = ByteWriter::new(buffer);
        bytes.byte(code.0)?;
        Ok(Self { bytes, number: 0 })
    }

    /// Appends an option; numbers must not go back.
    pub fn option(&mut self, number: u16, value: &[u8]) -> Result<(), WriteError> {
        let delta = number.checked_sub(self.number).ok_or(WriteError::OutOfOrder(number))?;
        let length = u16::try_from(value.len()).map_err(|_| WriteError::Full)?;
        let (delta_nibble, delta_more) = split(delta);
        let (length_nibble, length_more) = split(length);
        let start = self.bytes.written();
        let written = self
            .bytes
            .byte((delta_nibble << 4) | length_nibble)
            .and_then(|()| extend(&mut self.bytes, delta_nibble, delta_more))
            .and_then(|()| extend(&mut self.bytes, length_nibble, length_more))
            .and_then(|()| self.bytes.bytes(value));
        if written.is_err() {
            self.bytes.truncate(start);
            return Err(WriteError::Full);
        }
        self.number = number;
        Ok(())
    }

    /// Appends an option whose value is an unsigned integer, in as few bytes as it needs (§3.2).
    #[inline]
    pub fn uint(&mut self, number: u16, value: u32) -> Result<(), WriteError> {
        let skip = value.leading_zeros() / 8;
        let front = u64::from(value) << 32 << (8 * skip);
        self.short(number, front.to_be_bytes(), 4 - skip as usize)
    }

    /// Appends an option whose value is the first `length` of eight bytes.
    #[inline]
    pub fn short(&mut self, number: u16, value: [u8; 8], length: usize) -> Result<(), WriteError> {
        match number.checked_sub(self.number) {
            // Header and value in one store.
            Some(delta @ 0..=12) if length < 8 => {
                let head = (u64::from(delta) << 4 | length as u64) << 56;
                let both = head | u64::from_be_bytes(value) >> 8;
                self.bytes.short(both.to_be_bytes(), length + 1)?;
                self.number = number;
                Ok(())
            }
            _ => self.option(number, value.get(..length).ok_or(WriteError::Full)?),
        }
    }

    /// Ends the message with `payload`; an empty one leaves the marker out.
    #[inline]
    pub fn payload(mut self, payload: &[u8]) -> Result<usize, Full> {
        if payload.is_empty() {
            return Ok(self.bytes.written());
        }
        self.bytes.byte(0xff)?;
        self.bytes.bytes(payload)?;
        Ok(self.bytes.written())
    }

    /// Ends the message with the payload that `write` puts into the room left: it returns its length.
    pub fn payload_with<E: From<Full>>(
        mut self,
        write: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        let end = self.bytes.written();
        self.bytes.byte(0xff)?;
        let length = write(self.bytes.room())?;
        if length == 0 {
            return Ok(end);
        }
        self.bytes.advance(length)?;
        Ok(self.bytes.written())
    }
}

/// Writes a header and an extended token; the number of bytes. Returns no writer, so that the one of ordinary
/// messages can live in registers.
#[cold]
#[inline(never)]
fn extended_head(buffer: &mut [u8], header: [u8; 4], token: &[u8]) -> Result<usize, Full> {
    let [first, code, high, low] = header;
    if !cfg!(feature = "host") {
        return Err(Full);
    }
    let (nibble, more) = split(u16::try_from(token.len()).map_err(|_| Full)?);
    let mut bytes = ByteWriter::new(buffer);
    bytes.bytes(&[first | nibble, code, high, low])?;
    extend(&mut bytes, nibble, more)?;
    bytes.bytes(token)?;
    Ok(bytes.written())
}

const fn type_bits(kind: MessageType) -> u8 {
    match kind {
        MessageType::Confirmable => 0,
        MessageType::NonConfirmable => 1,
        MessageType::Acknowledgement => 2,
        MessageType::Reset => 3,
    }
}

const fn split(number: u16) -> (u8, u16) {
    match number {
        0..=12 => (number as u8, 0),
        13..=268 => (13, number - 13),
        _ => (14, number - 269),
    }
}

fn extend(bytes: &mut ByteWriter<'_>, nibble: u8, more: u16) -> Result<(), Full> {
    match nibble {
        13 => bytes.byte(more as u8),
        14 => bytes.bytes(&more.to_be_bytes()),
        _ => Ok(()),
    }
}

//! A datagram that was checked once.

use coap_lite::MessageType;

use super::option::{Options, decode, extended};
use super::{Code, Token};
use crate::base::ByteReader;

/// A well-formed message; borrows the datagram.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    datagram: &'a [u8],
    /// Where the options start and where they end: at the payload marker or the end.
    options: (u16, u16),
}

/// Why a datagram is no message, with what is needed to react to it (RFC 7252 §4.2, §4.3).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FormatError {
    /// Which rule was broken.
    pub kind: FormatErrorKind,
    /// Type and message id, if the datagram had a header of this version.
    pub header: Option<(MessageType, u16)>,
}

/// Which rule of RFC 7252 §3 a datagram breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FormatErrorKind {
    /// Shorter than the four bytes of a header.
    Short,
    /// Not version 1.
    Version,
    /// Token longer than the datagram, its length the reserved 15 (RFC 8974 §2.1), or above eight where
    /// extended tokens are not supported.
    TokenLength,
    /// A class of codes that is reserved.
    ReservedCode,
    /// An Empty message with something behind its header (§4.1).
    NotEmpty,
    /// An option that runs past the end, uses the reserved nibble 15 or passes number 65535.
    Option,
    /// A payload marker with nothing behind it.
    EmptyPayload,
}

impl<'a> Message<'a> {
    /// Checks a datagram (RFC 7252 §3).
    #[inline]
    pub fn parse(datagram: &'a [u8]) -> Result<Self, FormatError> {
        let Some((&[first, code, high, low], rest)) = datagram.split_first_chunk::<4>() else {
            return Err(FormatError { kind: FormatErrorKind::Short, header: None });
        };
        if first >> 6 != 1 {
            return Err(FormatError { kind: FormatErrorKind::Version, header: None });
        }
        let failed = |kind| {
            let message_id = u16::from_be_bytes([high, low]);
            FormatError { kind, header: Some((message_type(first), message_id)) }
        };
        let code = Code(code);
        let nibble = first & 0x0f;
        if code == Code::EMPTY && (nibble != 0 || !rest.is_empty()) {
            return Err(failed(FormatErrorKind::NotEmpty));
        }
        if code.is_reserved() {
            return Err(failed(FormatErrorKind::ReservedCode));
        }
        let token_end =
            if nibble <= Token::SHORT as u8 { Some(u16::from(nibble)) } else { extended_end(rest, nibble) };
        let token_end = token_end.ok_or_else(|| failed(FormatErrorKind::TokenLength))?;
        let rest = rest.get(usize::from(token_end)..).ok_or_else(|| failed(FormatErrorKind::TokenLength))?;
        let length = options_length(rest).map_err(failed)?;
        let start = token_end.saturating_add(4);
        Ok(Self { datagram, options: (start, start.saturating_add(length)) })
    }

    #[inline]
    fn header(&self) -> [u8; 4] {
        self.datagram.first_chunk::<4>().copied().unwrap_or([0x40, 0, 0, 0])
    }

    /// Confirmable, Non-confirmable, Acknowledgement or Reset.
    #[inline]
    pub fn kind(&self) -> MessageType {
        message_type(self.header()[0])
    }

    /// Method or response code.
    #[inline]
    pub fn code(&self) -> Code {
        Code(self.header()[1])
    }

    /// The message id, chosen by the sender.
    #[inline]
    pub fn message_id(&self) -> u16 {
        let [_, _, high, low] = self.header();
        u16::from_be_bytes([high, low])
    }

    /// The token, chosen by the client: of any length (RFC 8974 §2.1).
    #[inline]
    pub fn token(&self) -> &'a [u8] {
        let start = if self.has_extended_token() { 4 + extension(self.header()[0] & 0x0f) } else { 4 };
        self.datagram.get(start..usize::from(self.options.0)).unwrap_or_default()
    }

    /// Whether the token is longer than RFC 7252 has it (RFC 8974 §2.1).
    #[inline]
    pub fn has_extended_token(&self) -> bool {
        cfg!(feature = "host") && self.header()[0] & 0x0f > Token::SHORT as u8
    }

    /// The options in the order of their numbers.
    #[inline]
    pub fn options(&self) -> Options<'a> {
        let (start, end) = self.options;
        Options::over(self.datagram.get(usize::from(start)..usize::from(end)).unwrap_or_default())
    }

    /// The values of all options with this number.
    pub fn values(&self, number: u16) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        self.options().filter(move |option| option.number == number).map(|option| option.value)
    }

    /// What stands behind the payload marker; empty if there is none.
    #[inline]
    pub fn payload(&self) -> &'a [u8] {
        self.datagram.get(usize::from(self.options.1) + 1..).unwrap_or_default()
    }
}

impl core::fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?} {} {:#06x} ", self.kind(), self.code(), self.message_id())?;
        self.token().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[inline]
const fn message_type(first: u8) -> MessageType {
    match (first >> 4) & 0b11 {
        0 => MessageType::Confirmable,
        1 => MessageType::NonConfirmable,
        2 => MessageType::Acknowledgement,
        _ => MessageType::Reset,
    }
}

/// How many bytes stand between the header and the token to say how long that is (RFC 8974 §2.1).
#[cold]
const fn extension(nibble: u8) -> usize {
    match nibble {
        13 => 1,
        14 => 2,
        _ => 0,
    }
}

/// Where a token of more than eight bytes ends, counted from the end of the header.
#[cold]
fn extended_end(rest: &[u8], nibble: u8) -> Option<u16> {
    if !cfg!(feature = "host") {
        return None;
    }
    let length = extended(&mut ByteReader::new(rest), nibble)? as usize;
    u16::try_from(extension(nibble) + length).ok()
}

/// Walks the options to the payload marker or the end, proving each on the way; their length in bytes.
#[inline]
fn options_length(rest: &[u8]) -> Result<u16, FormatErrorKind> {
    let (mut left, mut number) = (rest, 0);
    loop {
        match left {
            [] => break,
            [0xff] => return Err(FormatErrorKind::EmptyPayload),
            [0xff, ..] => break,
            _ => (number, _, left) = decode(left, number).ok_or(FormatErrorKind::Option)?,
        }
    }
    u16::try_from(rest.len() - left.len()).map_err(|_| FormatErrorKind::Option)
}

impl core::fmt::Display for FormatError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self.kind {
            FormatErrorKind::Short => "shorter than the four bytes of a header",
            FormatErrorKind::Version => "not version 1",
            FormatErrorKind::TokenLength => {
                "token of a length that is reserved, not supported or beyond the datagram"
            }
            FormatErrorKind::ReservedCode => "code of a reserved class",
            FormatErrorKind::NotEmpty => "Empty message with something behind its header",
            FormatErrorKind::Option => "option that breaks the encoding rules or the datagram's end",
            FormatErrorKind::EmptyPayload => "payload marker without payload",
        })
    }
}

impl core::error::Error for FormatError {}

//! A datagram that was checked once.

use coap_lite::MessageType;

use super::option::{Options, decode};
use super::{Code, Token};
use crate::base::ByteReader;

/// A well-formed message; borrows the datagram.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    kind: MessageType,
    code: Code,
    message_id: u16,
    token: Token,
    options: &'a [u8],
    payload: &'a [u8],
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
    /// Token length 9 to 15, or longer than the datagram.
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
        let kind = message_type(first);
        let message_id = u16::from_be_bytes([high, low]);
        let failed = |kind_of_error| FormatError { kind: kind_of_error, header: Some((kind, message_id)) };
        let code = Code(code);
        if code == Code::EMPTY {
            if first & 0x0f != 0 || !rest.is_empty() {
                return Err(failed(FormatErrorKind::NotEmpty));
            }
            return Ok(Self { kind, code, message_id, token: Token::EMPTY, options: &[], payload: &[] });
        }
        if code.is_reserved() {
            return Err(failed(FormatErrorKind::ReservedCode));
        }
        let (token, rest) =
            split_token(rest, usize::from(first & 0x0f)).ok_or(failed(FormatErrorKind::TokenLength))?;
        let (options, payload) = split_options(rest).map_err(failed)?;
        Ok(Self { kind, code, message_id, token, options, payload })
    }

    /// Confirmable, Non-confirmable, Acknowledgement or Reset.
    pub const fn kind(&self) -> MessageType {
        self.kind
    }

    /// Method or response code.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The message id, chosen by the sender.
    pub const fn message_id(&self) -> u16 {
        self.message_id
    }

    /// The token, chosen by the client.
    pub const fn token(&self) -> Token {
        self.token
    }

    /// The options in the order of their numbers.
    pub const fn options(&self) -> Options<'a> {
        Options::over(self.options)
    }

    /// The values of all options with this number.
    pub fn values(&self, number: u16) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        self.options().filter(move |option| option.number == number).map(|option| option.value)
    }

    /// What stands behind the payload marker; empty if there is none.
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }
}

const fn message_type(first: u8) -> MessageType {
    match (first >> 4) & 0b11 {
        0 => MessageType::Confirmable,
        1 => MessageType::NonConfirmable,
        2 => MessageType::Acknowledgement,
        _ => MessageType::Reset,
    }
}

#[inline]
fn split_token(rest: &[u8], length: usize) -> Option<(Token, &[u8])> {
    if length > Token::MAX {
        return None;
    }
    let (token, rest) = rest.split_at_checked(length)?;
    Some((Token::new(token)?, rest))
}

/// Walks the options to the payload marker or the end, proving each on the way.
#[inline]
fn split_options(rest: &[u8]) -> Result<(&[u8], &[u8]), FormatErrorKind> {
    let mut reader = ByteReader::new(rest);
    let mut number = 0;
    loop {
        match reader.rest().split_first() {
            None => return Ok((rest, &[])),
            Some((0xff, [])) => return Err(FormatErrorKind::EmptyPayload),
            Some((0xff, payload)) => {
                let length = rest.len() - payload.len() - 1;
                let options = rest.get(..length).ok_or(FormatErrorKind::Option)?;
                return Ok((options, payload));
            }
            Some(_) => (number, _) = decode(&mut reader, number).ok_or(FormatErrorKind::Option)?,
        }
    }
}

impl core::fmt::Display for FormatError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self.kind {
            FormatErrorKind::Short => "shorter than the four bytes of a header",
            FormatErrorKind::Version => "not version 1",
            FormatErrorKind::TokenLength => "token longer than eight bytes or than the datagram",
            FormatErrorKind::ReservedCode => "code of a reserved class",
            FormatErrorKind::NotEmpty => "Empty message with something behind its header",
            FormatErrorKind::Option => "option that breaks the encoding rules or the datagram's end",
            FormatErrorKind::EmptyPayload => "payload marker without payload",
        })
    }
}

impl core::error::Error for FormatError {}

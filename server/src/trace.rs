//! A message as one line, in the form that libcoap's tools made familiar.

use std::fmt;

use twite::wire::{Code, Message, MessageType, number, uint};

use crate::formats;
use crate::logging::escaped;

/// Shows a datagram as `v:1 t:CON c:GET i:3aab {01} [ Uri-Path:time ] :: 'payload'`.
#[derive(Debug)]
pub struct Line<'a>(pub &'a [u8]);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = match Message::parse(self.0) {
            Ok(message) => message,
            Err(error) => return write!(f, "{} bytes that are no message: {error}", self.0.len()),
        };
        let kind = kind(message.kind());
        write!(f, "v:1 t:{kind} c:{} i:{:04x} {{", code(message.code()), message.message_id())?;
        message.token().iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("} [")?;
        for (position, option) in message.options().enumerate() {
            f.write_str(if position == 0 { " " } else { ", " })?;
            write_option(f, option.number, option.value)?;
        }
        f.write_str(" ]")?;
        if !message.payload().is_empty() {
            write!(f, " :: '{}'", escaped(message.payload()))?;
        }
        Ok(())
    }
}

/// The three letters of a type.
pub const fn kind(kind: MessageType) -> &'static str {
    match kind {
        MessageType::Confirmable => "CON",
        MessageType::NonConfirmable => "NON",
        MessageType::Acknowledgement => "ACK",
        MessageType::Reset => "RST",
    }
}

/// A method's name, a response's number.
pub fn code(code: Code) -> String {
    const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH"];
    let method = code.is_request().then(|| METHODS.get(usize::from(code.0) - 1)).flatten();
    method.map_or_else(|| code.to_string(), ToString::to_string)
}

/// The name of an option.
pub fn option_name(number: u16) -> Option<&'static str> {
    Some(match number {
        number::IF_MATCH => "If-Match",
        number::URI_HOST => "Uri-Host",
        number::ETAG => "ETag",
        number::IF_NONE_MATCH => "If-None-Match",
        number::OBSERVE => "Observe",
        number::OSCORE => "OSCORE",
        number::URI_PORT => "Uri-Port",
        number::LOCATION_PATH => "Location-Path",
        number::URI_PATH => "Uri-Path",
        number::CONTENT_FORMAT => "Content-Format",
        number::MAX_AGE => "Max-Age",
        number::URI_QUERY => "Uri-Query",
        number::HOP_LIMIT => "Hop-Limit",
        number::ACCEPT => "Accept",
        number::LOCATION_QUERY => "Location-Query",
        number::BLOCK2 => "Block2",
        number::BLOCK1 => "Block1",
        number::SIZE2 => "Size2",
        number::PROXY_URI => "Proxy-Uri",
        number::PROXY_SCHEME => "Proxy-Scheme",
        number::SIZE1 => "Size1",
        number::ECHO => "Echo",
        number::NO_RESPONSE => "No-Response",
        number::REQUEST_TAG => "Request-Tag",
        _ => return None,
    })
}

/// Writes `Name:value`.
pub fn write_option(f: &mut impl fmt::Write, number: u16, value: &[u8]) -> fmt::Result {
    match option_name(number) {
        Some(name) => write!(f, "{name}:")?,
        None => write!(f, "{number}:")?,
    }
    match number {
        number::CONTENT_FORMAT | number::ACCEPT => {
            match uint(value).and_then(|format| u16::try_from(format).ok()) {
                Some(format) => match formats::media_type(format) {
                    Some(media_type) => f.write_str(media_type),
                    None => write!(f, "{format}"),
                },
                None => write_hex(f, value),
            }
        }
        number::URI_HOST
        | number::URI_PATH
        | number::URI_QUERY
        | number::LOCATION_PATH
        | number::LOCATION_QUERY
        | number::PROXY_URI
        | number::PROXY_SCHEME => write!(f, "{}", escaped(value)),
        number::BLOCK1 | number::BLOCK2 => match uint(value) {
            Some(block) => write!(f, "{}/{}/{}", block >> 4, block >> 3 & 1, 16_u32 << (block & 7)),
            None => write_hex(f, value),
        },
        number::OBSERVE
        | number::URI_PORT
        | number::MAX_AGE
        | number::HOP_LIMIT
        | number::SIZE1
        | number::SIZE2
        | number::NO_RESPONSE => match uint(value) {
            Some(number) => write!(f, "{number}"),
            None => write_hex(f, value),
        },
        number::IF_NONE_MATCH => Ok(()),
        _ => write_hex(f, value),
    }
}

fn write_hex(f: &mut impl fmt::Write, value: &[u8]) -> fmt::Result {
    f.write_str("0x")?;
    value.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// The options of a reply as one line.
pub fn options(options: &[(u16, Vec<u8>)]) -> String {
    let mut line = String::new();
    for (number, value) in options {
        if !line.is_empty() {
            line.push_str(", ");
        }
        // Writing to a String cannot fail.
        let _ = write_option(&mut line, *number, value);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_as_in_other_tools() {
        let datagram = b"\x44\x03\x11\x01\xa1\xb2\xc3\xd4\xb1t\x10\xffhi\n";
        assert_eq!(
            Line(datagram).to_string(),
            "v:1 t:CON c:PUT i:1101 {a1b2c3d4} [ Uri-Path:t, Content-Format:text/plain ] :: 'hi\\x0a'"
        );
    }

    #[test]
    fn garbage_is_named() {
        assert_eq!(
            Line(b"@").to_string(),
            "1 bytes that are no message: shorter than the four bytes of a header"
        );
    }
}

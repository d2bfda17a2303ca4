//! CBOR to JSON (RFC 8949 section 6.1).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::Limits;
use crate::cbor::{CborError, Event, Fault, Item, Place, Reader};

/// Converts one CBOR data item to one JSON text without spaces.
///
/// # Errors
/// Where the item is not well-formed, exceeds the limits, has a duplicate key, or a key without a JSON form.
pub fn cbor_to_json(bytes: &[u8], limits: Limits) -> Result<String, CborError> {
    let mut reader = Reader::new(bytes, limits.depth);
    let mut writer = Writer { output: String::new(), frames: Vec::new() };
    while let Some(item) = reader.next_item()? {
        writer.item(&item).map_err(|fault| CborError { offset: item.offset, fault })?;
        if writer.output.len() > limits.output_bytes {
            let fault = Fault::OutputTooLong(limits.output_bytes);
            return Err(CborError { offset: item.offset, fault });
        }
    }
    Ok(writer.output)
}

/// How byte strings become text: RFC 8949 section 3.4.5.2, and 3.4.3 for bignums.
#[derive(Clone, Copy, PartialEq)]
enum Encoding {
    Base64Url,
    Base64,
    Base16,
    Bignum,
    NegativeBignum,
}

struct Frame {
    kind: Kind,
    encoding: Encoding,
}

enum Kind {
    Array,
    /// With the keys that were there, as JSON text.
    Map(BTreeSet<String>),
    Tag,
    /// An indefinite string, of which the chunks are gathered; as a key, or not.
    Bytes(Vec<u8>),
    Text {
        text: String,
        key: bool,
    },
}

struct Writer {
    output: String,
    frames: Vec<Frame>,
}

impl Writer {
    fn item(&mut self, item: &Item<'_>) -> Result<(), Fault> {
        match item.place {
            Place::Key(index) => return self.key(index, item.event),
            Place::Chunk(_) => {
                self.chunk(item.event);
                return Ok(());
            }
            Place::Element(index) if index > 0 => self.output.push(','),
            Place::Root | Place::Element(_) | Place::Value | Place::Content | Place::End => {}
        }
        let encoding = self.frames.last().map_or(Encoding::Base64Url, |frame| frame.encoding);
        let bignum = matches!(encoding, Encoding::Bignum | Encoding::NegativeBignum);
        if bignum && !matches!(item.event, Event::Bytes(_) | Event::BytesStart | Event::End) {
            return Err(Fault::BignumWithoutBytes);
        }
        match item.event {
            Event::Integer(value) => self.push(format_args!("{value}")),
            Event::Float(value) if value.is_finite() => self.push(format_args!("{value:?}")),
            Event::Bool(value) => self.push(format_args!("{value}")),
            Event::Null | Event::Undefined | Event::Simple(_) | Event::Float(_) => {
                self.output.push_str("null");
            }
            Event::Text(text) => push_text(&mut self.output, text),
            Event::Bytes(bytes) => push_bytes(&mut self.output, encoding, bytes),
            Event::BytesStart => self.frames.push(Frame { kind: Kind::Bytes(Vec::new()), encoding }),
            Event::TextStart => self.open_text(false),
            Event::ArrayStart(_) => {
                self.output.push('[');
                self.frames.push(Frame { kind: Kind::Array, encoding });
            }
            Event::MapStart(_) => {
                self.output.push('{');
                self.frames.push(Frame { kind: Kind::Map(BTreeSet::new()), encoding });
            }
            Event::Tag(tag) => {
                self.frames.push(Frame { kind: Kind::Tag, encoding: encoding_inside(tag, encoding) });
            }
            Event::End => return self.end(),
        }
        Ok(())
    }

    fn key(&mut self, index: u64, event: Event<'_>) -> Result<(), Fault> {
        if index > 0 {
            self.output.push(',');
        }
        match event {
            Event::Text(text) => self.finish_key(text),
            Event::Integer(value) => self.finish_key(&value.to_string()),
            Event::TextStart => {
                self.open_text(true);
                Ok(())
            }
            _ => Err(Fault::KeyWithoutJsonForm),
        }
    }

    /// Writes a key and the colon after it.
    fn finish_key(&mut self, key: &str) -> Result<(), Fault> {
        let start = self.output.len();
        push_text(&mut self.output, key);
        if let Some(Frame { kind: Kind::Map(keys), .. }) = self.frames.last_mut() {
            let written = &self.output[start..];
            if !keys.insert(written.to_owned()) {
                return Err(Fault::DuplicateKey(written.to_owned()));
            }
        }
        self.output.push(':');
        Ok(())
    }

    fn open_text(&mut self, key: bool) {
        let kind = Kind::Text { text: String::new(), key };
        self.frames.push(Frame { kind, encoding: Encoding::Base64Url });
    }

    fn chunk(&mut self, event: Event<'_>) {
        match (self.frames.last_mut().map(|frame| &mut frame.kind), event) {
            (Some(Kind::Bytes(gathered)), Event::Bytes(chunk)) => gathered.extend_from_slice(chunk),
            (Some(Kind::Text { text, .. }), Event::Text(chunk)) => text.push_str(chunk),
            // The reader lets no other chunk through.
            _ => {}
        }
    }

    fn end(&mut self) -> Result<(), Fault> {
        let Some(Frame { kind, encoding }) = self.frames.pop() else { return Ok(()) };
        match kind {
            Kind::Array => self.output.push(']'),
            Kind::Map(_) => self.output.push('}'),
            Kind::Tag => {}
            Kind::Bytes(bytes) => push_bytes(&mut self.output, encoding, &bytes),
            Kind::Text { text, key: true } => return self.finish_key(&text),
            Kind::Text { text, key: false } => push_text(&mut self.output, &text),
        }
        Ok(())
    }

    fn push(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.output.write_fmt(arguments);
    }
}

fn encoding_inside(tag: u64, outside: Encoding) -> Encoding {
    match tag {
        2 => Encoding::Bignum,
        3 => Encoding::NegativeBignum,
        21 => Encoding::Base64Url,
        22 => Encoding::Base64,
        23 => Encoding::Base16,
        _ => outside,
    }
}

/// Writes a JSON string.
pub(crate) fn push_text(output: &mut String, text: &str) {
    output.push('"');
    for character in text.chars() {
        match character {
            '"' => output.push_str("\\\""),
            '\\' => output.push_str("\\\\"),
            '\n' => output.push_str("\\n"),
            '\r' => output.push_str("\\r"),
            '\t' => output.push_str("\\t"),
            '\0'..='\u{1f}' => {
                let _ = write!(output, "\\u{:04x}", u32::from(character));
            }
            plain => output.push(plain),
        }
    }
    output.push('"');
}

fn push_bytes(output: &mut String, encoding: Encoding, bytes: &[u8]) {
    output.push('"');
    match encoding {
        Encoding::Base64Url | Encoding::Bignum => push_base64(output, bytes, [b'-', b'_'], false),
        Encoding::NegativeBignum => {
            output.push('~');
            push_base64(output, bytes, [b'-', b'_'], false);
        }
        Encoding::Base64 => push_base64(output, bytes, [b'+', b'/'], true),
        Encoding::Base16 => bytes.iter().for_each(|byte| {
            let _ = write!(output, "{byte:02X}");
        }),
    }
    output.push('"');
}

/// RFC 4648 sections 4 and 5; `last` are the digits 62 and 63.
fn push_base64(output: &mut String, bytes: &[u8], last: [u8; 2], padded: bool) {
    for group in bytes.chunks(3) {
        let bits =
            (0..3).fold(0, |bits, index| bits << 8 | u32::from(group.get(index).copied().unwrap_or(0)));
        for digit in 0..4 {
            if digit > group.len() {
                if padded {
                    output.push('=');
                }
                continue;
            }
            let value = (bits >> (18 - 6 * digit) & 0x3f) as u8;
            output.push(char::from(match value {
                0..=25 => b'A' + value,
                26..=51 => b'a' + value - 26,
                52..=61 => b'0' + value - 52,
                62 => last[0],
                _ => last[1],
            }));
        }
    }
}

//! A request that we send.

use coap_lite::{MessageType, RequestType};

use super::ETag;
use crate::wire::{Code, MessageWriter, RawOption, WriteError, number};

/// A request to be sent; borrows everything.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// GET, POST, PUT, DELETE, …
    pub method: RequestType,
    /// Whether it is sent until it is acknowledged.
    pub confirmable: bool,
    /// Name of the host when it is not the address the request goes to.
    pub host: Option<&'a str>,
    /// Path segments.
    pub path: &'a [&'a [u8]],
    /// Query arguments.
    pub query: &'a [&'a [u8]],
    /// Format of the payload.
    pub content_format: Option<u16>,
    /// The only format wanted.
    pub accept: Option<u16>,
    /// Tags of the representations that are held already.
    pub etags: &'a [ETag],
    /// Tags of which the resource must have one.
    pub if_match: &'a [ETag],
    /// Whether the resource must not exist.
    pub if_none_match: bool,
    /// Further options in any order; they must not be among those above.
    pub options: &'a [RawOption<'a>],
    /// The body.
    pub payload: &'a [u8],
}

impl<'a> Outgoing<'a> {
    /// A confirmable request with nothing but a path.
    pub const fn new(method: RequestType, path: &'a [&'a [u8]]) -> Self {
        Self {
            method,
            confirmable: true,
            host: None,
            path,
            query: &[],
            content_format: None,
            accept: None,
            etags: &[],
            if_match: &[],
            if_none_match: false,
            options: &[],
            payload: &[],
        }
    }

    /// Writes the message; the number of bytes.
    pub fn write(&self, buffer: &mut [u8], message_id: u16, token: &[u8]) -> Result<usize, WriteError> {
        let kind = if self.confirmable { MessageType::Confirmable } else { MessageType::NonConfirmable };
        let mut writer = MessageWriter::new(buffer, kind, Code::from(self.method), message_id, token)?;
        let mut previous = None;
        while let Some(next) = self.numbers().filter(|&at| previous.is_none_or(|done| at > done)).min() {
            self.write_option(&mut writer, next)?;
            previous = Some(next);
        }
        Ok(writer.payload(self.payload)?)
    }

    /// The numbers of all options, in no order.
    fn numbers(&self) -> impl Iterator<Item = u16> {
        let named = [
            (number::IF_MATCH, !self.if_match.is_empty()),
            (number::URI_HOST, self.host.is_some()),
            (number::ETAG, !self.etags.is_empty()),
            (number::IF_NONE_MATCH, self.if_none_match),
            (number::URI_PATH, !self.path.is_empty()),
            (number::CONTENT_FORMAT, self.content_format.is_some()),
            (number::URI_QUERY, !self.query.is_empty()),
            (number::ACCEPT, self.accept.is_some()),
        ];
        let further = self.options.iter().map(|option| option.number);
        named.into_iter().filter(|(_, there)| *there).map(|(number, _)| number).chain(further)
    }

    /// Writes every option of this number.
    fn write_option(&self, writer: &mut MessageWriter<'_>, number: u16) -> Result<(), WriteError> {
        match number {
            number::IF_MATCH => write_tags(writer, number, self.if_match)?,
            number::ETAG => write_tags(writer, number, self.etags)?,
            number::IF_NONE_MATCH if self.if_none_match => writer.option(number, &[])?,
            number::URI_PATH => self.path.iter().try_for_each(|segment| writer.option(number, segment))?,
            number::URI_QUERY => {
                self.query.iter().try_for_each(|argument| writer.option(number, argument))?;
            }
            _ => {}
        }
        match (number, self.host, self.content_format, self.accept) {
            (number::URI_HOST, Some(host), ..) => writer.option(number, host.as_bytes())?,
            (number::CONTENT_FORMAT, _, Some(format), _) => writer.uint(number, u32::from(format))?,
            (number::ACCEPT, _, _, Some(format)) => writer.uint(number, u32::from(format))?,
            _ => {}
        }
        let mut further = self.options.iter().filter(|option| option.number == number);
        further.try_for_each(|option| writer.option(number, option.value))
    }
}

fn write_tags(writer: &mut MessageWriter<'_>, number: u16, tags: &[ETag]) -> Result<(), WriteError> {
    tags.iter().try_for_each(|tag| writer.option(number, tag.as_bytes()))
}

//! A response, RFC 7252 §5.2 and §5.9.

use coap_lite::{MessageType, ResponseType};

use super::ETag;
use crate::base::Full;
use crate::wire::{Code, MessageWriter, Token, WriteError, number};

/// What ties a response to its request on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// Acknowledgement when piggybacked, else Confirmable or Non-confirmable.
    pub kind: MessageType,
    /// That of the request when piggybacked, else our own.
    pub message_id: u16,
    /// That of the request.
    pub token: Token,
}

/// What a server answers: a code, the options that describe it, a payload.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a> {
    /// 2.xx, 4.xx or 5.xx.
    pub code: ResponseType,
    /// Names the representation in the payload.
    pub etag: Option<ETag>,
    /// Where the created resource is, as segments joined by `/`; empty for none.
    pub location_path: &'a str,
    /// Format of the payload.
    pub content_format: Option<u16>,
    /// Seconds it stays fresh; absent means 60.
    pub max_age: Option<u32>,
    /// The largest body that would have been taken (with 4.13).
    pub size1: Option<u32>,
    /// The body.
    pub payload: &'a [u8],
}

impl<'a> Response<'a> {
    /// A response of this code and nothing else.
    pub const fn new(code: ResponseType) -> Self {
        Self {
            code,
            etag: None,
            location_path: "",
            content_format: None,
            max_age: None,
            size1: None,
            payload: &[],
        }
    }

    /// 2.05 with a representation.
    pub const fn content(content_format: Option<u16>, payload: &'a [u8]) -> Self {
        Self { content_format, payload, ..Self::new(ResponseType::Content) }
    }

    /// Writes header, token and options, ready for the payload.
    #[inline(always)]
    fn begin<'b>(&self, buffer: &'b mut [u8], head: Head) -> Result<MessageWriter<'b>, WriteError> {
        let mut writer =
            MessageWriter::new(buffer, head.kind, Code::from(self.code), head.message_id, head.token)?;
        if let Some(etag) = &self.etag {
            let (bytes, length) = etag.padded();
            writer.short(number::ETAG, bytes, length)?;
        }
        if !self.location_path.is_empty() {
            for segment in self.location_path.split('/') {
                writer.option(number::LOCATION_PATH, segment.as_bytes())?;
            }
        }
        if let Some(format) = self.content_format {
            writer.uint(number::CONTENT_FORMAT, u32::from(format))?;
        }
        if let Some(seconds) = self.max_age {
            writer.uint(number::MAX_AGE, seconds)?;
        }
        if let Some(size) = self.size1 {
            writer.uint(number::SIZE1, size)?;
        }
        Ok(writer)
    }

    /// Writes the message; the number of bytes.
    #[inline]
    pub fn write(&self, buffer: &mut [u8], head: Head) -> Result<usize, WriteError> {
        Ok(self.begin(buffer, head)?.payload(self.payload)?)
    }

    /// Writes the message with the payload that `encode` puts in place.
    pub fn write_with(
        &self,
        buffer: &mut [u8],
        head: Head,
        encode: impl FnOnce(&mut [u8]) -> Result<usize, Full>,
    ) -> Result<usize, WriteError> {
        Ok(self.begin(buffer, head)?.payload_with(encode)?)
    }
}

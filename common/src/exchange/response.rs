//! A response, RFC 7252 §5.2 and §5.9, cut into blocks where needed, RFC 7959 §2.4.

use coap_lite::{MessageType, ResponseType};

use super::{ETag, EchoValue};
use crate::base::Full;
use crate::wire::{Block, Code, MessageWriter, Token, WriteError, number};

/// What ties a response to its request on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Head<'t> {
    /// Acknowledgement when piggybacked, else Confirmable or Non-confirmable.
    pub kind: MessageType,
    /// That of the request when piggybacked, else our own.
    pub message_id: u16,
    /// That of the request.
    pub token: &'t [u8],
    /// The value of the Observe option, for a success that registers or notifies (RFC 7641 §4.2).
    pub observe: Option<u32>,
    /// The block of the request's body that this responds to, to be echoed.
    pub block1: Option<Block>,
    /// The block of the response's body that was asked for.
    pub block2: Option<Block>,
}

impl<'t> Head<'t> {
    /// The head of a response to a request without blocks.
    pub const fn new(kind: MessageType, message_id: u16, token: &'t [u8]) -> Self {
        Self { kind, message_id, token, observe: None, block1: None, block2: None }
    }
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
    /// The query of where the created resource is, one argument each (RFC 7252 §5.10.7).
    pub location_query: &'a [&'a str],
    /// Format of the payload.
    pub content_format: Option<u16>,
    /// Seconds it stays fresh; absent means 60.
    pub max_age: Option<u32>,
    /// The largest body that would have been taken (with 4.13).
    pub size1: Option<u32>,
    /// To be sent back with the next request (RFC 9175 §2.2).
    pub echo: Option<EchoValue>,
    /// The whole body, of any length; what fits no message goes in blocks.
    pub payload: &'a [u8],
}

/// Header, short token and options of an ordinary response: RFC 7252 §4.6 leaves 128 bytes for them.
const HEAD_ROOM: usize = 128;

/// A payload beyond this goes in blocks even where the buffer would take it in one piece.
const LARGEST_BLOCK: usize = 1024;

/// The block options of one message.
#[derive(Clone, Copy)]
struct Blocks {
    block1: Option<Block>,
    block2: Option<Block>,
    size2: Option<u32>,
}

impl<'a> Response<'a> {
    /// A response of this code and nothing else.
    pub const fn new(code: ResponseType) -> Self {
        Self {
            code,
            etag: None,
            location_path: "",
            location_query: &[],
            content_format: None,
            max_age: None,
            size1: None,
            echo: None,
            payload: &[],
        }
    }

    /// 2.05 with a representation.
    pub const fn content(content_format: Option<u16>, payload: &'a [u8]) -> Self {
        Self { content_format, payload, ..Self::new(ResponseType::Content) }
    }

    /// Writes the message, with the whole payload or the block of it that was asked for; the number of bytes.
    ///
    /// # Errors
    /// When the buffer has no room for the options.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub fn write(&self, buffer: &mut [u8], head: Head<'_>) -> Result<usize, WriteError> {
        if head.block2.is_none() && self.payload.len() <= LARGEST_BLOCK {
            let blocks = Blocks { block1: head.block1, block2: None, size2: None };
            if let Ok(written) =
                self.begin(buffer, head, blocks).and_then(|writer| Ok(writer.payload(self.payload)?))
            {
                return Ok(written);
            }
        }
        self.write_window(buffer, head, &|offset, room| {
            let rest = self.payload.get(offset..).unwrap_or_default();
            for (to, from) in room.iter_mut().zip(rest) {
                *to = *from;
            }
            self.payload.len()
        })
    }

    /// Writes the message with the payload that `encode` puts in place: one that is sure to fit.
    ///
    /// # Errors
    /// When it does not.
    pub fn write_with(
        &self,
        buffer: &mut [u8],
        head: Head<'_>,
        encode: &mut dyn FnMut(&mut [u8]) -> Result<usize, Full>,
    ) -> Result<usize, WriteError> {
        let blocks = Blocks { block1: head.block1, block2: None, size2: None };
        Ok(self.begin(buffer, head, blocks)?.payload_with(encode)?)
    }

    /// Writes the message with a body that is rendered as often as needed: `render` writes what lies from an
    /// offset on into as many bytes as it gets and returns the length of the whole body.
    ///
    /// # Errors
    /// When the buffer has no room for the options.
    pub fn write_window(
        &self,
        buffer: &mut [u8],
        head: Head<'_>,
        render: &dyn Fn(usize, &mut [u8]) -> usize,
    ) -> Result<usize, WriteError> {
        let total = render(0, &mut []);
        let head_room = HEAD_ROOM + head.token.len().saturating_sub(Token::SHORT);
        let largest = Block::exponent_for(buffer.len().saturating_sub(head_room)).ok_or(WriteError::Full)?;
        let first = Block { number: 0, more: false, exponent: largest };
        if self.code_class() != 2 || head.block2.is_none() && total <= first.size() {
            let blocks = Blocks { block1: head.block1, block2: None, size2: None };
            return Ok(self
                .begin(buffer, head, blocks)?
                .payload_with(|room| fill(room, 0, total, render))?);
        }
        let block = head.block2.unwrap_or(first).at_most(largest);
        if block.number != 0 && block.offset() >= total {
            let beyond = Response { payload: b"no such block", ..Response::new(ResponseType::BadRequest) };
            let blocks = Blocks { block1: head.block1, block2: None, size2: None };
            return Ok(beyond.begin(buffer, head, blocks)?.payload(beyond.payload)?);
        }
        let length = (total - block.offset()).min(block.size());
        let more = block.offset() + length < total;
        let blocks = Blocks {
            block1: head.block1,
            block2: Some(Block { more, ..block }),
            size2: u32::try_from(total).ok().filter(|_| block.number == 0 && more),
        };
        let writer = self.begin(buffer, head, blocks)?;
        Ok(writer.payload_with(|room| fill(room, block.offset(), length, render))?)
    }

    fn code_class(&self) -> u8 {
        Code::from(self.code).class()
    }

    /// Writes header, token and options, ready for the payload.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    #[cfg_attr(target_os = "none", inline(never))]
    fn begin<'b>(
        &self,
        buffer: &'b mut [u8],
        head: Head<'_>,
        blocks: Blocks,
    ) -> Result<MessageWriter<'b>, WriteError> {
        let mut writer =
            MessageWriter::new(buffer, head.kind, Code::from(self.code), head.message_id, head.token)?;
        if let Some(etag) = &self.etag {
            let (bytes, length) = etag.padded();
            writer.short(number::ETAG, bytes, length)?;
        }
        if let Some(sequence) = head.observe.filter(|_| self.code_class() == 2) {
            writer.uint(number::OBSERVE, sequence)?;
        }
        if !self.location_path.is_empty() {
            for segment in self.location_path.as_bytes().split(|byte| *byte == b'/') {
                writer.option(number::LOCATION_PATH, segment)?;
            }
        }
        if let Some(format) = self.content_format {
            writer.uint(number::CONTENT_FORMAT, u32::from(format))?;
        }
        if let Some(seconds) = self.max_age {
            writer.uint(number::MAX_AGE, seconds)?;
        }
        for argument in self.location_query {
            writer.option(number::LOCATION_QUERY, argument.as_bytes())?;
        }
        if let Some(block) = blocks.block2 {
            writer.uint(number::BLOCK2, block.to_option())?;
        }
        if let Some(block) = blocks.block1 {
            writer.uint(number::BLOCK1, block.to_option())?;
        }
        if let Some(size) = blocks.size2 {
            writer.uint(number::SIZE2, size)?;
        }
        if let Some(size) = self.size1 {
            writer.uint(number::SIZE1, size)?;
        }
        if let Some(echo) = &self.echo {
            writer.option(number::ECHO, echo.as_bytes())?;
        }
        Ok(writer)
    }
}

/// Renders `length` bytes of a body from `offset` on.
fn fill(
    room: &mut [u8],
    offset: usize,
    length: usize,
    render: &dyn Fn(usize, &mut [u8]) -> usize,
) -> Result<usize, Full> {
    render(offset, room.get_mut(..length).ok_or(Full)?);
    Ok(length)
}

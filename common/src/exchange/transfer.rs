//! Bodies that come and go in blocks, seen from the client, RFC 7959 §2.4 to §2.5.

use coap_lite::ResponseType;

use super::ETag;
use crate::wire::{Block, Code, Message, number, uint};

/// What a response says of the transfer that it belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    code: Code,
    etag: Option<ETag>,
    format: Option<u32>,
    block1: Option<Block>,
    /// `Some(None)` for a block whose option cannot be read.
    block2: Option<Option<Block>>,
    size2: Option<u32>,
    length: usize,
}

impl Part {
    /// Of a response message.
    pub fn of(message: &Message<'_>) -> Self {
        let number = |option| message.values(option).next().and_then(uint);
        let block2 =
            message.values(number::BLOCK2).next().map(|value| uint(value).and_then(Block::from_option));
        Self {
            code: message.code(),
            etag: message.values(number::ETAG).next().and_then(ETag::new),
            format: number(number::CONTENT_FORMAT),
            block1: number(number::BLOCK1).and_then(Block::from_option),
            block2,
            size2: number(number::SIZE2),
            length: message.payload().len(),
        }
    }
}

/// A body that is fetched block by block, of one version of its resource.
#[derive(Clone, Copy, Debug, Default)]
pub struct Download {
    first: Option<Part>,
    received: usize,
    #[cfg(feature = "faults")]
    ignores_etag: bool,
}

/// What the client does after a response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The payload is the last part of the body.
    Done,
    /// The payload belongs to the body; ask for this block next.
    More(Block),
    /// The resource is another one by now: what was received is worthless.
    Changed,
    /// The response does not continue what was asked for.
    Broken,
}

#[cfg(feature = "faults")]
impl Download {
    /// Puts blocks together whatever their ETag is: a planted fault.
    pub fn ignoring_etag() -> Self {
        Self { ignores_etag: true, ..Self::default() }
    }
}

impl Download {
    /// Looks at a response to the request for the next block.
    pub fn step(&mut self, part: &Part) -> Step {
        let Some(first) = self.first else {
            self.first = Some(*part);
            return match part.block2 {
                None => self.last(part),
                Some(block) => self.block(part, block),
            };
        };
        #[cfg(feature = "faults")]
        let first = if self.ignores_etag { Part { etag: part.etag, ..first } } else { first };
        if (part.code, part.etag, part.format) != (first.code, first.etag, first.format) {
            return Step::Changed;
        }
        part.block2.map_or(Step::Changed, |block| self.block(part, block))
    }

    fn block(&mut self, part: &Part, block: Option<Block>) -> Step {
        let Some(block) = block.filter(|block| block.offset() == self.received) else { return Step::Broken };
        if !block.more {
            return self.last(part);
        }
        if part.length != block.size() || block.number == Block::MAX_NUMBER {
            return Step::Broken;
        }
        self.received += block.size();
        Step::More(Block { number: block.number + 1, more: false, exponent: block.exponent })
    }

    const fn last(&mut self, part: &Part) -> Step {
        self.received += part.length;
        Step::Done
    }

    /// The size of the body as the server announced it.
    pub fn size(&self) -> Option<u32> {
        self.first.and_then(|first| first.size2)
    }

    /// How many bytes have come.
    pub const fn received(&self) -> usize {
        self.received
    }
}

/// A body that is sent block by block.
#[derive(Clone, Copy, Debug)]
pub struct Upload {
    block: Block,
    length: usize,
}

/// What the client does after the response to a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sent {
    /// The response is the answer to the whole request.
    Answered,
    /// Send [`Upload::block`] next.
    Next,
}

impl Upload {
    /// A body of `length` bytes in blocks of this exponent; `None` if it fits one block.
    pub const fn new(length: usize, exponent: u8) -> Option<Self> {
        let block = Block { number: 0, more: true, exponent };
        if length <= block.size() { None } else { Some(Self { block, length }) }
    }

    /// The block to send, and where it lies in the body.
    pub fn block(&self) -> (Block, core::ops::Range<usize>) {
        let start = self.block.offset();
        (self.block, start..(start + self.block.size()).min(self.length))
    }

    /// Looks at the response to the block; a server may ask for smaller ones (§2.3).
    pub fn step(&mut self, part: &Part) -> Sent {
        let continues = part.code == Code::from(ResponseType::Continue);
        let (Some(answered), true, true) = (part.block1, continues, self.block.more) else {
            return Sent::Answered;
        };
        let next = Block { number: self.block.number + 1, ..self.block }.at_most(answered.exponent);
        self.block = Block { more: next.offset() + next.size() < self.length, ..next };
        Sent::Next
    }
}

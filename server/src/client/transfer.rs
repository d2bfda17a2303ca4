//! Bodies of any length, block by block, RFC 7959.

use std::time::{Duration, Instant as Clock};

use twite::exchange::{Download, Outgoing, Sent, Step, Upload};
use twite::wire::{Block, Code, RawOption, RequestType, number};

use super::{Client, ClientError, Reply};

/// How a client cuts bodies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Blocks {
    /// The largest block as an exponent from 0 (16 bytes) to 6 (1024 bytes).
    pub exponent: u8,
    /// Whether the first request already asks for blocks of this size (RFC 7959 §2.4, early negotiation).
    pub early: bool,
}

impl Default for Blocks {
    fn default() -> Self {
        Self { exponent: Block::MAX_EXPONENT, early: false }
    }
}

/// How often a transfer is begun anew when the resource changes under it.
const ATTEMPTS: u32 = 4;

impl Client<'_> {
    /// Sends a request whose body and whose response's body may be of any length: what does not fit a block of
    /// this exponent goes in blocks (RFC 7959), each with `patience` of its own. `progress` hears how many bytes
    /// went or came, of how many.
    ///
    /// # Errors
    /// Why there is no response.
    pub fn transfer(
        &mut self,
        request: &Outgoing<'_>,
        blocks: Blocks,
        patience: Duration,
        mut progress: impl FnMut(usize, Option<usize>),
    ) -> Result<Reply, ClientError> {
        let begun = Clock::now();
        for _ in 0..ATTEMPTS {
            let first = self.upload(request, blocks, patience, &mut progress)?;
            if let Some(reply) = self.download(request, blocks, first, patience, &mut progress)? {
                return Ok(Reply { elapsed: begun.elapsed(), ..reply });
            }
            // What must be done once is not begun anew.
            if !Code::from(request.method).is_idempotent() {
                break;
            }
        }
        Err(ClientError::Changed)
    }

    /// Sends the body; the response to its last block.
    fn upload(
        &mut self,
        request: &Outgoing<'_>,
        blocks: Blocks,
        patience: Duration,
        progress: &mut impl FnMut(usize, Option<usize>),
    ) -> Result<Reply, ClientError> {
        let early = blocks.early.then_some(Block { number: 0, more: false, exponent: blocks.exponent });
        // The query of a FETCH goes with each request for a block of its answer, so it stays in one piece if it can.
        let exponent =
            if request.method == RequestType::Fetch { Block::MAX_EXPONENT } else { blocks.exponent };
        let Some(mut upload) = Upload::new(request.payload.len(), exponent) else {
            return self.exchange(request, None, early, None, patience);
        };
        let total = request.payload.len();
        loop {
            let (block, range) = upload.block();
            let part =
                Outgoing { payload: request.payload.get(range.clone()).unwrap_or_default(), ..*request };
            let size = (block.number == 0).then_some(total);
            let reply = self.exchange(&part, Some(block), early.filter(|_| !block.more), size, patience)?;
            progress(range.end, Some(total));
            if upload.step(&reply.part) == Sent::Answered {
                return Ok(reply);
            }
        }
    }

    /// Fetches what the first response left out; `None` if the resource changed meanwhile.
    pub(super) fn download(
        &mut self,
        request: &Outgoing<'_>,
        blocks: Blocks,
        first: Reply,
        patience: Duration,
        progress: &mut impl FnMut(usize, Option<usize>),
    ) -> Result<Option<Reply>, ClientError> {
        let mut download = Download::default();
        let mut body = Vec::new();
        let mut reply = first;
        loop {
            let step = download.step(&reply.part);
            body.extend_from_slice(&reply.payload);
            match step {
                Step::Done => return Ok(Some(Reply { payload: body, ..reply })),
                Step::Changed => return Ok(None),
                Step::Broken => return Err(ClientError::BrokenTransfer),
                Step::More(block) => {
                    progress(download.received(), download.size().map(|size| size as usize));
                    // The body of a FETCH says what the block is of (RFC 8132 §2.1); any other was taken.
                    let rest = match request.method {
                        RequestType::Fetch => *request,
                        _ => Outgoing { payload: &[], content_format: None, ..*request },
                    };
                    reply =
                        self.exchange(&rest, None, Some(block.at_most(blocks.exponent)), None, patience)?;
                }
            }
        }
    }

    fn exchange(
        &mut self,
        request: &Outgoing<'_>,
        block1: Option<Block>,
        block2: Option<Block>,
        size1: Option<usize>,
        patience: Duration,
    ) -> Result<Reply, ClientError> {
        let values = [
            (number::BLOCK1, block1.map(Block::to_option)),
            (number::BLOCK2, block2.map(Block::to_option)),
            (number::SIZE1, size1.and_then(|size| u32::try_from(size).ok())),
        ]
        .map(|(number, value)| (number, value.map(u32::to_be_bytes)));
        let added = values.iter().filter_map(|(number, value)| {
            let value = value.as_ref()?;
            let skip = value.iter().take_while(|byte| **byte == 0).count();
            Some(RawOption { number: *number, value: value.get(skip..)? })
        });
        let options: Vec<RawOption<'_>> = request.options.iter().copied().chain(added).collect();
        self.request(&Outgoing { options: &options, ..*request }, patience)
    }
}

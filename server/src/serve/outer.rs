//! Protected messages that a proxy cut into blocks on the way, RFC 8613 §4.1.3.4.2. They are put together before anybody opens
//! them, and responses are cut as the proxy asked for. Nobody knows yet who sent such a block, so that all of it is bounded: what
//! one message may have, how many there are, how long they wait. Only Confirmable requests are put together.

mod rewrite;

use std::net::SocketAddr;

use twite::base::{Duration, Instant};
use twite::reliability::Peer;
use twite::wire::{Block, Message, MessageType, ResponseType, Token, WriteError, number, uint};

use super::forward::LONGEST;

/// The longest ciphertext that is put together, in bytes (MAX_UNFRAGMENTED_SIZE): with all options one datagram.
pub(super) const MAX_UNFRAGMENTED: usize = LONGEST - 1_023;

/// How many are under way at once, and bytes of all together.
const MOST: usize = 64;
const BYTES: usize = 4 << 20;

/// How long one may wait for its next block before another takes its place.
const PATIENCE: Duration = Duration::from_secs(93);

/// Room for whatever is said about a block, or for a response.
const ROOM: usize = 2_048;

/// Messages under way.
#[derive(Debug)]
pub(super) struct Outer {
    cuts: Vec<Cut>,
    buffer: Vec<u8>,
}

/// A request that comes in blocks, or whose response goes in blocks.
#[derive(Debug)]
struct Cut {
    remote: SocketAddr,
    /// The OSCORE option: each protected request has one of its own.
    option: Vec<u8>,
    ciphertext: Vec<u8>,
    /// The latest block.
    block1: Option<Block>,
    /// What the response is cut into.
    block2: Option<Block>,
    /// That of the latest block, until another request of the same sender has it.
    token: Option<Token>,
    /// The protected response, if it went in blocks.
    response: Vec<u8>,
    last: Instant,
}

/// What became of a datagram.
pub(super) enum Received<'o> {
    /// It is to be served as it came.
    Untouched,
    /// This is to be served in its place.
    Whole(&'o [u8]),
    /// This is the answer.
    Answer(&'o [u8]),
    /// There is nothing to say.
    Nothing,
}

/// What to do with a block.
enum Step {
    Untouched,
    Whole(usize),
    Part(usize, Block),
    Say(ResponseType, Option<Block>),
}

/// What a request says of its blocks.
struct Asked<'m> {
    option: &'m [u8],
    block1: Option<Block>,
    block2: Option<Block>,
}

impl Outer {
    pub(super) fn new() -> Self {
        Self { cuts: Vec::new(), buffer: vec![0; LONGEST] }
    }

    /// Looks at a datagram that came from `peer`.
    pub(super) fn receive(&mut self, now: Instant, peer: Peer, datagram: &[u8]) -> Received<'_> {
        let Ok(message) = Message::parse(datagram) else { return Received::Untouched };
        let Some(option) = message.values(number::OSCORE).next() else { return Received::Untouched };
        if message.kind() != MessageType::Confirmable || !message.code().is_request() {
            return Received::Untouched;
        }
        self.forget_token(peer.remote, message.token(), option);
        let step = match Asked::of(&message, option) {
            Ok(None) => return Received::Untouched,
            Ok(Some(asked)) => self.step(now, peer.remote, &message, &asked),
            Err(()) => Step::Say(ResponseType::BadRequest, None),
        };
        let written = match step {
            Step::Untouched => return Received::Untouched,
            Step::Whole(index) => {
                let Some(cut) = self.cuts.get(index) else { return Received::Nothing };
                let written = rewrite::whole(&message, &cut.ciphertext, &mut self.buffer);
                return match written {
                    Ok(length) => Received::Whole(self.buffer.get(..length).unwrap_or_default()),
                    Err(_) => Received::Untouched,
                };
            }
            Step::Part(index, block) => self.part(index, block, &message),
            Step::Say(code, block1) => {
                let size1 = (code == ResponseType::RequestEntityTooLarge).then_some(MAX_UNFRAGMENTED);
                rewrite::answer(&message, code, block1, size1, &mut self.buffer)
            }
        };
        match written {
            Ok(length) => Received::Answer(self.buffer.get(..length).unwrap_or_default()),
            Err(_) => Received::Nothing,
        }
    }

    /// What goes to `peer` instead of this message: a response is cut as it was asked for.
    pub(super) fn send<'o>(&'o mut self, peer: Peer, bytes: &'o [u8]) -> &'o [u8] {
        if self.cuts.is_empty() {
            return bytes;
        }
        let Some(message) = Message::parse(bytes).ok().filter(|message| message.code().is_response()) else {
            return bytes;
        };
        let is_it = |cut: &&mut Cut| {
            cut.remote == peer.remote && cut.token.is_some_and(|token| token.as_bytes() == message.token())
        };
        let Some(cut) = self.cuts.iter_mut().find(is_it) else { return bytes };
        let first = cut.block2.map(|block| Block { number: 0, more: true, ..block });
        let part = first.filter(|first| message.payload().len() > first.size());
        if part.is_some() {
            cut.response = bytes.to_vec();
        }
        let head = (message.kind(), message.message_id(), message.token());
        match rewrite::response(&message, head, (cut.block1, part), &mut self.buffer) {
            Ok(length) => self.buffer.get(..length).unwrap_or_default(),
            Err(_) => bytes,
        }
    }

    /// Another request of the same sender takes the token over: what answers it is not to be cut.
    fn forget_token(&mut self, remote: SocketAddr, token: &[u8], option: &[u8]) {
        let token = Token::new(token);
        let others = self.cuts.iter_mut().filter(|cut| cut.remote == remote && cut.option != option);
        others.filter(|cut| cut.token == token).for_each(|cut| cut.token = None);
    }

    fn step(&mut self, now: Instant, remote: SocketAddr, message: &Message<'_>, asked: &Asked<'_>) -> Step {
        let found = self.cuts.iter().position(|cut| cut.remote == remote && cut.option == asked.option);
        let is_last = asked.block1.is_none_or(|block| !block.more);
        if let Some(block) = asked.block2.filter(|block| block.number > 0 && is_last) {
            let known =
                found.filter(|index| self.cuts.get(*index).is_some_and(|cut| !cut.response.is_empty()));
            return known.map_or(Step::Say(ResponseType::RequestEntityIncomplete, None), |index| {
                Step::Part(index, block)
            });
        }
        let Some(block) = asked.block1 else {
            if found.is_none() && self.make_room(now, 0) {
                self.cuts.push(Cut::new(now, remote, message, asked));
            }
            return Step::Untouched;
        };
        match self.collect(now, remote, found, message, (asked, block)) {
            Ok(_) if block.more => Step::Say(ResponseType::Continue, Some(block)),
            Ok(index) => Step::Whole(index),
            Err(code) => {
                self.cuts.retain(|cut| cut.remote != remote || cut.option != asked.option);
                Step::Say(code, Some(block))
            }
        }
    }

    /// Takes a block; its message. Of an error the message ends.
    fn collect(
        &mut self,
        now: Instant,
        remote: SocketAddr,
        found: Option<usize>,
        message: &Message<'_>,
        (asked, block): (&Asked<'_>, Block),
    ) -> Result<usize, ResponseType> {
        let payload = message.payload();
        let fits = if block.more { payload.len() == block.size() } else { payload.len() <= block.size() };
        if !fits {
            return Err(ResponseType::BadRequest);
        }
        let declared = message.values(number::SIZE1).next().and_then(uint).unwrap_or(0);
        let (start, end) = (block.offset(), block.offset() + payload.len());
        if declared as usize > MAX_UNFRAGMENTED || end > MAX_UNFRAGMENTED {
            return Err(ResponseType::RequestEntityTooLarge);
        }
        let known = found.and_then(|index| self.cuts.get(index));
        // A block that came already is acknowledged again.
        let came = known.is_some_and(|cut| {
            cut.ciphertext.len() == end && cut.ciphertext.get(start..).is_some_and(|tail| tail == payload)
        });
        let goes_on = known.is_some_and(|cut| cut.ciphertext.len() == start && !cut.is_whole());
        if !came && !goes_on && start != 0 {
            return Err(ResponseType::RequestEntityIncomplete);
        }
        if !came && !self.make_room(now, payload.len()) {
            return Err(ResponseType::ServiceUnavailable);
        }
        // Making room may have moved it.
        let index = match self.cuts.iter().position(|cut| cut.remote == remote && cut.option == asked.option)
        {
            Some(index) => index,
            None if start == 0 => {
                self.cuts.push(Cut::new(now, remote, message, asked));
                self.cuts.len() - 1
            }
            None => return Err(ResponseType::RequestEntityIncomplete),
        };
        let cut = self.cuts.get_mut(index).ok_or(ResponseType::RequestEntityIncomplete)?;
        if !came {
            cut.ciphertext.truncate(start);
            cut.ciphertext.extend_from_slice(payload);
        }
        (cut.last, cut.token) = (now, Token::new(message.token()));
        (cut.block1, cut.block2) = (Some(block), asked.block2);
        Ok(index)
    }

    /// Whether there is room for so many bytes more, once what waited for too long has left.
    fn make_room(&mut self, now: Instant, wanted: usize) -> bool {
        self.cuts.retain(|cut| now.since(cut.last) < PATIENCE);
        let bytes: usize = self.cuts.iter().map(|cut| cut.ciphertext.len() + cut.response.len()).sum();
        self.cuts.len() < MOST && bytes + wanted <= BYTES
    }

    /// A later part of a response that went in blocks, as the answer to `to`.
    fn part(&mut self, index: usize, block: Block, to: &Message<'_>) -> Result<usize, WriteError> {
        let response = self.cuts.get(index).map_or(&[][..], |cut| &cut.response);
        let buffer = self.buffer.get_mut(..ROOM).unwrap_or_default();
        let whole = Message::parse(response).ok();
        let Some(whole) = whole.filter(|whole| block.offset() < whole.payload().len()) else {
            return rewrite::answer(to, ResponseType::BadRequest, None, None, buffer);
        };
        let part = Block { more: block.offset() + block.size() < whole.payload().len(), ..block };
        let head = (MessageType::Acknowledgement, to.message_id(), to.token());
        rewrite::response(&whole, head, (None, Some(part)), buffer)
    }
}

impl Cut {
    fn new(now: Instant, remote: SocketAddr, message: &Message<'_>, asked: &Asked<'_>) -> Self {
        Self {
            remote,
            option: asked.option.to_vec(),
            ciphertext: Vec::new(),
            block1: None,
            block2: asked.block2,
            token: Token::new(message.token()),
            response: Vec::new(),
            last: now,
        }
    }

    /// Whether the last block came.
    fn is_whole(&self) -> bool {
        self.block1.is_some_and(|block| !block.more)
    }
}

impl<'m> Asked<'m> {
    /// Of a request that has something to do with blocks; an error if one cannot be read.
    fn of(message: &Message<'m>, option: &'m [u8]) -> Result<Option<Self>, ()> {
        let block = |number| match message.values(number).next() {
            Some(value) => uint(value).and_then(Block::from_option).map(Some).ok_or(()),
            None => Ok(None),
        };
        let (block1, block2) = (block(number::BLOCK1)?, block(number::BLOCK2)?);
        Ok((block1.is_some() || block2.is_some()).then_some(Self { option, block1, block2 }))
    }
}

#[cfg(test)]
mod tests;

//! Which requests were answered already, and how, RFC 7252 §4.5.

use super::Peer;
use crate::base::{Duration, Full, Hashed, Hasher, Index, Instant, Lent, Ring, Span, Table};

/// What names a message: where it came from and its message id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origin {
    /// The sender.
    pub peer: Peer,
    /// Its message id.
    pub message_id: u16,
}

impl Hashed for Origin {
    #[inline]
    fn hash(&self, hasher: &mut Hasher) {
        self.peer.hash(hasher);
        hasher.word(u64::from(self.message_id));
    }
}

/// How a repeated message is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Its answer is not known yet.
    Pending,
    /// By an Empty acknowledgement: the response travels on its own.
    Acknowledgement,
    /// By the very bytes sent before.
    Bytes(Span),
    /// Not at all: it was Non-confirmable, or its answer had to make room.
    Silence,
}

/// One answered message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Remembered {
    at: Instant,
    answer: Answer,
}

/// A bounded memory of answered messages; each is forgotten EXCHANGE_LIFETIME after it came.
#[derive(Debug)]
pub struct Duplicates<'s> {
    table: Table<'s, Origin, Remembered>,
    answers: Ring<'s>,
    lifetime: Duration,
    /// Where the newest entry is, which is nearly always the next to be settled.
    newest: Option<Index>,
}

/// How many expired entries one insertion clears: more than it adds, so that the memory drains.
const CLEARED_AT_ONCE: usize = 2;

impl<'s> Duplicates<'s> {
    /// An empty memory.
    pub fn new(
        memory: Lent<'s, Origin, Remembered>,
        answers: &'s mut [u8],
        seed: u64,
        lifetime: Duration,
    ) -> Self {
        Self { table: Table::new(memory, seed), answers: Ring::new(answers), lifetime, newest: None }
    }

    /// How the message is to be answered if it came before.
    pub fn find(&self, now: Instant, origin: &Origin) -> Option<Answer> {
        let (_, known) = self.table.at(self.table.find(origin)?)?;
        (now.since(known.at) < self.lifetime).then_some(known.answer)
    }

    /// The bytes of an answer; `None` once newer answers have overwritten them.
    pub fn bytes(&self, span: Span) -> Option<&[u8]> {
        self.answers.get(span)
    }

    /// Lets go of entries whose time is over, a few at a time; `forgotten` hears of each one's peer. Whether
    /// there may be more of them.
    pub fn expire(&mut self, now: Instant, mut forgotten: impl FnMut(&Peer)) -> bool {
        for _ in 0..CLEARED_AT_ONCE {
            let Some(oldest) = self.table.oldest() else { return false };
            if self.table.at(oldest).is_some_and(|(_, known)| now.since(known.at) < self.lifetime) {
                return false;
            }
            if let Some((origin, _)) = self.table.remove(oldest) {
                forgotten(&origin.peer);
            }
        }
        true
    }

    /// Lets go of the oldest entry if there is no room for another.
    pub fn make_room(&mut self) {
        if let Some(oldest) = self.table.oldest().filter(|_| self.table.is_full()) {
            self.table.discard(oldest);
        }
    }

    /// Lets go of this message; whether it was there.
    pub fn forget(&mut self, origin: &Origin) -> bool {
        let known = self.table.find(origin);
        if let Some(index) = known {
            self.table.discard(index);
        }
        known.is_some()
    }

    /// Remembers a message that is not there as pending.
    pub fn begin(&mut self, now: Instant, origin: Origin) -> Result<(), Full> {
        self.newest = Some(self.table.insert(origin, Remembered { at: now, answer: Answer::Pending })?);
        Ok(())
    }

    /// How long until the oldest entry makes room.
    pub fn room_in(&self, now: Instant) -> Duration {
        let oldest = self.table.oldest().and_then(|index| self.table.at(index));
        oldest.map_or(Duration::ZERO, |(_, known)| self.lifetime - now.since(known.at))
    }

    /// Settles how a repetition of the message is answered.
    pub fn settle(&mut self, origin: &Origin, answer: Answer) {
        let newest =
            self.newest.filter(|&index| self.table.at(index).is_some_and(|(known, _)| known == origin));
        let index = newest.or_else(|| self.table.find(origin));
        if let Some(known) = index.and_then(|index| self.table.at_mut(index)) {
            known.answer = answer;
        }
    }

    /// Settles that a repetition gets these bytes again.
    pub fn settle_bytes(&mut self, origin: &Origin, bytes: &[u8]) {
        let answer = self.answers.push(bytes).map_or(Answer::Silence, Answer::Bytes);
        self.settle(origin, answer);
    }
}

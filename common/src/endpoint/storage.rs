//! The memory an endpoint works on, lent by its owner.

use super::{DeferredRecord, PeerRecord, RequestRecord, TransmissionRecord};
use crate::base::{DeadlineSlot, FixedTable, Lent};
use crate::exchange::{
    ObservationRecord, ObservedRecord, ObserverKey, ObserverSlots, UploadKey, UploadRecord,
};
use crate::reliability::{Estimate, Origin, Peer, Remembered};
use crate::wire::Token;

/// Memory for every table.
#[derive(Debug)]
pub struct Tables<'s> {
    /// Peers whose message ids we count.
    pub peers: Lent<'s, Peer, PeerRecord>,
    /// Answered requests that may be done again: PUT, DELETE, iPATCH.
    pub repeatable: Lent<'s, Origin, Remembered>,
    /// Answered requests that must be done once: POST, PATCH.
    pub once: Lent<'s, Origin, Remembered>,
    /// Requests whose response comes later.
    pub deferred: Lent<'s, Origin, DeferredRecord>,
    /// Confirmable messages of ours in flight.
    pub transmissions: Lent<'s, Origin, TransmissionRecord>,
    /// Requests of ours in flight.
    pub requests: Lent<'s, u64, RequestRecord>,
    /// Bodies that come in blocks and are assembled by the endpoint; none if the application does that.
    pub uploads: Lent<'s, UploadKey, UploadRecord>,
    /// Observations of our resources.
    pub observers: ObserverSlots<'s>,
    /// How long acknowledgements take, by peer, from which retransmission timeouts are estimated (CoCoA); none if
    /// ACK_TIMEOUT is to hold for all.
    pub estimates: Lent<'s, Peer, Estimate>,
    /// One for each entry of `deferred`, `transmissions`, `requests` and `observers.observations`.
    pub deadlines: &'s mut [DeadlineSlot],
}

/// All memory of an endpoint. Capacity is a value: of each table, the length of each slice.
#[derive(Debug)]
pub struct Storage<'s> {
    /// The tables.
    pub tables: Tables<'s>,
    /// How many requests that must be done once are remembered for one peer.
    pub once_per_peer: u16,
    /// How many observations one peer may have.
    pub observers_per_peer: u16,
    /// The longest token of a request that is served, in bytes. Beyond it a request is answered 4.00; up to
    /// [`Token::SHORT`] there are no extended tokens, and a longer one is a format error (RFC 8974 §2.2.2).
    /// Beyond [`Token::MAX`] a request can be answered at once only, and not observe.
    pub longest_token: u16,
    /// Answers to requests that may be done again.
    pub answers: &'s mut [u8],
    /// Answers to requests that must be done once.
    pub once_answers: &'s mut [u8],
    /// Messages in flight: an equal share for each transmission.
    pub messages: &'s mut [u8],
    /// Bodies that come in blocks: an equal share for each upload.
    pub bodies: &'s mut [u8],
    /// The message that is written now.
    pub send: &'s mut [u8],
}

/// How many bytes of answers are kept for each exchange, on average.
pub(super) const ANSWER: usize = 64;

/// Memory of fixed size, for a static or the stack: `PEERS` peers, `EXCHANGES` entries in every other table,
/// messages of `MESSAGE` bytes, one body at a time that comes in blocks, of up to `BODY` bytes.
#[derive(Debug)]
pub struct FixedStorage<
    const PEERS: usize,
    const EXCHANGES: usize,
    const MESSAGE: usize,
    const BODY: usize = 1024,
> {
    peers: FixedTable<Peer, PeerRecord, PEERS>,
    repeatable: FixedTable<Origin, Remembered, EXCHANGES>,
    once: FixedTable<Origin, Remembered, EXCHANGES>,
    deferred: FixedTable<Origin, DeferredRecord, EXCHANGES>,
    transmissions: FixedTable<Origin, TransmissionRecord, EXCHANGES>,
    requests: FixedTable<u64, RequestRecord, EXCHANGES>,
    uploads: FixedTable<UploadKey, UploadRecord, 1>,
    observations: FixedTable<ObserverKey, ObservationRecord, EXCHANGES>,
    observed: FixedTable<u64, ObservedRecord, EXCHANGES>,
    notified: FixedTable<Origin, u32, EXCHANGES>,
    deadlines: [[DeadlineSlot; 4]; EXCHANGES],
    answers: [[u8; ANSWER]; EXCHANGES],
    once_answers: [[u8; ANSWER]; EXCHANGES],
    messages: [[u8; MESSAGE]; EXCHANGES],
    body: [u8; BODY],
    send: [u8; MESSAGE],
}

impl<const PEERS: usize, const EXCHANGES: usize, const MESSAGE: usize, const BODY: usize>
    FixedStorage<PEERS, EXCHANGES, MESSAGE, BODY>
{
    /// Memory with nothing in it.
    pub const fn new() -> Self {
        Self {
            peers: FixedTable::new(),
            repeatable: FixedTable::new(),
            once: FixedTable::new(),
            deferred: FixedTable::new(),
            transmissions: FixedTable::new(),
            requests: FixedTable::new(),
            uploads: FixedTable::new(),
            observations: FixedTable::new(),
            observed: FixedTable::new(),
            notified: FixedTable::new(),
            deadlines: [[DeadlineSlot::UNSET; 4]; EXCHANGES],
            answers: [[0; ANSWER]; EXCHANGES],
            once_answers: [[0; ANSWER]; EXCHANGES],
            messages: [[0; MESSAGE]; EXCHANGES],
            body: [0; BODY],
            send: [0; MESSAGE],
        }
    }

    /// Lends it to an endpoint.
    pub fn lend(&mut self) -> Storage<'_> {
        Storage {
            tables: Tables {
                peers: self.peers.lend(),
                repeatable: self.repeatable.lend(),
                once: self.once.lend(),
                deferred: self.deferred.lend(),
                transmissions: self.transmissions.lend(),
                requests: self.requests.lend(),
                uploads: self.uploads.lend(),
                observers: ObserverSlots {
                    observations: self.observations.lend(),
                    resources: self.observed.lend(),
                    notified: self.notified.lend(),
                },
                estimates: Lent::new(&mut [], &mut []),
                deadlines: self.deadlines.as_flattened_mut(),
            },
            once_per_peer: EXCHANGES as u16,
            observers_per_peer: EXCHANGES as u16,
            longest_token: Token::SHORT as u16,
            answers: self.answers.as_flattened_mut(),
            once_answers: self.once_answers.as_flattened_mut(),
            messages: self.messages.as_flattened_mut(),
            bodies: &mut self.body,
            send: &mut self.send,
        }
    }
}

impl<const PEERS: usize, const EXCHANGES: usize, const MESSAGE: usize, const BODY: usize> Default
    for FixedStorage<PEERS, EXCHANGES, MESSAGE, BODY>
{
    fn default() -> Self {
        Self::new()
    }
}

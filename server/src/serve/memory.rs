//! An endpoint's memory on a host: the same tables as on a device, longer.

use std::fmt::Debug;

use twite::base::{DeadlineSlot, Filling, Full, Lent, Links, Slot};
use twite::endpoint::{
    DeferredRecord, ObserverSecurity, PeerRecord, RequestRecord, SecurityRecord, SecurityStorage, Storage,
    Tables, TransmissionRecord,
};
use twite::exchange::{ObservationRecord, ObservedRecord, ObserverKey, ObserverSlots};
use twite::oscore::Identifier;
use twite::reliability::{Estimate, Origin, Peer, Remembered};

/// How many of everything. Fixed when the server starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capacity {
    /// Peers whose message ids are counted.
    pub peers: usize,
    /// Remembered answers, for each of: requests that may be repeated, requests that must be done once.
    pub duplicates: usize,
    /// Requests that must be done once, remembered for one peer.
    pub once_per_peer: u16,
    /// Requests that wait for the store.
    pub deferred: usize,
    /// Confirmable messages in flight.
    pub transmissions: usize,
    /// Requests of its own that wait for their response.
    pub requests: usize,
    /// Observations.
    pub observers: usize,
    /// Observations of one peer.
    pub observers_per_peer: u16,
    /// Peers whose retransmission timeouts are estimated; 0 for ACK_TIMEOUT.
    pub estimates: usize,
    /// The longest token of a request that is served, in bytes.
    pub longest_token: u16,
    /// The largest message, in bytes.
    pub message: usize,
}

/// Bytes kept for one remembered answer, on average.
const ANSWER: usize = 64;

/// Reserved, but touched only as far as it was filled.
#[derive(Debug)]
struct Reserved<T> {
    values: Vec<T>,
    capacity: usize,
}

impl<T: Debug> Filling<T> for Reserved<T> {
    fn capacity(&self) -> usize {
        self.capacity
    }

    fn filled(&self) -> &[T] {
        &self.values
    }

    fn filled_mut(&mut self) -> &mut [T] {
        &mut self.values
    }

    fn push(&mut self, value: T) -> Result<(), Full> {
        if self.values.len() == self.capacity {
            return Err(Full);
        }
        self.values.push(value);
        Ok(())
    }

    fn clear(&mut self) {
        self.values.clear();
    }
}

/// One worker's share of a budget, with an eighth more, since peers do not spread evenly.
pub(super) fn share(total: usize, workers: usize) -> usize {
    if workers == 1 { total } else { total.div_ceil(workers) + total / 8 }
}

type Owned<K, V> = (Reserved<Slot<K, V>>, Vec<Links>);

/// The memory.
#[derive(Debug)]
pub struct HostStorage {
    capacity: Capacity,
    peers: Owned<Peer, PeerRecord>,
    repeatable: Owned<Origin, Remembered>,
    once: Owned<Origin, Remembered>,
    deferred: Owned<Origin, DeferredRecord>,
    transmissions: Owned<Origin, TransmissionRecord>,
    requests: Owned<u64, RequestRecord>,
    observations: Owned<ObserverKey, ObservationRecord>,
    observed: Owned<u64, ObservedRecord>,
    notified: Owned<Origin, u32>,
    estimates: Owned<Peer, Estimate>,
    deadlines: Vec<DeadlineSlot>,
    answers: Vec<u8>,
    once_answers: Vec<u8>,
    messages: Vec<u8>,
    send: Vec<u8>,
}

fn table<K, V>(capacity: usize) -> Owned<K, V> {
    (Reserved { values: Vec::with_capacity(capacity), capacity }, vec![[0; 4]; capacity])
}

fn lend<K: Debug, V: Debug>(owned: &mut Owned<K, V>) -> Lent<'_, K, V> {
    Lent::filling(&mut owned.0, &mut owned.1)
}

/// The memory for security contexts.
#[derive(Debug)]
pub struct HostSecurity {
    contexts: Owned<Identifier, SecurityRecord>,
    observers: Vec<ObserverSecurity>,
    repeatable: Owned<Origin, Remembered>,
    once: Owned<Origin, Remembered>,
    answers: Vec<u8>,
    once_answers: Vec<u8>,
    plain: Vec<u8>,
}

impl HostSecurity {
    /// Memory for so many contexts of an endpoint of this capacity: it remembers as many answers to verified requests as to
    /// all others.
    pub fn new(contexts: usize, capacity: &Capacity) -> Self {
        Self {
            contexts: table(contexts),
            observers: vec![ObserverSecurity::default(); capacity.observers],
            repeatable: table(capacity.duplicates),
            once: table(capacity.duplicates),
            answers: vec![0; capacity.duplicates * ANSWER],
            once_answers: vec![0; capacity.duplicates * ANSWER],
            plain: vec![0; capacity.message],
        }
    }

    /// Lends it to an endpoint.
    pub fn lend(&mut self) -> SecurityStorage<'_> {
        SecurityStorage {
            contexts: lend(&mut self.contexts),
            observers: &mut self.observers,
            repeatable: lend(&mut self.repeatable),
            once: lend(&mut self.once),
            answers: &mut self.answers,
            once_answers: &mut self.once_answers,
            plain: &mut self.plain,
        }
    }
}

impl HostStorage {
    /// Memory of this capacity.
    pub fn new(capacity: Capacity) -> Self {
        Self {
            capacity,
            peers: table(capacity.peers),
            repeatable: table(capacity.duplicates),
            once: table(capacity.duplicates),
            deferred: table(capacity.deferred),
            transmissions: table(capacity.transmissions),
            requests: table(capacity.requests),
            observations: table(capacity.observers),
            observed: table(capacity.observers),
            notified: table(capacity.observers),
            estimates: table(capacity.estimates),
            deadlines: vec![
                DeadlineSlot::UNSET;
                capacity.deferred
                    + capacity.transmissions
                    + capacity.requests
                    + capacity.observers
            ],
            answers: vec![0; capacity.duplicates * ANSWER],
            once_answers: vec![0; capacity.duplicates * ANSWER],
            messages: vec![0; capacity.transmissions * capacity.message],
            send: vec![0; capacity.message],
        }
    }

    /// Lends it to an endpoint.
    pub fn lend(&mut self) -> Storage<'_> {
        Storage {
            tables: Tables {
                peers: lend(&mut self.peers),
                repeatable: lend(&mut self.repeatable),
                once: lend(&mut self.once),
                deferred: lend(&mut self.deferred),
                transmissions: lend(&mut self.transmissions),
                requests: lend(&mut self.requests),
                observers: ObserverSlots {
                    observations: lend(&mut self.observations),
                    resources: lend(&mut self.observed),
                    notified: lend(&mut self.notified),
                },
                // Bodies in blocks are assembled outside, on the heap.
                uploads: Lent::new(&mut [], &mut []),
                estimates: lend(&mut self.estimates),
                deadlines: &mut self.deadlines,
            },
            once_per_peer: self.capacity.once_per_peer,
            observers_per_peer: self.capacity.observers_per_peer,
            longest_token: self.capacity.longest_token,
            answers: &mut self.answers,
            once_answers: &mut self.once_answers,
            messages: &mut self.messages,
            bodies: &mut [],
            send: &mut self.send,
        }
    }
}

//! Memory of an endpoint, of any capacity.

use twite::base::{DeadlineSlot, Lent, Links, Slot};
use twite::endpoint::{DeferredRecord, PeerRecord, RequestRecord, Storage, Tables, TransmissionRecord};
use twite::exchange::{
    ObservationRecord, ObservedRecord, ObserverKey, ObserverSlots, UploadKey, UploadRecord,
};
use twite::reliability::{Origin, Peer, Remembered};

/// How many of everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    /// Peers.
    pub peers: usize,
    /// Remembered answers, of both kinds; also deferred requests, transmissions and requests in flight.
    pub exchanges: usize,
    /// Observations.
    pub observers: usize,
    /// Observations of one peer.
    pub observers_per_peer: u16,
    /// Bodies that come in blocks.
    pub uploads: usize,
    /// The longest such body, in bytes.
    pub body: usize,
    /// The largest message, in bytes.
    pub message: usize,
}

type Owned<K, V> = (Vec<Slot<K, V>>, Vec<Links>);

/// The memory.
pub(crate) struct Memory {
    capacity: Capacity,
    peers: Owned<Peer, PeerRecord>,
    repeatable: Owned<Origin, Remembered>,
    once: Owned<Origin, Remembered>,
    deferred: Owned<Origin, DeferredRecord>,
    transmissions: Owned<Origin, TransmissionRecord>,
    requests: Owned<u64, RequestRecord>,
    uploads: Owned<UploadKey, UploadRecord>,
    observations: Owned<ObserverKey, ObservationRecord>,
    observed: Owned<u64, ObservedRecord>,
    notified: Owned<Origin, u32>,
    deadlines: Vec<DeadlineSlot>,
    answers: [Vec<u8>; 2],
    messages: Vec<u8>,
    bodies: Vec<u8>,
    send: Vec<u8>,
}

impl Memory {
    /// Memory with nothing in it.
    pub(crate) fn new(capacity: Capacity) -> Self {
        fn table<K: Copy, V: Copy>(length: usize) -> Owned<K, V> {
            (vec![Slot::EMPTY; length], vec![[0; 4]; length])
        }
        let Capacity { peers, exchanges, observers, uploads, body, message, .. } = capacity;
        Self {
            capacity,
            peers: table(peers),
            repeatable: table(exchanges),
            once: table(exchanges),
            deferred: table(exchanges),
            transmissions: table(exchanges),
            requests: table(exchanges),
            uploads: table(uploads),
            observations: table(observers),
            observed: table(observers),
            notified: table(observers),
            deadlines: vec![DeadlineSlot::UNSET; 3 * exchanges + observers],
            answers: [vec![0; 64 * exchanges], vec![0; 64 * exchanges]],
            messages: vec![0; message * exchanges],
            bodies: vec![0; body * uploads],
            send: vec![0; message],
        }
    }

    /// Lends it to an endpoint.
    pub(crate) fn lend(&mut self) -> Storage<'_> {
        fn lend<K, V>(owned: &mut Owned<K, V>) -> Lent<'_, K, V> {
            Lent::new(&mut owned.0, &mut owned.1)
        }
        let [answers, once_answers] = &mut self.answers;
        Storage {
            tables: Tables {
                peers: lend(&mut self.peers),
                repeatable: lend(&mut self.repeatable),
                once: lend(&mut self.once),
                deferred: lend(&mut self.deferred),
                transmissions: lend(&mut self.transmissions),
                requests: lend(&mut self.requests),
                uploads: lend(&mut self.uploads),
                observers: ObserverSlots {
                    observations: lend(&mut self.observations),
                    resources: lend(&mut self.observed),
                    notified: lend(&mut self.notified),
                },
                estimates: Lent::new(&mut [], &mut []),
                deadlines: &mut self.deadlines,
            },
            once_per_peer: self.capacity.exchanges as u16,
            observers_per_peer: self.capacity.observers_per_peer,
            longest_token: 8,
            answers,
            once_answers,
            messages: &mut self.messages,
            bodies: &mut self.bodies,
            send: &mut self.send,
        }
    }
}

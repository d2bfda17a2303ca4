//! The memory of a device's endpoint, table by table.

use twite::base::{DeadlineSlot, Lent, Slot};
use twite::endpoint::{DeferredRecord, PeerRecord, RequestRecord, Storage, Tables, TransmissionRecord};
use twite::exchange::{
    ObservationRecord, ObservedRecord, ObserverKey, ObserverSlots, UploadKey, UploadRecord,
};
use twite::reliability::{Origin, Peer, Remembered};

/// Peers that are known at once, observers, confirmable messages in flight, and answers that are remembered: as many
/// of requests that may be done again and of those that must be done once.
const PLACES: usize = 4;

/// Requests of a device at once: a reading and a registration.
const REQUESTS: usize = 2;

/// Bytes of one answer that is remembered, on average.
const ANSWER: usize = 64;

/// The longest body that comes in blocks, in bytes.
const BODY: usize = 1024;

/// Memory for one of a table's entries and its bucket.
type Places<K, V, const N: usize> = ([Slot<K, V>; N], [u32; N]);

/// Memory of fixed size for the endpoint of a [`Device`](crate::Device), with messages of `MESSAGE` bytes: half of what a
/// [`FixedStorage`](twite::endpoint::FixedStorage) of eight exchanges takes, since no table is larger than a device needs.
/// Nothing is deferred.
#[derive(Debug)]
pub struct DeviceMemory<const MESSAGE: usize> {
    peers: Places<Peer, PeerRecord, PLACES>,
    repeatable: Places<Origin, Remembered, PLACES>,
    once: Places<Origin, Remembered, PLACES>,
    deferred: Places<Origin, DeferredRecord, 0>,
    transmissions: Places<Origin, TransmissionRecord, PLACES>,
    requests: Places<u64, RequestRecord, REQUESTS>,
    uploads: Places<UploadKey, UploadRecord, 1>,
    observations: Places<ObserverKey, ObservationRecord, PLACES>,
    observed: Places<u64, ObservedRecord, PLACES>,
    notified: Places<Origin, u32, PLACES>,
    deadlines: [DeadlineSlot; 2 * PLACES + REQUESTS],
    answers: [u8; PLACES * ANSWER],
    once_answers: [u8; PLACES * ANSWER],
    messages: [[u8; MESSAGE]; PLACES],
    body: [u8; BODY],
    send: [u8; MESSAGE],
}

impl<const MESSAGE: usize> DeviceMemory<MESSAGE> {
    /// Memory with nothing in it.
    pub const fn new() -> Self {
        Self {
            peers: ([Slot::EMPTY; PLACES], [0; PLACES]),
            repeatable: ([Slot::EMPTY; PLACES], [0; PLACES]),
            once: ([Slot::EMPTY; PLACES], [0; PLACES]),
            deferred: ([], []),
            transmissions: ([Slot::EMPTY; PLACES], [0; PLACES]),
            requests: ([Slot::EMPTY; REQUESTS], [0; REQUESTS]),
            uploads: ([Slot::EMPTY; 1], [0; 1]),
            observations: ([Slot::EMPTY; PLACES], [0; PLACES]),
            observed: ([Slot::EMPTY; PLACES], [0; PLACES]),
            notified: ([Slot::EMPTY; PLACES], [0; PLACES]),
            deadlines: [DeadlineSlot::UNSET; 2 * PLACES + REQUESTS],
            answers: [0; PLACES * ANSWER],
            once_answers: [0; PLACES * ANSWER],
            messages: [[0; MESSAGE]; PLACES],
            body: [0; BODY],
            send: [0; MESSAGE],
        }
    }

    /// Lends it to a device.
    pub fn lend(&mut self) -> Storage<'_> {
        Storage {
            tables: Tables {
                peers: Lent::new(&mut self.peers.0, &mut self.peers.1),
                repeatable: Lent::new(&mut self.repeatable.0, &mut self.repeatable.1),
                once: Lent::new(&mut self.once.0, &mut self.once.1),
                deferred: Lent::new(&mut self.deferred.0, &mut self.deferred.1),
                transmissions: Lent::new(&mut self.transmissions.0, &mut self.transmissions.1),
                requests: Lent::new(&mut self.requests.0, &mut self.requests.1),
                uploads: Lent::new(&mut self.uploads.0, &mut self.uploads.1),
                observers: ObserverSlots {
                    observations: Lent::new(&mut self.observations.0, &mut self.observations.1),
                    resources: Lent::new(&mut self.observed.0, &mut self.observed.1),
                    notified: Lent::new(&mut self.notified.0, &mut self.notified.1),
                },
                estimates: Lent::new(&mut [], &mut []),
                deadlines: &mut self.deadlines,
            },
            once_per_peer: PLACES as u16,
            observers_per_peer: PLACES as u16,
            longest_token: 8,
            answers: &mut self.answers,
            once_answers: &mut self.once_answers,
            messages: self.messages.as_flattened_mut(),
            bodies: &mut self.body,
            send: &mut self.send,
        }
    }
}

impl<const MESSAGE: usize> Default for DeviceMemory<MESSAGE> {
    fn default() -> Self {
        Self::new()
    }
}

//! The memory of a device's endpoint, table by table.

use twite::base::{DeadlineSlot, FixedTable, Lent};
#[cfg(feature = "oscore")]
use twite::endpoint::FixedSecurity;
use twite::endpoint::{DeferredRecord, PeerRecord, RequestRecord, Storage, Tables, TransmissionRecord};
use twite::exchange::{
    ObservationRecord, ObservedRecord, ObserverKey, ObserverSlots, UploadKey, UploadRecord,
};
use twite::reliability::{Origin, Peer, Remembered};

use crate::contexts::LentContexts;
#[cfg(feature = "oscore")]
use crate::storage::CONTEXTS;

/// Peers that are known at once, observers, confirmable messages in flight, and answers that are remembered: as many
/// of requests that may be done again and of those that must be done once.
const PLACES: usize = 4;

/// Messages in flight of the full length. Without the feature `full` half a message for each place is enough: nothing
/// is pushed and no group is answered, and a notification that is longer goes Non-confirmable.
const IN_FLIGHT: usize = if cfg!(feature = "full") { PLACES } else { PLACES / 2 };

/// Requests of a device at once: a reading and a registration.
const REQUESTS: usize = 2;

/// Bytes of one answer that is remembered, on average.
const ANSWER: usize = 64;

/// The longest body that comes in blocks, in bytes.
const BODY: usize = 1024;

/// Memory of fixed size for the endpoint of a [`Device`](crate::Device), with messages of `MESSAGE` bytes: half of what a
/// [`FixedStorage`](twite::endpoint::FixedStorage) of eight exchanges takes, since no table is larger than a device needs.
/// Nothing is deferred.
#[derive(Debug)]
pub struct DeviceMemory<const MESSAGE: usize> {
    peers: FixedTable<Peer, PeerRecord, PLACES>,
    repeatable: FixedTable<Origin, Remembered, PLACES>,
    once: FixedTable<Origin, Remembered, PLACES>,
    deferred: FixedTable<Origin, DeferredRecord, 0>,
    transmissions: FixedTable<Origin, TransmissionRecord, PLACES>,
    requests: FixedTable<u64, RequestRecord, REQUESTS>,
    uploads: FixedTable<UploadKey, UploadRecord, 1>,
    observations: FixedTable<ObserverKey, ObservationRecord, PLACES>,
    observed: FixedTable<u64, ObservedRecord, PLACES>,
    notified: FixedTable<Origin, u32, PLACES>,
    deadlines: [DeadlineSlot; 2 * PLACES + REQUESTS],
    answers: [u8; PLACES * ANSWER],
    once_answers: [u8; PLACES * ANSWER],
    /// What is in flight: confirmable notifications, answers to groups, and requests of the device's own.
    messages: [[u8; MESSAGE]; IN_FLIGHT],
    body: [u8; BODY],
    send: [u8; MESSAGE],
    #[cfg(feature = "oscore")]
    security: FixedSecurity<CONTEXTS, PLACES, MESSAGE>,
    #[cfg(feature = "oscore")]
    opened: [[u8; MESSAGE]; 2],
}

/// Memory that is lent to a device.
#[derive(Debug)]
pub struct LentMemory<'s> {
    /// For its endpoint.
    pub endpoint: Storage<'s>,
    /// For its security contexts; without it a device that has contexts refuses everybody.
    pub contexts: Option<LentContexts<'s>>,
}

impl<'s> From<Storage<'s>> for LentMemory<'s> {
    fn from(endpoint: Storage<'s>) -> Self {
        Self { endpoint, contexts: None }
    }
}

impl<const MESSAGE: usize> DeviceMemory<MESSAGE> {
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
            deadlines: [DeadlineSlot::UNSET; 2 * PLACES + REQUESTS],
            answers: [0; PLACES * ANSWER],
            once_answers: [0; PLACES * ANSWER],
            messages: [[0; MESSAGE]; IN_FLIGHT],
            body: [0; BODY],
            send: [0; MESSAGE],
            #[cfg(feature = "oscore")]
            security: FixedSecurity::new(),
            #[cfg(feature = "oscore")]
            opened: [[0; MESSAGE]; 2],
        }
    }

    /// Lends it to a device.
    pub fn lend(&mut self) -> LentMemory<'_> {
        let endpoint = Storage {
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
        };
        #[cfg(feature = "oscore")]
        let contexts =
            Some(LentContexts { security: self.security.lend(), room: self.opened.as_flattened_mut() });
        #[cfg(not(feature = "oscore"))]
        let contexts = None;
        LentMemory { endpoint, contexts }
    }
}

impl<const MESSAGE: usize> Default for DeviceMemory<MESSAGE> {
    fn default() -> Self {
        Self::new()
    }
}

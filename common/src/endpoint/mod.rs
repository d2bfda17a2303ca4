//! Floor 4: the sans-IO endpoint, client and server in one.
//!
//! The shell around it owns the socket and the clock:
//!
//! 1. A datagram came: [`Endpoint::handle_input`]. What it means for the application comes back at once as
//!    an [`Event`] that borrows the datagram: a request to answer, a response to one of ours.
//! 2. Or a command: [`Endpoint::request`], [`Endpoint::ping`], [`Endpoint::respond`].
//! 3. After either, and whenever the time that [`Output::Wait`] named has come, drain:
//!    [`Endpoint::poll_output`] until it says `Wait`. Send what it hands out.
//!
//! ```
//! # use twite::{base::Instant, endpoint::*, reliability::{Peer, Timing}, exchange::Response, wire::ResponseType};
//! # fn receive() -> Option<(Peer, &'static [u8])> { None }
//! # fn send(_: Peer, _: &[u8]) {}
//! # let now = Instant::from_millis(0);
//! # let mut storage = FixedStorage::<4, 8, 256>::new();
//! let mut endpoint = Endpoint::new(storage.lend(), Timing::DEFAULT, [0; 32]);
//! if let Some((peer, datagram)) = receive() {
//!     if let Some(Event::Request(incoming)) = endpoint.handle_input(now, peer, datagram) {
//!         incoming.respond(&Response::content(Some(0), b"hello"));
//!     }
//! }
//! let deadline = loop {
//!     match endpoint.poll_output(now) {
//!         Output::Transmit { peer, bytes } => send(peer, bytes),
//!         Output::Notify(notification) => notification.respond(&Response::content(Some(0), b"hello")),
//!         Output::Failed { .. } => {}
//!         Output::Wait(deadline) => break deadline,
//!     }
//! };
//! ```
//!
//! Contract: `now` never goes back; drain to `Wait` after every input or command (an output that was not
//! drained is replaced by the next one and counted); `Wait(None)` means that no timer runs. Every call does
//! a bounded amount of work and allocates nothing; no datagram makes it panic. A request is answered exactly
//! once: [`Incoming`] is answered, deferred, or answers 5.00 when it is dropped.

#[cfg(feature = "oscore")]
mod asking;
mod bound;
mod client;
mod counters;
mod deferred;
#[cfg(feature = "faults")]
mod faults;
mod group;
mod incoming;
mod ledger;
mod limits;
mod memory;
mod observe;
mod occupancy;
mod output;
mod pace;
mod peers;
#[cfg(feature = "oscore")]
mod protected;
#[cfg(feature = "host")]
mod proxied;
mod rates;
mod receive;
mod record;
mod reply;
mod request_id;
mod responses;
#[cfg(feature = "oscore")]
mod secure_storage;
#[cfg(feature = "oscore")]
mod security;
#[cfg(not(feature = "oscore"))]
#[path = "unsecured.rs"]
mod security;
mod serve;
mod shares;
mod storage;
mod token;
mod transmit;
mod validation;

use crate::base::{Deadlines, Duration, Index, Instant, Random, Table};
use crate::exchange::{Assembly, Confirm, Observers};
#[cfg(feature = "host")]
use crate::reliability::IdShare;
use crate::reliability::{Duplicates, Estimate, Origin, Peer, ResetLimit, Timing, Timings, estimate};

#[cfg(feature = "oscore")]
pub use bound::ContextId;
pub use counters::{Count, Counters};
pub use deferred::{Gone, Ticket};
#[cfg(feature = "faults")]
pub use faults::Fault;
pub use incoming::Incoming;
pub use limits::Limits;
pub use observe::Notification;
pub use occupancy::Occupancy;
pub use output::{Event, Failure, Output};
pub use record::{DeferredRecord, PeerRecord, RequestRecord, TransmissionRecord};
pub use request_id::RequestId;
#[cfg(feature = "oscore")]
pub use secure_storage::{FixedSecurity, ObserverSecurity, SecurityRecord, SecurityStorage};
pub use storage::{FixedStorage, Storage, Tables};

/// The sans-IO endpoint; see the [module](self) for its contract.
#[derive(Debug)]
pub struct Endpoint<'s> {
    timings: Timings<'s>,
    lifetime: Duration,
    random: Random,
    counters: Counters,
    reset_limit: ResetLimit,
    limiter: limits::Limiter<'s>,
    shares: shares::Shares,
    peers: Table<'s, Peer, PeerRecord>,
    /// Answered requests that may be done again without harm; the oldest make room.
    repeatable: Duplicates<'s>,
    /// Answered requests that must be done once; when full, further ones are refused.
    once: Duplicates<'s>,
    once_per_peer: u16,
    deferred: Table<'s, Origin, DeferredRecord>,
    transmissions: Table<'s, Origin, TransmissionRecord>,
    messages: &'s mut [u8],
    stride: usize,
    /// How many of the transmissions answer a group.
    group_responses: usize,
    requests: Table<'s, u64, RequestRecord>,
    assembly: Assembly<'s>,
    observers: Observers<'s>,
    observers_per_peer: u16,
    /// How long an acknowledgement of a peer takes, where that is measured.
    estimates: Table<'s, Peer, Estimate>,
    longest_token: usize,
    deadlines: Deadlines<'s>,
    deferred_capacity: usize,
    transmission_capacity: usize,
    request_capacity: usize,
    serial: u32,
    send: &'s mut [u8],
    pending: Option<(Peer, usize)>,
    #[cfg(feature = "host")]
    id_share: IdShare,
    /// Whether requests to somebody else are handed out.
    #[cfg(feature = "host")]
    passes_on: bool,
    #[cfg(feature = "oscore")]
    security: Option<security::Security<'s>>,
    #[cfg(feature = "oscore")]
    demands_protection: bool,
    /// Known once there is a protected request of ours: an image that makes none has no code for it.
    #[cfg(feature = "oscore")]
    opener: Option<asking::Opener<'s>>,
    #[cfg(feature = "faults")]
    fault: Option<Fault>,
}

/// What keeps others from aiming at one bucket of a table, where there are buckets.
fn table_seed(random: &mut Random) -> u64 {
    if cfg!(feature = "host") { random.u64() } else { 0 }
}

/// Which timer runs out.
#[derive(Clone, Copy, Debug)]
enum Timer {
    Deferred(Index),
    Transmission(Index),
    Request(Index),
    Observation(Index),
}

impl<'s> Endpoint<'s> {
    /// An endpoint on lent memory. `seed` should come from a true source of randomness: tokens and message
    /// ids are drawn from it. The same seed and the same inputs give the same outputs.
    pub fn new(storage: Storage<'s>, timings: impl Into<Timings<'s>>, seed: [u8; 32]) -> Self {
        let mut random = Random::from_seed(seed);
        let timings = timings.into();
        let estimates = cfg!(feature = "estimates") && storage.tables.estimates.capacity() != 0;
        let lifetime_of = if estimates { estimate::exchange_lifetime } else { Timing::exchange_lifetime };
        let lifetime = timings.exchange_lifetime(lifetime_of);
        let Storage {
            tables,
            once_per_peer,
            observers_per_peer,
            longest_token,
            answers,
            once_answers,
            messages,
            bodies,
            send,
        } = storage;
        let deferred_capacity = tables.deferred.capacity();
        let transmission_capacity = tables.transmissions.capacity();
        let request_capacity = tables.requests.capacity();
        let (once, repeatable, uploads) = (tables.once, tables.repeatable, tables.uploads);
        Self {
            timings,
            lifetime,
            counters: Counters::default(),
            reset_limit: ResetLimit::new(random.u64()),
            limiter: limits::Limiter::new(Limits::default(), 0),
            shares: shares::Shares::default(),
            peers: Table::new(tables.peers, table_seed(&mut random)),
            repeatable: Duplicates::new(repeatable, answers, table_seed(&mut random), lifetime),
            once: Duplicates::new(once, once_answers, table_seed(&mut random), lifetime),
            once_per_peer,
            deferred: Table::new(tables.deferred, table_seed(&mut random)),
            transmissions: Table::new(tables.transmissions, table_seed(&mut random)),
            stride: messages.len().checked_div(transmission_capacity).unwrap_or(0),
            messages,
            group_responses: 0,
            requests: Table::new(tables.requests, table_seed(&mut random)),
            assembly: Assembly::new(uploads, bodies, random.u64(), lifetime),
            observers: Observers::new(tables.observers, Confirm::DEFAULT, table_seed(&mut random)),
            observers_per_peer,
            estimates: Table::new(tables.estimates, table_seed(&mut random)),
            longest_token: usize::from(longest_token),
            deadlines: Deadlines::new(tables.deadlines),
            deferred_capacity,
            transmission_capacity,
            request_capacity,
            serial: 0,
            send,
            pending: None,
            #[cfg(feature = "host")]
            id_share: IdShare::ALL,
            #[cfg(feature = "host")]
            passes_on: false,
            #[cfg(feature = "oscore")]
            security: None,
            #[cfg(feature = "oscore")]
            demands_protection: false,
            #[cfg(feature = "oscore")]
            opener: None,
            #[cfg(feature = "faults")]
            fault: None,
            random,
        }
    }

    /// Gives out message ids of this share only, from the start: another endpoint sends from the same address.
    #[cfg(feature = "host")]
    pub const fn share_message_ids(&mut self, share: IdShare) {
        self.id_share = share;
    }

    /// What happened so far, by kind.
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The largest message this endpoint writes, in bytes.
    pub const fn message_capacity(&self) -> usize {
        if self.stride != 0 && self.stride < self.send.len() { self.stride } else { self.send.len() }
    }

    fn timer_number(&self, timer: Timer) -> usize {
        match timer {
            Timer::Deferred(index) => index.as_usize(),
            Timer::Transmission(index) => self.deferred_capacity + index.as_usize(),
            Timer::Request(index) => self.deferred_capacity + self.transmission_capacity + index.as_usize(),
            Timer::Observation(index) => {
                self.deferred_capacity + self.transmission_capacity + self.request_capacity + index.as_usize()
            }
        }
    }

    fn timer(&self, number: usize) -> Timer {
        let transmissions = self.deferred_capacity;
        let requests = transmissions + self.transmission_capacity;
        let observations = requests + self.request_capacity;
        match number {
            _ if number < transmissions => Timer::Deferred(Index::from_usize(number)),
            _ if number < requests => Timer::Transmission(Index::from_usize(number - transmissions)),
            _ if number < observations => Timer::Request(Index::from_usize(number - requests)),
            _ => Timer::Observation(Index::from_usize(number - observations)),
        }
    }

    fn set_timer(&mut self, timer: Timer, at: Instant) {
        self.deadlines.set(self.timer_number(timer), at);
    }

    fn clear_timer(&mut self, timer: Timer) {
        self.deadlines.clear(self.timer_number(timer));
    }

    /// Hands `len` bytes of the send buffer to the next poll.
    fn queue(&mut self, peer: Peer, len: usize) {
        if self.pending.replace((peer, len)).is_some() {
            self.counters.undrained += 1;
        }
    }
}

#[cfg(feature = "faults")]
impl Endpoint<'_> {
    /// Plants a fault.
    pub const fn plant(&mut self, fault: Fault) {
        self.fault = Some(fault);
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }
}

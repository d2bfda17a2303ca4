//! What is known of one observation and of one observed resource, RFC 7641 §4.

use crate::base::{Duration, Hashed, Hasher, Index, Instant, Lent};
use crate::reliability::{Origin, Peer};
use crate::wire::Token;

/// No place.
pub(super) const NONE: u32 = u32::MAX;

/// An observation: who, by the token of the registration (§4.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ObserverKey {
    /// The observer.
    pub peer: Peer,
    /// The token of its request.
    pub token: Token,
}

impl Hashed for ObserverKey {
    fn hash(&self, hasher: &mut Hasher) {
        self.peer.hash(hasher);
        self.token.hash(hasher);
    }
}

/// What an observer asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interest {
    /// The resource, by a number of the application's.
    pub resource: u64,
    /// Accept of the request.
    pub accept: Option<u16>,
    /// Content-Format of the first response: every notification has it (§4.2). `None` if that was 2.03, which
    /// has no format.
    pub format: Option<Option<u16>>,
    /// The block size the observer asked for, as an exponent (RFC 7959 §2.6).
    pub exponent: Option<u8>,
}

/// One observation.
#[derive(Clone, Copy, Debug)]
pub struct ObservationRecord {
    pub(super) interest: Interest,
    pub(super) resource: Index,
    pub(super) previous: u32,
    pub(super) next: u32,
    /// Next of those that can be told now what they missed.
    pub(super) next_ready: u32,
    pub(super) ready: bool,
    /// Whether no other notification may follow yet (§4.5.1): a confirmable one waits for its acknowledgement, or one
    /// was postponed.
    pub(super) in_flight: bool,
    /// Whether the state changed since the last notification.
    pub(super) stale: bool,
    /// Notifications since the last one that was acknowledged.
    pub(super) unconfirmed: u16,
    pub(super) confirmed: Instant,
    pub(super) last: Option<u16>,
    /// Bytes that may be sent on account of the registration.
    pub(super) credit: u32,
    /// Whether it is proved that the observer receives what it is sent.
    pub(super) proven: bool,
}

/// One observed resource.
#[derive(Clone, Copy, Debug)]
pub struct ObservedRecord {
    pub(super) first: u32,
    /// Whom to tell next of the change at hand.
    pub(super) cursor: u32,
    pub(super) next_changed: u32,
    pub(super) changed: bool,
    pub(super) again: bool,
}

/// When a notification is confirmable, though Non-confirmable ones would do (§4.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Confirm {
    /// At least every so many notifications; 1 for always.
    pub every: u16,
    /// At least after this time; the RFC demands 24 hours or less.
    pub after: Duration,
}

impl Confirm {
    /// Every 16th, and after a day.
    pub const DEFAULT: Self = Self { every: 16, after: Duration::from_secs(24 * 3600) };
}

/// An observer that has to be told.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// Where it stands.
    pub index: Index,
    /// Who it is.
    pub key: ObserverKey,
    /// What it wants.
    pub interest: Interest,
    /// The value of the Observe option.
    pub sequence: u32,
    /// Whether it has to acknowledge.
    pub confirmable: bool,
}

/// Memory for the tables of [`Observers`](super::Observers).
#[derive(Debug)]
pub struct ObserverSlots<'s> {
    /// One for each observation.
    pub observations: Lent<'s, ObserverKey, ObservationRecord>,
    /// As many: each may be of a resource of its own.
    pub resources: Lent<'s, u64, ObservedRecord>,
    /// As many.
    pub notified: Lent<'s, Origin, u32>,
}

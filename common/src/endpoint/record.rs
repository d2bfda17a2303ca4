//! What the endpoint's tables hold.

use crate::reliability::{BackOff, MessageIds, Peer};
use crate::wire::Token;

/// What is known of a peer.
#[derive(Clone, Copy, Debug)]
pub struct PeerRecord {
    pub(super) ids: MessageIds,
    /// Its entries in the memory of requests that must be done once.
    pub(super) once: u16,
}

/// A request whose response comes later.
#[derive(Clone, Copy, Debug)]
pub struct DeferredRecord {
    pub(super) token: Token,
    pub(super) confirmable: bool,
    pub(super) acknowledged: bool,
    pub(super) memory: Memory,
    pub(super) serial: u32,
}

/// A confirmable message of ours that was not acknowledged yet.
#[derive(Clone, Copy, Debug)]
pub struct TransmissionRecord {
    pub(super) len: usize,
    pub(super) back_off: BackOff,
    pub(super) request: Option<u64>,
}

/// A request of ours that was not answered yet; its key is its token.
#[derive(Clone, Copy, Debug)]
pub struct RequestRecord {
    pub(super) peer: Peer,
    pub(super) message_id: u16,
    pub(super) is_ping: bool,
}

/// Where a request's answer is remembered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Memory {
    /// Nowhere: it is safe and answered afresh.
    None,
    Repeatable,
    Once,
}

//! What the endpoint's tables hold.

use super::bound::{Asking, Bound};
use crate::base::{Index, Instant};
use crate::exchange::Head;
use crate::reliability::{BackOff, Ledger, MessageIds, Pace, Peer};
use crate::wire::{Block, Code, MessageType, Token};

/// What is known of a peer.
#[derive(Clone, Copy, Debug)]
pub struct PeerRecord {
    pub(super) ids: MessageIds,
    /// Its entries in the memory of requests that must be done once.
    pub(super) once: u16,
    /// Its observations.
    pub(super) observations: u16,
    /// Confirmable messages to it that wait for their acknowledgement.
    pub(super) outstanding: u8,
    /// The first and the last of those that wait for their turn, or [`NONE`].
    held: [u32; 2],
    /// How fast it may be told news.
    pub(super) pace: Pace,
    /// How much may go to it until it is proved that it is there.
    pub(super) ledger: Ledger,
}

const NONE: u32 = u32::MAX;

impl PeerRecord {
    /// A peer that nothing is known of but where our message ids to it start.
    pub(super) const fn new(first_id: u16) -> Self {
        Self {
            ids: MessageIds::starting_at(first_id),
            once: 0,
            observations: 0,
            outstanding: 0,
            held: [NONE, NONE],
            pace: Pace::NEW,
            ledger: Ledger::NEW,
        }
    }

    /// The first and the last of the messages that wait for their turn.
    pub(super) fn held(&self) -> Option<(Index, Index)> {
        let [first, last] = self.held;
        (first != NONE).then_some((Index::from_usize(first as usize), Index::from_usize(last as usize)))
    }

    /// Says which wait.
    pub(super) fn hold(&mut self, held: Option<(Index, Index)>) {
        self.held =
            held.map_or([NONE, NONE], |(first, last)| [first.as_usize() as u32, last.as_usize() as u32]);
    }

    /// Whether forgetting the peer would lose nothing but its message ids.
    pub(super) const fn is_idle(&self) -> bool {
        self.once == 0 && self.observations == 0 && self.outstanding == 0
    }
}

/// A request whose response comes later.
#[derive(Clone, Copy, Debug)]
pub struct DeferredRecord {
    token: Token,
    asked: Asked<'static>,
    pub(super) acknowledged: bool,
    pub(super) serial: u32,
    /// How many bytes the request allows to be sent, with those of the lower layers.
    pub(super) allowance: u32,
}

impl DeferredRecord {
    /// Of a request that was not acknowledged yet.
    pub(super) const fn new(token: Token, asked: Asked<'_>, serial: u32, allowance: u32) -> Self {
        Self { token, asked: asked.with_token(&[]), acknowledged: false, serial, allowance }
    }

    /// What was asked.
    pub(super) fn asked(&self) -> Asked<'_> {
        self.asked.with_token(self.token.as_bytes())
    }
}

/// What has to be known of a request to answer it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'t> {
    pub(super) confirmable: bool,
    pub(super) token: &'t [u8],
    pub(super) observe: Option<u32>,
    /// Classes of responses that are not sent, as bits (RFC 7967 §2.1).
    pub(super) no_response: u8,
    pub(super) block1: Option<Block>,
    pub(super) block2: Option<Block>,
    pub(super) memory: Memory,
    /// How the request was protected, and so has to be the response.
    pub(super) bound: Option<Bound>,
}

impl<'t> Asked<'t> {
    /// The same with another token.
    const fn with_token<'u>(&self, token: &'u [u8]) -> Asked<'u> {
        let Self { confirmable, observe, no_response, block1, block2, memory, bound, .. } = *self;
        Asked { confirmable, token, observe, no_response, block1, block2, memory, bound }
    }

    /// Whether the response in `message` is of a class that the client does not want to hear (RFC 7967 §2.1).
    pub(super) fn does_not_want(&self, message: &[u8]) -> bool {
        let class = message.get(1).map_or(0, |code| code >> 5);
        class != 0 && self.no_response & 1_u8.checked_shl(u32::from(class) - 1).unwrap_or(0) != 0
    }

    /// The head of the response in a message of this type and id.
    pub(super) const fn head(&self, kind: MessageType, message_id: u16) -> Head<'t> {
        Head {
            kind,
            message_id,
            token: self.token,
            observe: self.observe,
            block1: self.block1,
            block2: self.block2,
        }
    }
}

/// A confirmable message of ours that was not acknowledged yet, or a response to a group.
#[derive(Clone, Copy, Debug)]
pub struct TransmissionRecord {
    pub(super) len: usize,
    pub(super) back_off: BackOff,
    pub(super) purpose: Purpose,
    /// When it was first transmitted, once it was.
    pub(super) first_sent: Instant,
    /// Whether it waits for its turn (NSTART).
    pub(super) is_held: bool,
    /// Whether its next transmission is entered already in the books of who is not proved to be there.
    pub(super) prepaid: bool,
    /// Whose turn comes after it.
    pub(super) next_held: Option<Index>,
}

/// Why a message is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// It is the request of this token.
    Request(u64),
    /// It is the Non-confirmable request of this token: sent once, then kept while its response is expected.
    Probe(u64),
    /// It is a response that comes later.
    Response,
    /// It tells the observer at this place.
    Notification(Index),
    /// It answers a request to a group: sent once, then kept until the leisure is over.
    Group,
}

impl Purpose {
    /// Whether it answers a request to a group.
    pub(super) fn is_group(self) -> bool {
        cfg!(feature = "groups") && self == Self::Group
    }

    /// The token, if it is a Non-confirmable request.
    pub(super) const fn probe(self) -> Option<u64> {
        match self {
            Self::Probe(token) if cfg!(feature = "client") => Some(token),
            _ => None,
        }
    }
}

/// A request of ours that was not answered yet; its key is its token.
#[derive(Clone, Copy, Debug)]
pub struct RequestRecord {
    pub(super) peer: Peer,
    pub(super) message_id: u16,
    pub(super) is_ping: bool,
    /// Whether notifications may follow the first response.
    pub(super) observes: bool,
    /// How it was protected.
    pub(super) asking: Option<Asking>,
}

impl RequestRecord {
    /// Whether a response from this peer may belong to the request: any to one that went to a group (RFC 7252 §8.2).
    pub(super) fn is_answered_by(&self, peer: &Peer) -> bool {
        self.peer.remote == peer.remote || self.peer.remote.ip().is_multicast()
    }
}

/// Where a request's answer is remembered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Memory {
    /// Nowhere: it is safe and answered afresh.
    None,
    /// Where the oldest make room.
    Repeatable,
    /// Where nothing is forgotten before its time.
    Once,
    /// Where the response to a group waits for its time.
    Group,
}

impl Memory {
    /// For a request with this method; a block that is not the last of its body does nothing yet.
    #[inline]
    pub(super) fn of(code: Code, block1: Option<Block>) -> Self {
        if code.is_safe() {
            Self::None
        } else if code.is_idempotent() || block1.is_some_and(|block| block.more) {
            Self::Repeatable
        } else {
            Self::Once
        }
    }
}

//! Who asks too often is told so, RFC 8516, and who errs too often is told nothing.

use super::limits::ON;
use super::record::{Asked, Memory};
use super::reply::Reply;
use super::{Count, Endpoint};
use crate::base::{Duration, Instant};
use crate::exchange::Response;
use crate::reliability::{Origin, Peer, Source};
use crate::wire::ResponseType;

impl Endpoint<'_> {
    /// Whether the source of a request is within its rate; if not, for how long.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn is_in_time(&mut self, now: Instant, peer: &Peer) -> Result<(), Duration> {
        if !ON || self.limiter.trusts_address(peer) {
            return Ok(());
        }
        self.limiter.take(now, Source::Request(peer.remote_address().ip()))
    }

    /// Answers 4.29 with the time after which the source is served again (RFC 8516 §3).
    #[cold]
    pub(super) fn refuse_rate(&mut self, now: Instant, origin: Origin, asked: Asked<'_>, wait: Duration) {
        self.counters.too_many += 1;
        let seconds = wait.as_secs_ceil().clamp(1, u64::from(u32::MAX)) as u32;
        let response = Response { max_age: Some(seconds), ..Response::new(ResponseType::TooManyRequests) };
        self.answer(now, origin, Asked { memory: Memory::None, ..asked }, Reply::Response(&response));
    }

    /// Whether one more error may be told to this address; it says nothing to who is proved to be there.
    #[cold]
    pub(super) fn may_err(&mut self, now: Instant, peer: &Peer) -> bool {
        if !ON || self.limiter.trusts_address(peer) {
            return true;
        }
        let known = self.peers.find(peer).and_then(|index| self.peers.at(index));
        if known.is_some_and(|(_, record)| record.ledger.is_authenticated()) {
            return true;
        }
        let may = self.limiter.take(now, Source::Error(peer.remote_address().ip())).is_ok();
        self.counters.errors_withheld += Count::from(!may);
        may
    }
}

//! Who asks too often is told so, RFC 8516, and who errs too often is told nothing.

use super::bound::Bound;
use super::limits::ON;
use super::record::{Asked, Memory};
use super::reply::Reply;
use super::{Count, Endpoint};
use crate::base::{Duration, Instant};
use crate::exchange::Response;
use crate::reliability::{Origin, Peer, Source};
use crate::wire::ResponseType;

impl Endpoint<'_> {
    /// Whether the source of a request is within its rate; if not, for how long. Who has proved who it is has the rate of
    /// that identity, wherever it is, so that nobody uses it up in its name.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn is_in_time(
        &mut self,
        now: Instant,
        peer: &Peer,
        bound: Option<Bound>,
    ) -> Result<(), Duration> {
        if !ON || self.limiter.trusts_address(peer) {
            return Ok(());
        }
        let source = match bound {
            Some(bound) => Source::Identity(bound.scope()),
            None => Source::Request(peer.remote_address().ip()),
        };
        self.limiter.take(now, source)
    }

    /// Answers 4.29 with the time after which the source is served again (RFC 8516 §3).
    #[cold]
    pub(super) fn refuse_rate(&mut self, now: Instant, origin: Origin, asked: Asked<'_>, wait: Duration) {
        self.counters.too_many += 1;
        let seconds = wait.as_secs_ceil().clamp(1, u64::from(u32::MAX)) as u32;
        let response = Response { max_age: Some(seconds), ..Response::new(ResponseType::TooManyRequests) };
        let asked = self.refusing(now, origin, asked);
        self.answer(now, origin, asked, Reply::Response(&response));
    }

    /// A request that is not served, as it is refused: it is not remembered, so that its repetition may be served, unless
    /// that would be a replay.
    pub(super) fn refusing<'t>(&mut self, now: Instant, origin: Origin, asked: Asked<'t>) -> Asked<'t> {
        let memory = if asked.bound.is_some() { Memory::Repeatable } else { Memory::None };
        let _ = self.remember(now, origin, memory, asked.bound.is_some());
        Asked { memory, ..asked }
    }

    /// Whether one more error may be told to this address. What is protected never asks: nobody can make us say it in
    /// another's name.
    #[cold]
    pub(super) fn may_err(&mut self, now: Instant, peer: &Peer) -> bool {
        if !ON || self.limiter.trusts_address(peer) {
            return true;
        }
        let may = self.limiter.take(now, Source::Error(peer.remote_address().ip())).is_ok();
        self.counters.errors_withheld += Count::from(!may);
        may
    }
}

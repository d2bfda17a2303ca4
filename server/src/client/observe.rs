//! Observing a resource, RFC 7641 §3.

use std::time::{Duration, Instant as Clock};

use twite::endpoint::RequestId;
use twite::exchange::{Freshness, Outgoing};
use twite::wire::{RawOption, number};

use super::{Blocks, Client, ClientError, Reply};

/// How long after Max-Age a client waits before it registers anew (§3.3.1).
const GRACE: Duration = Duration::from_secs(5);
/// Max-Age of a response that has none (RFC 7252 §5.10.5).
const MAX_AGE: u32 = 60;
/// How long the server has to confirm the end of an observation.
const FAREWELL: Duration = Duration::from_secs(3);

impl Client<'_> {
    /// Observes a resource until `until`, until `show` says that it is enough (by returning false) or until the
    /// server ends it. `show` gets each state, newest only, whole also if it goes in blocks. The observation is
    /// renewed when the server stays silent beyond Max-Age, and ended when nobody wants it any more. The last
    /// reply is returned: with a code that is no success if the server ended it.
    ///
    /// # Errors
    /// Why the server does not answer.
    pub fn observe(
        &mut self,
        request: &Outgoing<'_>,
        blocks: Blocks,
        patience: Duration,
        until: Option<Clock>,
        mut show: impl FnMut(&Reply) -> bool,
    ) -> Result<Option<Reply>, ClientError> {
        let with = |value| [request.options, &[RawOption { number: number::OBSERVE, value }]].concat();
        let (register, deregister) = (with(&[]), with(&[1]));
        let registration = Outgoing { options: &register, ..*request };
        let (now, peer) = (self.now(), self.peer);
        let id = self.endpoint.request(now, peer, &registration).map_err(|_| ClientError::TooLarge)?;
        let (mut freshness, mut renew_at, mut last) = (Freshness::default(), None, None);
        loop {
            let deadline = [until, renew_at].into_iter().flatten().min();
            let Some(reply) = self.next_reply(id, deadline)? else {
                if until.is_some_and(|until| Clock::now() >= until) {
                    break;
                }
                let now = self.now();
                self.endpoint
                    .request_again(now, id, peer, &registration)
                    .map_err(|_| ClientError::TooLarge)?;
                renew_at = None;
                continue;
            };
            if reply.code.class() != 2 {
                return Ok(Some(reply));
            }
            let sequence = reply.uint(number::OBSERVE);
            if sequence.is_some_and(|sequence| !freshness.accept(self.now(), sequence)) {
                continue;
            }
            let max_age = reply.uint(number::MAX_AGE).unwrap_or(MAX_AGE);
            renew_at = Some(Clock::now() + Duration::from_secs(u64::from(max_age)) + GRACE);
            // A state that changes under its blocks is followed by a notification of its own.
            let Some(whole) = self.download(request, blocks, reply, patience, &mut |_, _| {})? else {
                continue;
            };
            let enough = !show(&whole);
            last = Some(whole);
            if sequence.is_none() {
                return Ok(last);
            }
            if enough {
                break;
            }
        }
        self.end(id, &Outgoing { options: &deregister, ..*request })?;
        Ok(last)
    }

    /// Tells the server that the observation is over; it need not answer.
    fn end(&mut self, id: RequestId, deregistration: &Outgoing<'_>) -> Result<(), ClientError> {
        let (now, peer) = (self.now(), self.peer);
        self.endpoint.request_again(now, id, peer, deregistration).map_err(|_| ClientError::TooLarge)?;
        match self.next_reply(id, Some(Clock::now() + FAREWELL)) {
            Ok(_) | Err(ClientError::Failed(_)) => {
                self.endpoint.cancel(id);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

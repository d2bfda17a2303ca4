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
        let id = self.register(None, request)?;
        let (mut freshness, mut renew_at, mut last) = (Freshness::default(), None, None);
        let mut may_challenge = true;
        loop {
            let deadline = [until, renew_at].into_iter().flatten().min();
            let Some(reply) = self.next_reply(id, deadline)? else {
                if until.is_some_and(|until| Clock::now() >= until) {
                    break;
                }
                self.register(Some(id), request)?;
                renew_at = None;
                continue;
            };
            if reply.is_challenge && std::mem::take(&mut may_challenge) {
                self.register(Some(id), request)?;
                continue;
            }
            if reply.code.class() != 2 {
                return Ok(Some(reply));
            }
            let sequence = reply.uint(number::OBSERVE);
            // Under a context what is older was not opened, and a first response may have no number to compare with.
            let is_ordered = self.is_protected();
            if sequence.is_some_and(|sequence| !is_ordered && !freshness.accept(self.now(), sequence)) {
                continue;
            }
            may_challenge = true;
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
        self.end(id, request)?;
        Ok(last)
    }

    /// Registers, or registers anew, with what the server wants to see again.
    fn register(&mut self, id: Option<RequestId>, request: &Outgoing<'_>) -> Result<RequestId, ClientError> {
        let echoed = self.echoed;
        let observe = RawOption { number: number::OBSERVE, value: &[] };
        let options: Vec<_> =
            request.options.iter().copied().chain([observe]).chain(echoed.option()).collect();
        let registration = Outgoing { options: &options, ..*request };
        match id {
            None => self.send(&registration),
            Some(id) => self.send_again(id, &registration).map(|()| id),
        }
    }

    /// Tells the server that the observation is over; it need not answer.
    fn end(&mut self, id: RequestId, request: &Outgoing<'_>) -> Result<(), ClientError> {
        let options = [request.options, &[RawOption { number: number::OBSERVE, value: &[1] }]].concat();
        self.send_again(id, &Outgoing { options: &options, ..*request })?;
        match self.next_reply(id, Some(Clock::now() + FAREWELL)) {
            Err(error @ ClientError::Io(_)) => Err(error),
            _ => {
                self.endpoint.cancel(id);
                Ok(())
            }
        }
    }
}

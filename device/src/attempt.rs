//! A request that is made again until it succeeds.

use core::net::SocketAddr;

use twite::base::{Duration, Instant};
use twite::endpoint::{Endpoint, RequestId};
use twite::exchange::Outgoing;
use twite::reliability::Peer;
use twite::wire::{Code, Message, ResponseType, number, uint};

/// The first pause after a failure, doubled after each further one.
const FIRST: Duration = Duration::from_secs(2);

/// The doublings until the longest pause, 512 s.
const DOUBLINGS: u32 = 8;

/// Seconds of Max-Age when a response has none (RFC 7252 §5.10.5).
const MAX_AGE: u32 = 60;

/// A server that wants to be left alone for longer is asked after a day nevertheless.
const LONGEST: u32 = 24 * 3600;

/// 4.22 (RFC 8132 §6).
const UNPROCESSABLE: Code = Code(0x96);

/// One request at a time: when the next may start, and whether one is on its way.
#[derive(Debug)]
pub(crate) struct Attempt {
    in_flight: Option<RequestId>,
    next: Instant,
    failures: u32,
    dice: u32,
}

/// What a response means for what was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// It is done.
    Done,
    /// This body will never be taken.
    Refused,
    /// Again later.
    Later,
}

impl Attempt {
    /// The first request may start at `next`; `dice` makes the pauses of many devices differ.
    pub(crate) const fn new(next: Instant, dice: u32) -> Self {
        Self { in_flight: None, next, failures: 0, dice: dice | 1 }
    }

    /// When a request may start; `None` while one is on its way.
    pub(crate) const fn next(&self) -> Option<Instant> {
        if self.in_flight.is_some() { None } else { Some(self.next) }
    }

    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.next().is_some_and(|next| next <= now)
    }

    /// The next request may start at this time.
    pub(crate) const fn start_at(&mut self, next: Instant) {
        self.next = next;
    }

    /// Sends the request; when the endpoint has no room, that is a failure like others.
    pub(crate) fn send(
        &mut self,
        now: Instant,
        endpoint: &mut Endpoint<'_>,
        to: SocketAddr,
        request: &Outgoing<'_>,
    ) {
        match Peer::of(to, None).and_then(|peer| endpoint.request(now, peer, request).ok()) {
            Some(id) => self.in_flight = Some(id),
            None => self.pause(now),
        }
    }

    /// Whether the outcome of request `id` is for this one.
    pub(crate) fn is(&self, id: RequestId) -> bool {
        self.in_flight == Some(id)
    }

    /// A response came; besides 2.xx, `done` says that there is nothing left to do. A server that asks for patience by Max-Age gets it (RFC 7252 §5.9.3.4, RFC 8516), every other
    /// failure makes the pause longer.
    pub(crate) fn answered(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        done: Option<ResponseType>,
    ) -> Outcome {
        self.in_flight = None;
        let code = message.code();
        if code.class() == 2 || done.is_some_and(|done| code == Code::from(done)) {
            self.failures = 0;
            self.next = now;
            return Outcome::Done;
        }
        let is = |other| code == Code::from(other);
        if is(ResponseType::ServiceUnavailable) || is(ResponseType::TooManyRequests) {
            let seconds =
                message.values(number::MAX_AGE).next().and_then(uint).unwrap_or(MAX_AGE).min(LONGEST);
            self.next = now + Duration::from_secs(u64::from(seconds));
            return Outcome::Later;
        }
        let of_the_body = is(ResponseType::BadRequest)
            || is(ResponseType::RequestEntityTooLarge)
            || is(ResponseType::UnsupportedContentFormat)
            || code == UNPROCESSABLE;
        self.pause(now);
        if of_the_body { Outcome::Refused } else { Outcome::Later }
    }

    /// Nobody answered.
    pub(crate) fn failed(&mut self, now: Instant) {
        self.in_flight = None;
        self.pause(now);
    }

    /// Waits for the pause of so many failures and up to a quarter more.
    fn pause(&mut self, now: Instant) {
        let pause = FIRST.times(1 << self.failures.min(DOUBLINGS));
        self.failures = self.failures.saturating_add(1);
        // Marsaglia's xorshift: the endpoint's own randomness is for what must not be guessed.
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 17;
        self.dice ^= self.dice << 5;
        self.next = now + pause + pause.scaled(self.dice % 250);
    }
}

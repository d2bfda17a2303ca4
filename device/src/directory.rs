//! Registration with a resource directory, RFC 9176 §5.1.

use heapless::Vec;
use twite::base::{Duration, Instant};
use twite::endpoint::{Endpoint, RequestId};
use twite::exchange::Outgoing;
use twite::wire::{Message, RequestType};

use crate::attempt::{Attempt, Outcome};
use crate::decimal::Decimal;
use crate::settings::DirectorySettings;

/// The shortest lifetime in seconds: with a shorter one most of what is sent would be renewals.
const SHORTEST: u32 = 60;

/// The longest name of an endpoint, and room for `ep=`.
const ARGUMENT: usize = 3 + 32;

/// Where directories take simple registrations.
const PATH: &[&[u8]] = &[b".well-known", b"rd"];

/// A registration that is renewed in time: the directory fetches the links from `/.well-known/core` itself.
#[derive(Debug)]
pub(crate) struct Registration<'a> {
    settings: DirectorySettings<'a>,
    attempt: Attempt,
    valid_until: Option<Instant>,
}

impl<'a> Registration<'a> {
    pub(crate) const fn new(now: Instant, settings: DirectorySettings<'a>, dice: u32) -> Self {
        Self { settings, attempt: Attempt::new(now, dice), valid_until: None }
    }

    /// When the next request may start.
    pub(crate) const fn next(&self) -> Option<Instant> {
        self.attempt.next()
    }

    pub(crate) fn is_valid(&self, now: Instant) -> bool {
        self.valid_until.is_some_and(|until| now < until)
    }

    /// Registers or renews, if it is time.
    pub(crate) fn send(&mut self, now: Instant, endpoint: &mut Endpoint<'_>) {
        if !self.attempt.is_due(now) {
            return;
        }
        let name = argument(b"ep=", self.settings.name.as_bytes());
        let lifetime = argument(b"lt=", Decimal::padded(u64::from(self.lifetime()), 1).as_bytes());
        let query = [name.as_slice(), lifetime.as_slice()];
        let request = Outgoing { query: &query, ..Outgoing::new(RequestType::Post, PATH) };
        self.attempt.send(now, endpoint, self.settings.server, &request);
    }

    /// A response came; whether it was to this.
    pub(crate) fn answered(&mut self, now: Instant, id: RequestId, message: &Message<'_>) -> bool {
        if !self.attempt.is(id) {
            return false;
        }
        if self.attempt.answered(now, message, None) == Outcome::Done {
            let lifetime = Duration::from_secs(u64::from(self.lifetime()));
            self.valid_until = Some(now + lifetime);
            // Half of it is left for requests that get lost.
            self.attempt.start_at(now + lifetime.scaled(500));
        }
        true
    }

    /// Nobody answered; whether it was to this.
    pub(crate) fn failed(&mut self, now: Instant, id: RequestId) -> bool {
        let mine = self.attempt.is(id);
        if mine {
            self.attempt.failed(now);
        }
        mine
    }

    fn lifetime(&self) -> u32 {
        self.settings.lifetime.max(SHORTEST)
    }
}

/// `key` and `value` as one argument of a query; what is too long is cut.
fn argument(key: &[u8], value: &[u8]) -> Vec<u8, ARGUMENT> {
    let mut argument = Vec::new();
    for &byte in key.iter().chain(value) {
        // Too long is cut.
        let _ = argument.push(byte);
    }
    argument
}

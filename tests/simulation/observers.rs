//! Who observes, as the wire shows it (RFC 7641 §3.6, §4.5).

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

use twite::base::{Duration, Instant};
use twite::wire::{Code, Message, MessageType, Token, number, uint};

use crate::outstanding::token;

/// Server, observer, and the token of the registration.
type Key = (usize, SocketAddr, Token);

/// One observer.
#[derive(Default)]
struct Observer {
    /// The message id of its last notification.
    last: Option<u16>,
    /// Since when no confirmable notification was acknowledged.
    unacknowledged: Option<Instant>,
    /// Whether it may have been lost without a sign on the wire.
    doubtful: bool,
}

/// All observers of all servers.
pub(crate) struct Observers {
    known: HashMap<Key, Observer>,
    /// Whose registration is about to be answered.
    registering: Option<Key>,
    /// The responses that ended observations, by message id too: the ids alone come again after a while.
    errors: HashSet<(Key, u16)>,
    /// From the first transmission of a notification to giving up, at the latest.
    patience: Duration,
    /// Whether notifications wait for their turn (NSTART): what a Reset rejects may then have been replaced by one
    /// that was not sent yet.
    takes_turns: bool,
}

impl Observers {
    /// Nobody observes.
    pub(crate) fn new(patience: Duration, takes_turns: bool) -> Self {
        Self { known: HashMap::new(), registering: None, errors: HashSet::new(), patience, takes_turns }
    }

    /// A datagram reaches a server; whether it registers an observer anew or ends the observation of its token.
    pub(crate) fn heard(&mut self, server: usize, from: SocketAddr, message: &Message<'_>) -> bool {
        if let Some(unanswered) = self.registering.take() {
            self.known.insert(unanswered, Observer { doubtful: true, ..Observer::default() });
        }
        let is_empty = message.code() == Code::EMPTY;
        let is_last = |(key, observer): &(&Key, &mut Observer)| {
            (key.0, key.1) == (server, from) && observer.last == Some(message.message_id())
        };
        match message.kind() {
            MessageType::Acknowledgement if is_empty => {
                if let Some((_, observer)) = self.known.iter_mut().find(is_last) {
                    observer.unacknowledged = None;
                }
            }
            MessageType::Reset if is_empty => {
                let takes_turns = self.takes_turns;
                if let Some((&key, observer)) = self.known.iter_mut().find(is_last) {
                    observer.doubtful = takes_turns;
                    if !takes_turns {
                        self.known.remove(&key);
                    }
                }
            }
            MessageType::Confirmable | MessageType::NonConfirmable if message.code() == Code::GET => {
                let Some(observe) = message.values(number::OBSERVE).next().and_then(uint) else {
                    return false;
                };
                let key = (server, from, token(message));
                self.known.remove(&key);
                self.registering = (observe == 0).then_some(key);
                return true;
            }
            _ => {}
        }
        false
    }

    /// A server sends a datagram.
    ///
    /// # Errors
    /// Why it must not.
    pub(crate) fn sent(
        &mut self,
        now: Instant,
        server: usize,
        to: SocketAddr,
        message: &Message<'_>,
    ) -> Result<(), String> {
        if !message.code().is_response() {
            return Ok(());
        }
        let (key, message_id) = ((server, to, token(message)), message.message_id());
        let observed = message.values(number::OBSERVE).next().is_some();
        if self.registering == Some(key) {
            self.registering = None;
            if observed {
                self.known.insert(key, Observer::default());
            }
            return Ok(());
        }
        if !observed {
            // An error ends the observation, but not one that was registered anew by a repeated request since.
            if self.errors.insert((key, message_id)) {
                match self.known.get_mut(&key).filter(|_| self.takes_turns) {
                    Some(observer) => observer.doubtful = true,
                    None => drop(self.known.remove(&key)),
                }
            }
            return Ok(());
        }
        let Some(observer) = self.known.get_mut(&key) else {
            return Err(format!("server {server} tells {to}, who observes no more"));
        };
        if observer.last == Some(message_id) {
            return Ok(());
        }
        if observer.unacknowledged.is_some_and(|since| now.since(since) > self.patience) {
            return Err(format!("server {server} tells {to}, who acknowledges nothing"));
        }
        let waits = message.kind() == MessageType::Confirmable;
        observer.last = Some(message_id);
        observer.unacknowledged = waits.then(|| observer.unacknowledged.unwrap_or(now));
        Ok(())
    }

    /// How many observers a server has, at least and at most. Those that are not `proven` to be there may have been lost
    /// because nothing might be sent to them.
    pub(crate) fn bounds(
        &self,
        now: Instant,
        server: usize,
        proven: impl Fn(SocketAddr) -> bool,
    ) -> (usize, usize) {
        let of_server = self.known.iter().filter(|((known, ..), _)| *known == server);
        let there = of_server.map(|((_, address, _), observer)| {
            let silent = observer.unacknowledged.map(|since| now.since(since));
            // The error that ended an observation may still wait for its turn.
            let surely = !self.takes_turns && !observer.doubtful && silent.is_none() && proven(*address);
            let perhaps = silent.is_none_or(|silent| silent <= self.patience);
            (usize::from(surely), usize::from(perhaps))
        });
        there.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }

    /// A server restarts.
    pub(crate) fn forget(&mut self, server: usize) {
        self.known.retain(|(known, ..), _| *known != server);
        self.errors.retain(|((known, ..), _)| *known != server);
        self.registering = self.registering.filter(|(known, ..)| *known != server);
    }
}

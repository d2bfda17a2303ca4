//! Observations of our resources, RFC 7641 §3.6 and §4.

use super::bound::Bound;
use super::limits::ON;
use super::record::Purpose;
use super::reply::Reply;
use super::security::Told;
use super::{Endpoint, Timer};
use crate::base::{Duration, Index, Instant};
use crate::exchange::{Due, Head, Interest, ObserverKey, Problem, Response};
use crate::reliability::{BackOff, Origin, Peer};
use crate::wire::{Block, Code, MessageType, ResponseType, Token};

/// When an observer is told that could not be told for want of room: of a peer's record, or of message ids.
pub(super) const ROOM_IN: Duration = Duration::from_secs(3);

/// An observer that has to be told: to be answered with the present representation, or with an error, which
/// ends the observation. When it is dropped, 5.00 ends it.
#[derive(Debug)]
pub struct Notification<'e, 's> {
    endpoint: &'e mut Endpoint<'s>,
    now: Instant,
    due: Due,
    /// The state of the notification that this one replaces (§4.5.2).
    back_off: Option<BackOff>,
    open: bool,
}

impl<'s> Endpoint<'s> {
    /// A resource has another state: its observers come up in [`poll_output`](Self::poll_output) one by one.
    /// Costs the same for any number of them.
    pub fn changed(&mut self, resource: u64) {
        if cfg!(feature = "observe") {
            self.observers.changed(resource);
        }
    }

    /// Whether anybody observes the resource.
    pub fn is_observed(&self, resource: u64) -> bool {
        self.observers.is_observed(resource)
    }

    /// How many observations there are.
    pub const fn observations(&self) -> usize {
        self.observers.len()
    }

    /// Forgets all observers without a word, as a restart does; they register again when what they have is no
    /// longer fresh (§3.3.1).
    pub fn forget_observers(&mut self) {
        while let Some(index) = self.observers.any() {
            self.end_observation(index);
        }
    }

    /// Adds an observation; the value of the Observe option, or nothing if there are too many (§4.1: the
    /// request is then answered as a plain GET).
    pub(super) fn register(
        &mut self,
        now: Instant,
        key: ObserverKey,
        interest: Interest,
        bound: Option<Bound>,
    ) -> Option<u32> {
        let known = self.observers.find(&key);
        let proven = ON && known.is_some_and(|index| self.observers.is_proven(index));
        if let Some(index) = known {
            if !self.is_own(index, bound) {
                self.counters.observers_refused += 1;
                return None;
            }
            self.end_observation(index);
        }
        let (most, is_bound) = (self.observers_per_peer, bound.is_some());
        let record = self.peer_record(key.peer);
        let record = record.filter(|record| !record.counts(is_bound) || record.observations < most);
        let Some(record) = record else {
            self.counters.observers_refused += 1;
            return None;
        };
        record.observations += u16::from(record.counts(is_bound));
        let Self { observers, shares, .. } = self;
        let registered = observers.register(now, key, interest, |table| shares.admit(table, is_bound));
        let bound_to = registered.ok().filter(|(index, _)| {
            let is_kept = self.bind_observer(*index, bound);
            if !is_kept {
                self.observers.remove(*index);
            }
            is_kept
        });
        let Some((index, sequence)) = bound_to else {
            self.counters.observers_refused += 1;
            self.forget_observer_of(key.peer, is_bound);
            return None;
        };
        if proven || bound.is_some() {
            self.observers.prove(index);
        }
        if ON {
            self.limiter.registered = Some(index);
        }
        Some(sequence)
    }

    /// Ends the observation of this token, if there is one and it is the asker's own.
    pub(super) fn deregister(&mut self, key: &ObserverKey, bound: Option<Bound>) {
        if let Some(index) = self.observers.find(key).filter(|&index| self.is_own(index, bound)) {
            self.end_observation(index);
        }
    }

    /// Whether an observation is of the same security context as a request with its token: tokens can be read by everybody
    /// on the way, so that only who registered under a context can end what it protects.
    fn is_own(&self, index: Index, bound: Option<Bound>) -> bool {
        self.observer_bound(index).map(Bound::context) == bound.map(Bound::context)
    }

    /// The observer has no use for notifications or is not there any more.
    pub(super) fn lose_observer(&mut self, index: Index) {
        #[cfg(feature = "faults")]
        if self.has(super::Fault::KeepsObservers) {
            return self.observers.acknowledged(Instant::default(), index);
        }
        self.end_observation(index);
    }

    /// Ends the observation at `index`, and what is in flight of it.
    pub(super) fn end_observation(&mut self, index: Index) {
        if !cfg!(feature = "observe") {
            return;
        }
        let is_bound = self.observer_bound(index).is_some();
        let Some((key, last)) = self.observers.remove(index) else { return };
        self.clear_timer(Timer::Observation(index));
        self.forget_observer_of(key.peer, is_bound);
        let origin = last.map(|message_id| Origin { peer: key.peer, message_id });
        if let Some(transmission) = origin.and_then(|origin| self.transmissions.find(&origin)) {
            self.settle_transmission(transmission);
        }
    }

    fn forget_observer_of(&mut self, peer: Peer, is_bound: bool) {
        let record = self.peers.find(&peer).and_then(|index| self.peers.at_mut(index));
        if let Some(record) = record.filter(|record| record.counts(is_bound)) {
            record.observations = record.observations.saturating_sub(1);
        }
    }

    pub(super) fn notification(
        &mut self,
        now: Instant,
        due: Due,
        back_off: Option<BackOff>,
    ) -> Notification<'_, 's> {
        Notification { endpoint: self, now, due, back_off, open: true }
    }

    /// The notification in flight at `index`, if its state is out of date: it makes room for a newer one.
    pub(super) fn outdated(&mut self, now: Instant, index: Index) -> Option<(Due, BackOff)> {
        let (origin, record) = self.transmissions.at(index)?;
        let Purpose::Notification(observation) = record.purpose else { return None };
        if !cfg!(feature = "observe") {
            return None;
        }
        let peer = origin.peer;
        if record.back_off.is_spent()
            || !self.may_replace(&peer, observation, record.len)
            || !self.observers.take_stale(observation)
        {
            return None;
        }
        let (_, record) = self.settle_transmission(index)?;
        let due = self.observers.replacement(now, observation)?;
        Some((due, record.back_off))
    }
}

impl Notification<'_, '_> {
    /// The resource that changed, by the application's number.
    pub const fn resource(&self) -> u64 {
        self.due.interest.resource
    }

    /// The only format that the observer wants.
    pub const fn accept(&self) -> Option<u16> {
        self.due.interest.accept
    }

    /// The observer.
    pub const fn peer(&self) -> Peer {
        self.due.key.peer
    }

    /// The security context that the registration was protected with, and the notification will be.
    #[cfg(feature = "oscore")]
    pub fn context(&self) -> Option<super::ContextId> {
        self.endpoint.observer_bound(self.due.index).map(Bound::context)
    }

    /// Demands an acknowledgement of this one also where the endpoint would not.
    #[must_use]
    pub fn confirmable(mut self) -> Self {
        self.due.confirmable = true;
        self
    }

    /// Tells the present state. A representation in another format than the first one, or a code that is no
    /// success, ends the observation (§4.2).
    pub fn respond(self, response: &Response<'_>) {
        let other = self.due.interest.format.is_some_and(|format| format != response.content_format);
        if is_success(response.code.into()) && other {
            let other = Response::new(ResponseType::NotAcceptable);
            return self.fail(&other, &Problem::titled("the format changed"));
        }
        self.send(Reply::Response(response));
    }

    /// Ends the observation with an error.
    pub fn fail(self, response: &Response<'_>, problem: &Problem<'_>) {
        let accept = self.due.interest.accept.map(u32::from);
        self.send(Reply::Error(response, problem, accept));
    }

    fn send(mut self, reply: Reply<'_>) {
        self.open = false;
        let Due { index, key, interest, sequence, confirmable } = self.due;
        let (endpoint, now) = (&mut *self.endpoint, self.now);
        let goes_on = is_success(reply.code());
        // Who is not proved to be there is told what proves it, once there is room for that.
        let bound = endpoint.observer_bound(index);
        let waits = goes_on
            && (endpoint.transmissions.is_full()
                || !endpoint.shares.admit(&endpoint.transmissions, bound.is_some()))
            && !endpoint.may_replace(&key.peer, index, usize::MAX);
        let message_id = if waits { None } else { endpoint.take_message_id(now, key.peer) };
        let Some(message_id) = message_id else {
            endpoint.observers.postpone(index);
            return endpoint.set_timer(Timer::Observation(index), now + ROOM_IN);
        };
        let room = endpoint.room_for_news(&key.peer, index);
        if !goes_on {
            if ON && endpoint.observers.is_proven(index) {
                // Who may be told news may be told the end.
                endpoint.validated(key.peer);
            }
            endpoint.end_observation(index);
        }
        let head = |kind| Head {
            kind,
            message_id,
            token: key.token.as_bytes(),
            observe: goes_on.then_some(sequence),
            block1: None,
            block2: interest.exponent.map(|exponent| Block { number: 0, more: false, exponent }),
        };
        endpoint.counters.notifications += 1;
        if let Some(bound) = bound {
            let origin = Origin { peer: key.peer, message_id };
            let told = Told { origin, index, goes_on, confirmable, back_off: self.back_off };
            return endpoint.notify_protected(now, told, bound, reply, &head);
        }
        if confirmable || !goes_on || room != usize::MAX {
            let purpose = if goes_on { Purpose::Notification(index) } else { Purpose::Response };
            let origin = Origin { peer: key.peer, message_id };
            let begun = endpoint.transmit_to_stranger(now, origin, purpose, self.back_off, &mut |buffer| {
                reply.within(buffer, head(MessageType::Confirmable), room)
            });
            if begun.is_some() {
                endpoint.prepay(&origin, room);
                return endpoint.observers.sent(index, message_id, goes_on);
            }
        }
        if let Some(len) = reply.within(endpoint.send, head(MessageType::NonConfirmable), room) {
            let purpose = if goes_on { Purpose::Notification(index) } else { Purpose::Response };
            if endpoint.may_send(&key.peer, purpose, len) {
                endpoint.queue(key.peer, len);
            }
            if let Some(record) = endpoint.peer_record(key.peer) {
                record.pace.tell(now);
            }
            endpoint.observers.sent(index, message_id, false);
        }
    }
}

impl Drop for Notification<'_, '_> {
    fn drop(&mut self) {
        if self.open {
            self.open = false;
            let (now, due) = (self.now, self.due);
            let lost = Response::new(ResponseType::InternalServerError);
            self.endpoint.notification(now, due, None).respond(&lost);
        }
    }
}

fn is_success(code: Code) -> bool {
    code.class() == 2
}

/// The key of the observation that a request of this peer and token means; `None` if the token is too long to
/// be kept.
pub(super) fn key(peer: Peer, token: &[u8]) -> Option<ObserverKey> {
    Some(ObserverKey { peer, token: Token::new(token)? })
}

//! What comes back to messages of ours, RFC 7252 §4.2, §5.2 and §5.3.2.

use super::record::{Memory, Purpose};
use super::{Endpoint, Event, Failure, RequestId, RequestRecord, Timer, TransmissionRecord};
use crate::base::{Index, Instant};
use crate::reliability::{Answer, Origin, Peer};
use crate::wire::{Code, Message, MessageType, definition, is_critical, number};

impl<'s> Endpoint<'s> {
    /// The token of the Non-confirmable request at `index` that is about to be sent.
    pub(super) fn probe_begins(&self, index: Index) -> Option<u64> {
        let TransmissionRecord { purpose, back_off, .. } = self.transmissions.at(index)?.1;
        purpose.probe().filter(|_| back_off.is_first())
    }

    /// From now on the response to the request has EXCHANGE_LIFETIME to come, unless it went to a group.
    pub(super) fn expect_response(&mut self, now: Instant, token: u64) {
        let Some(index) = self.requests.find(&token) else { return };
        let to_group = |record: &RequestRecord| record.peer.remote.ip().is_multicast();
        if !self.requests.at(index).is_some_and(|(_, record)| to_group(record)) {
            self.set_timer(Timer::Request(index), now + self.lifetime);
        }
    }

    /// An Acknowledgement: ends a transmission of ours, with or without the response.
    pub(super) fn acknowledged<'e>(
        &'e mut self,
        now: Instant,
        origin: Origin,
        message: Message<'e>,
        room: &'e mut [u8],
    ) -> Option<Event<'e, 's>> {
        let known = self.transmission_to(&origin);
        let Some((index, (_, record))) = known.and_then(|index| Some((index, self.transmissions.at(index)?)))
        else {
            self.counters.unsolicited += 1;
            self.acknowledges(&origin, None);
            return None;
        };
        let (purpose, record) = (record.purpose, *record);
        let request = match purpose {
            Purpose::Request(token) if cfg!(feature = "client") => {
                self.requests.find(&token).map(|index| (token, index))
            }
            Purpose::Probe(_) => {
                // Nothing Non-confirmable is acknowledged.
                self.counters.unsolicited += 1;
                return None;
            }
            _ => None,
        };
        self.measure(now, origin.peer, &record);
        self.acknowledges(&origin, Some(purpose));
        if message.code() == Code::EMPTY {
            self.settle_transmission(index);
            if let Some((_, index)) = request {
                self.set_timer(Timer::Request(index), now + self.lifetime);
            }
            if let Purpose::Notification(observation) = purpose {
                self.observers.acknowledged(now, observation);
            }
            return None;
        }
        match request {
            Some((token, index))
                if message.code().is_response() && token_number(message.token()) == Some(token) =>
            {
                match self.opened_response(index, message, room) {
                    Ok(message) => self.complete(index, message),
                    Err(failed) => failed.map(|(id, failure)| Event::Failed { id, failure }),
                }
            }
            _ => {
                self.counters.unsolicited += 1;
                None
            }
        }
    }

    /// The transmission that a message of this origin speaks of. What was sent from any address of ours is
    /// acknowledged to the one that it left from.
    fn transmission_to(&self, origin: &Origin) -> Option<Index> {
        let any = Origin { peer: Peer::new(origin.peer.remote), ..*origin };
        self.transmissions.find(origin).or_else(|| self.transmissions.find(&any))
    }

    /// A Reset: the peer has no use for a message of ours.
    pub(super) fn was_reset<'e>(
        &'e mut self,
        now: Instant,
        origin: Origin,
        message: Message<'e>,
    ) -> Option<Event<'e, 's>> {
        let index = self.transmission_to(&origin).filter(|_| message.code() == Code::EMPTY);
        let Some((_, record)) = index.and_then(|index| self.settle_transmission(index)) else {
            match self.observers.notified(&origin).filter(|_| message.code() == Code::EMPTY) {
                Some(observation) => self.lose_observer(observation),
                None => self.counters.unsolicited += 1,
            }
            return None;
        };
        self.measure(now, origin.peer, &record);
        self.acknowledges(&origin, Some(record.purpose));
        let token = match record.purpose {
            Purpose::Request(token) | Purpose::Probe(token) if cfg!(feature = "client") => token,
            Purpose::Notification(observation) => {
                self.lose_observer(observation);
                return None;
            }
            _ => return None,
        };
        // A request that took the token over is not meant.
        let index = self.requests.find(&token).filter(|&index| {
            self.requests.at(index).is_some_and(|(_, request)| request.message_id == origin.message_id)
        })?;
        self.clear_timer(Timer::Request(index));
        let (_, request) = self.requests.remove(index)?;
        let id = RequestId(token);
        Some(if request.is_ping { Event::Pong(id) } else { Event::Failed { id, failure: Failure::Reset } })
    }

    /// A response that is not piggybacked.
    pub(super) fn response_received<'e>(
        &'e mut self,
        now: Instant,
        origin: Origin,
        message: Message<'e>,
        room: &'e mut [u8],
    ) -> Option<Event<'e, 's>> {
        let confirmable = message.kind() == MessageType::Confirmable;
        let Some(index) = self.request_answered(origin, &message) else {
            self.counters.unsolicited += 1;
            let before = cfg!(feature = "client")
                && confirmable
                && (self.was_acknowledged(now, &origin, false) || self.was_acknowledged(now, &origin, true));
            if before {
                self.acknowledge(origin);
            } else if confirmable || message.values(number::OBSERVE).next().is_some() {
                // A notification of an observation that we do not know: the Reset ends it (RFC 7641 §3.6).
                self.reset(now, origin);
            }
            return None;
        };
        // A protected notification cannot be opened twice.
        let is_protected = self.requests.at(index).is_some_and(|(_, record)| record.asking.is_some());
        if is_protected && confirmable && self.was_acknowledged(now, &origin, true) {
            self.acknowledge(origin);
            return None;
        }
        let message = match self.opened_response(index, message, room) {
            Ok(message) => message,
            Err(failed) => {
                if failed.is_some() && confirmable {
                    self.acknowledge(origin);
                }
                return failed.map(|(id, failure)| Event::Failed { id, failure });
            }
        };
        if confirmable {
            if unknown_critical(&message).is_some() {
                self.reset(now, origin);
            } else {
                self.acknowledge(origin);
                self.remember_acknowledged(now, origin, is_protected);
            }
        }
        self.complete(index, message)
    }

    /// Whether a response came before and was acknowledged; `is_bound` says whether it is one that was verified.
    #[inline]
    fn was_acknowledged(&mut self, now: Instant, origin: &Origin, is_bound: bool) -> bool {
        let repeatable = self.memory(Memory::Repeatable, is_bound);
        repeatable.and_then(|repeatable| repeatable.find(now, origin)) == Some(Answer::Acknowledgement)
    }

    fn remember_acknowledged(&mut self, now: Instant, origin: Origin, is_bound: bool) {
        let Some(repeatable) = self.memory(Memory::Repeatable, is_bound) else { return };
        repeatable.forget(&origin);
        repeatable.make_room();
        if repeatable.begin(now, origin).is_ok() {
            repeatable.settle(&origin, Answer::Acknowledgement);
        }
    }

    /// The request of ours that this is a response to.
    fn request_answered(&self, origin: Origin, message: &Message<'_>) -> Option<Index> {
        if !cfg!(feature = "client") {
            return None;
        }
        let index = self.requests.find(&token_number(message.token())?)?;
        let (_, record) = self.requests.at(index)?;
        (record.is_answered_by(&origin.peer) && !record.is_ping).then_some(index)
    }

    fn complete<'e>(&mut self, index: Index, message: Message<'e>) -> Option<Event<'e, 's>> {
        self.clear_timer(Timer::Request(index));
        let (&token, &RequestRecord { peer, message_id, observes, asking, .. }) = self.requests.at(index)?;
        self.transmissions.find(&Origin { peer, message_id }).and_then(|at| self.settle_transmission(at));
        self.responds(&peer, asking.is_some());
        let id = RequestId(token);
        let unknown = unknown_critical(&message);
        if peer.remote.ip().is_multicast() {
            // What one member of the group says wrong is no reason to hear no other.
            return unknown.is_none().then_some(Event::Response { id, message });
        }
        let goes_on =
            observes && message.code().class() == 2 && message.values(number::OBSERVE).next().is_some();
        if unknown.is_some() || !goes_on {
            self.requests.remove(index);
        }
        Some(match unknown {
            Some(number) => Event::Failed { id, failure: Failure::BadOption(number) },
            None => Event::Response { id, message },
        })
    }
}

/// The number in a token of the length that ours have.
fn token_number(token: &[u8]) -> Option<u64> {
    token.try_into().ok().map(u64::from_be_bytes)
}

fn unknown_critical(message: &Message<'_>) -> Option<u16> {
    let mut numbers = message.options().map(|option| option.number);
    numbers.find(|&number| is_critical(number) && definition(number).is_none())
}

//! Requests of ours and what comes back, RFC 7252 §4.2, §5.2 and §5.3.2.

use super::record::Purpose;
use super::{Endpoint, Event, Failure, RequestId, RequestRecord, Timer, TransmissionRecord};
use crate::base::{Full, Index, Instant};
use crate::exchange::Outgoing;
use crate::reliability::{Answer, Origin, Peer};
use crate::wire::{
    Code, Message, MessageType, MessageWriter, RawOption, WriteError, definition, is_critical, number, uint,
};

impl<'s> Endpoint<'s> {
    /// Sends a request. Its outcome comes from [`handle_input`](Self::handle_input) or
    /// [`poll_output`](Self::poll_output), exactly once.
    ///
    /// Beyond NSTART it waits for its turn. A Non-confirmable one has its turn until it is answered, or as long as
    /// PROBING_RATE demands (RFC 7252 §4.7).
    ///
    /// To a group it goes Non-confirmable (§8.1), each response that bears its token is handed out whoever
    /// sends it, and it stays open until it is cancelled.
    ///
    /// # Errors
    /// [`WriteError::Full`] if too many requests are in flight or the request fits no message, and
    /// [`WriteError::OutOfOrder`] never.
    pub fn request(
        &mut self,
        now: Instant,
        peer: Peer,
        request: &Outgoing<'_>,
    ) -> Result<RequestId, WriteError> {
        let token = self.random.u64();
        self.send_request(now, peer, request, token)
    }

    /// Sends a request with the token of an earlier one to the same peer, which it replaces: registers an
    /// observation anew or ends it (RFC 7641 §3.3.1, §3.6). Its outcome comes under the same id.
    ///
    /// # Errors
    /// As [`request`](Self::request).
    pub fn request_again(
        &mut self,
        now: Instant,
        id: RequestId,
        peer: Peer,
        request: &Outgoing<'_>,
    ) -> Result<(), WriteError> {
        self.cancel(id);
        self.send_request(now, peer, request, id.0).map(|_| ())
    }

    fn send_request(
        &mut self,
        now: Instant,
        peer: Peer,
        request: &Outgoing<'_>,
        token: u64,
    ) -> Result<RequestId, WriteError> {
        let is_group = peer.remote.ip().is_multicast();
        let request = &Outgoing { confirmable: request.confirmable && !is_group, ..*request };
        let index = self.begin_request(now, peer, false, token)?;
        let message_id = self.requests.at(index).map_or(0, |(_, record)| record.message_id);
        if let Some(record) = self.requests.at_mut(index) {
            record.observes = registers(request);
        }
        let mut result = Err(WriteError::Full);
        let purpose = if request.confirmable { Purpose::Request(token) } else { Purpose::Probe(token) };
        self.transmit(now, Origin { peer, message_id }, purpose, None, &mut |buffer| {
            result = request.write(buffer, message_id, &token.to_be_bytes());
            result.ok()
        });
        if let Err(error) = result {
            self.requests.remove(index);
            return Err(error);
        }
        Ok(RequestId(token))
    }

    /// Asks whether the peer is there (§4.3); the answer is [`Event::Pong`].
    ///
    /// # Errors
    /// `Full` if too many requests are in flight, or if the peer is a group: nothing confirmable goes there.
    pub fn ping(&mut self, now: Instant, peer: Peer) -> Result<RequestId, Full> {
        if peer.remote.ip().is_multicast() {
            return Err(Full);
        }
        let token = self.random.u64();
        let index = self.begin_request(now, peer, true, token)?;
        let message_id = self.requests.at(index).map_or(0, |(_, record)| record.message_id);
        let begun =
            self.transmit(now, Origin { peer, message_id }, Purpose::Request(token), None, &mut |buffer| {
                let kind = MessageType::Confirmable;
                MessageWriter::new(buffer, kind, Code::EMPTY, message_id, &[]).ok()?.payload(&[]).ok()
            });
        if begun.is_none() {
            self.requests.remove(index);
            return Err(Full);
        }
        Ok(RequestId(token))
    }

    pub(super) fn begin_request(
        &mut self,
        now: Instant,
        peer: Peer,
        is_ping: bool,
        token: u64,
    ) -> Result<Index, Full> {
        if self.requests.is_full() || self.transmissions.is_full() {
            return Err(Full);
        }
        let message_id = self.take_message_id(now, peer).ok_or(Full)?;
        self.requests
            .insert(token, RequestRecord { peer, message_id, is_ping, observes: false, asking: None })
    }

    /// Forgets a request of ours; a later answer to it is rejected. One that went out Non-confirmable keeps its turn.
    pub fn cancel(&mut self, id: RequestId) {
        let Some(index) = self.requests.find(&id.0) else { return };
        self.clear_timer(Timer::Request(index));
        let Some((_, RequestRecord { peer, message_id, .. })) = self.requests.remove(index) else { return };
        let Some(at) = self.transmissions.find(&Origin { peer, message_id }) else { return };
        let probes = |record: &TransmissionRecord| {
            matches!(record.purpose, Purpose::Probe(_)) && !record.back_off.is_first()
        };
        if !self.transmissions.at(at).is_some_and(|(_, record)| probes(record)) {
            self.settle_transmission(at);
        }
    }

    /// The token of the Non-confirmable request at `index` that is about to be sent.
    pub(super) fn probe_begins(&self, index: Index) -> Option<u64> {
        match self.transmissions.at(index)?.1 {
            TransmissionRecord { purpose: Purpose::Probe(token), back_off, .. } if back_off.is_first() => {
                Some(*token)
            }
            _ => None,
        }
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
            Purpose::Request(token) => self.requests.find(&token).map(|index| (token, index)),
            Purpose::Probe(_) => {
                // Nothing Non-confirmable is acknowledged.
                self.counters.unsolicited += 1;
                return None;
            }
            Purpose::Response | Purpose::Notification(_) | Purpose::Group => None,
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
            Purpose::Request(token) | Purpose::Probe(token) => token,
            Purpose::Response | Purpose::Group => return None,
            Purpose::Notification(observation) => {
                self.lose_observer(observation);
                return None;
            }
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
        let index =
            token_number(message.token()).and_then(|token| self.requests.find(&token)).filter(|&index| {
                self.requests
                    .at(index)
                    .is_some_and(|(_, record)| record.is_answered_by(&origin.peer) && !record.is_ping)
            });
        let Some(index) = index else {
            self.counters.unsolicited += 1;
            if confirmable && self.repeatable.find(now, &origin) == Some(Answer::Acknowledgement) {
                self.acknowledge(origin);
            } else if confirmable || message.values(number::OBSERVE).next().is_some() {
                // A notification of an observation that we do not know: the Reset ends it (RFC 7641 §3.6).
                self.reset(now, origin);
            }
            return None;
        };
        // A protected notification cannot be opened twice.
        let is_protected = self.requests.at(index).is_some_and(|(_, record)| record.asking.is_some());
        if is_protected && confirmable && self.repeatable.find(now, &origin) == Some(Answer::Acknowledgement)
        {
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
                self.repeatable.forget(&origin);
                self.repeatable.make_room();
                if self.repeatable.begin(now, origin).is_ok() {
                    self.repeatable.settle(&origin, Answer::Acknowledgement);
                }
            }
        }
        self.complete(index, message)
    }

    fn complete<'e>(&mut self, index: Index, message: Message<'e>) -> Option<Event<'e, 's>> {
        self.clear_timer(Timer::Request(index));
        let (&token, &RequestRecord { peer, message_id, observes, .. }) = self.requests.at(index)?;
        self.transmissions.find(&Origin { peer, message_id }).and_then(|at| self.settle_transmission(at));
        self.responds(&peer);
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

/// Whether the request wants to observe.
pub(super) fn registers(request: &Outgoing<'_>) -> bool {
    let registers =
        |option: &RawOption<'_>| option.number == number::OBSERVE && uint(option.value) == Some(0);
    request.options.iter().any(registers)
}

/// The number in a token of the length that ours have.
fn token_number(token: &[u8]) -> Option<u64> {
    token.try_into().ok().map(u64::from_be_bytes)
}

fn unknown_critical(message: &Message<'_>) -> Option<u16> {
    let mut numbers = message.options().map(|option| option.number);
    numbers.find(|&number| is_critical(number) && definition(number).is_none())
}

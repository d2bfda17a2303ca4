//! Requests of ours, RFC 7252 §4.2 and §5.2.

use super::record::Purpose;
use super::{Endpoint, RequestId, RequestRecord, Timer, TransmissionRecord};
use crate::base::{Full, Index, Instant};
use crate::exchange::Outgoing;
use crate::reliability::{Origin, Peer};
use crate::wire::{Code, MessageType, MessageWriter, RawOption, WriteError, number, uint};

impl Endpoint<'_> {
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
        let begun = self.transmit(now, Origin { peer, message_id }, purpose, None, &mut |buffer| {
            result = request.write(buffer, message_id, &token.to_be_bytes());
            result.ok()
        });
        let outcome = result.and_then(|_| begun.ok_or(WriteError::Full));
        if outcome.is_err() {
            self.requests.remove(index);
        }
        outcome.map(|()| RequestId(token))
    }

    /// Asks whether the peer is there (§4.3); the answer is [`Event::Pong`](super::Event::Pong).
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
        if !cfg!(feature = "client") || self.requests.is_full() || self.transmissions.is_full() {
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
}

/// Whether the request wants to observe.
pub(super) fn registers(request: &Outgoing<'_>) -> bool {
    let registers =
        |option: &RawOption<'_>| option.number == number::OBSERVE && uint(option.value) == Some(0);
    request.options.iter().any(registers)
}

//! Requests of ours that are protected, and their responses, RFC 8613 §8.1 and §8.4.

use super::bound::{Asking, ContextId};
use super::client::registers;
use super::record::Purpose;
use super::{Endpoint, Failure, RequestId, Timer};
use crate::base::{Full, Index, Instant};
use crate::exchange::Outgoing;
use crate::oscore::{Compressed, ProtectError, Refusal};
use crate::reliability::{Origin, Peer};
use crate::wire::{Code, Message, ResponseType, number};

/// What is answered without protection: by a server that does not open the request (§8.2), by a proxy that does not get it
/// there. Not what passes, such as 5.03: the retransmission may be answered otherwise.
const REFUSALS: [ResponseType; 7] = [
    Refusal::Decode.code(),
    Refusal::ContextNotFound.code(),
    Refusal::Decryption.code(),
    Refusal::TooLarge.code(),
    ResponseType::BadGateway,
    ResponseType::GatewayTimeout,
    ResponseType::ProxyingNotSupported,
];

/// Which request failed, if one did, since its response cannot be opened.
type Unopened = Option<(RequestId, Failure)>;

/// Opens the response to a protected request.
pub(super) type Opener<'s> =
    for<'a, 'e> fn(&'a mut Endpoint<'s>, Index, Message<'e>, &'e mut [u8]) -> Result<Message<'e>, Unopened>;

impl Endpoint<'_> {
    /// Sends a request as [`request`](Self::request) does, protected under a context. Only a response that is protected
    /// under it is handed out, and only by [`handle_protected`](Self::handle_protected); an answer without protection
    /// ends the request if it says that nobody opened it ([`Failure::Unprotected`]), any other is as none.
    ///
    /// Of an observation each response that is handed out is newer than those before (§7.4.1), whatever its Observe value:
    /// a server may send the first one without a number.
    ///
    /// # Errors
    /// Why it cannot be protected; `Full` also if too many requests are in flight or the peer is a group.
    pub fn request_protected(
        &mut self,
        now: Instant,
        peer: Peer,
        context: ContextId,
        request: &Outgoing<'_>,
    ) -> Result<RequestId, ProtectError> {
        let token = self.random.u64();
        self.send_protected(now, peer, context, request, token)
    }

    /// Sends a protected request with the token of an earlier one; see [`request_again`](Self::request_again).
    ///
    /// # Errors
    /// As [`request_protected`](Self::request_protected).
    pub fn request_protected_again(
        &mut self,
        now: Instant,
        id: RequestId,
        peer: Peer,
        context: ContextId,
        request: &Outgoing<'_>,
    ) -> Result<(), ProtectError> {
        self.cancel(id);
        self.send_protected(now, peer, context, request, id.0).map(|_| ())
    }

    fn send_protected(
        &mut self,
        now: Instant,
        peer: Peer,
        context: ContextId,
        request: &Outgoing<'_>,
        token: u64,
    ) -> Result<RequestId, ProtectError> {
        if peer.remote.ip().is_multicast() {
            return Err(ProtectError::Full);
        }
        self.opener = Some(Self::open_answer);
        let index = self.begin_request(now, peer, false, token)?;
        let Some(mut security) = self.security.take() else {
            self.requests.remove(index);
            return Err(ProtectError::ContextNotFound);
        };
        let message_id = self.requests.at(index).map_or(0, |(_, record)| record.message_id);
        let mut outcome = Err(ProtectError::Full);
        let purpose = if request.confirmable { Purpose::Request(token) } else { Purpose::Probe(token) };
        let begun = self.transmit(now, Origin { peer, message_id }, purpose, None, &mut |buffer| {
            outcome = security.write_request(context, buffer, &mut |room| {
                request.write(room, message_id, &token.to_be_bytes()).ok()
            });
            outcome.ok().map(|(length, _)| length)
        });
        self.security = Some(security);
        let awaited =
            outcome.and_then(|(_, awaited)| begun.map(|()| awaited).ok_or(ProtectError::from(Full)));
        match (awaited, self.requests.at_mut(index)) {
            (Ok(awaited), Some(record)) => {
                record.observes = registers(request);
                record.asking = Some(Asking { context, awaited });
                Ok(RequestId(token))
            }
            (outcome, _) => {
                self.requests.remove(index);
                outcome.and(Err(ProtectError::Full))
            }
        }
    }

    /// The response as it is to be understood; else which request failed, if one did.
    #[inline]
    pub(super) fn opened_response<'e>(
        &mut self,
        index: Index,
        message: Message<'e>,
        room: &'e mut [u8],
    ) -> Result<Message<'e>, Unopened> {
        match self.opener {
            Some(open) => open(self, index, message, room),
            None => Ok(message),
        }
    }

    fn open_answer<'e>(
        &mut self,
        index: Index,
        message: Message<'e>,
        room: &'e mut [u8],
    ) -> Result<Message<'e>, Unopened> {
        let Some((&token, record)) = self.requests.at(index) else { return Err(None) };
        let Some(asking) = record.asking else { return Ok(message) };
        let Some(value) = message.values(number::OSCORE).next() else {
            if asking.awaited.is_answered() {
                // Whoever answered once can open the request.
                self.counters.unopened += 1;
                return Err(None);
            }
            return Err(self.refused(index, RequestId(token), message.code()));
        };
        self.open_response(index, value, &message, room).map_err(|_| {
            self.counters.unopened += 1;
            None
        })
    }

    fn open_response<'e>(
        &mut self,
        index: Index,
        value: &[u8],
        outer: &Message<'_>,
        room: &'e mut [u8],
    ) -> Result<Message<'e>, Refusal> {
        let compressed = Compressed::read(value).ok_or(Refusal::Decode)?;
        let asking = self.requests.at_mut(index).and_then(|record| record.asking.as_mut());
        let Asking { context, awaited } = asking.ok_or(Refusal::ContextNotFound)?;
        let context = self.security.as_mut().and_then(|security| security.context(*context));
        context.ok_or(Refusal::ContextNotFound)?.open_response(&compressed, outer, awaited, room)
    }

    /// An answer without protection: it ends the request only if it is one that says that nobody opened it.
    fn refused(&mut self, index: Index, id: RequestId, code: Code) -> Option<(RequestId, Failure)> {
        if !REFUSALS.into_iter().any(|refusal| Code::from(refusal) == code) {
            self.counters.unopened += 1;
            return None;
        }
        self.clear_timer(Timer::Request(index));
        let (_, record) = self.requests.remove(index)?;
        let origin = Origin { peer: record.peer, message_id: record.message_id };
        self.transmissions.find(&origin).and_then(|at| self.settle_transmission(at));
        Some((id, Failure::Unprotected(code)))
    }
}

//! Extended tokens, RFC 8974.

use super::Endpoint;
use super::reply::{LONG_TOKEN, Reply};
use super::serve::unbound;
use crate::base::Instant;
use crate::exchange::{Problem, Response};
use crate::reliability::Origin;
use crate::wire::{FormatError, FormatErrorKind, Message, MessageType, ResponseType, Token, number, uint};

impl Endpoint<'_> {
    /// Reacts to a message whose extended token is too long for us; false if it is not. Where extended tokens are
    /// not supported it is no message (RFC 7252 §3). Where they are, a request must not be rejected, as that would
    /// say the opposite: it is answered 4.00 (§2.2.2).
    #[cold]
    pub(super) fn refuses_token(&mut self, now: Instant, origin: Origin, message: &Message<'_>) -> bool {
        let (kind, token) = (message.kind(), message.token());
        if !cfg!(feature = "host") || self.longest_token <= Token::SHORT {
            let header = Some((kind, origin.message_id));
            self.reject_malformed(
                now,
                origin.peer,
                FormatError { kind: FormatErrorKind::TokenLength, header },
            );
            return true;
        }
        let is_request = message.code().is_request()
            && matches!(kind, MessageType::Confirmable | MessageType::NonConfirmable);
        if !is_request || token.len() <= self.longest_token {
            return false;
        }
        if origin.peer.is_multicast() {
            self.counters.multicast += 1;
            return true;
        }
        self.counters.rejected += 1;
        let confirmable = kind == MessageType::Confirmable;
        // Header, token and options of the answer, and a sentence.
        const ROOM: usize = 64;
        if token.len() + ROOM > self.send.len() {
            if confirmable {
                self.reset(now, origin);
            }
            return true;
        }
        let accept = message.values(number::ACCEPT).next().and_then(uint);
        let asked = unbound(message);
        let (response, problem) = (Response::new(ResponseType::BadRequest), Problem::titled(LONG_TOKEN));
        self.answer(now, origin, asked, Reply::Error(&response, &problem, accept));
        true
    }
}

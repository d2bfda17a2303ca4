//! A datagram comes in, RFC 7252 §4.

use super::{Endpoint, Event};
use crate::base::Instant;
use crate::reliability::{Origin, Peer};
use crate::wire::{Code, FormatError, Message, MessageType};

impl<'s> Endpoint<'s> {
    /// Takes a datagram from `peer`; says what it means to the application, if anything. A protected message is refused
    /// (RFC 7252 §5.4.1): it has no room to be opened.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn handle_input<'e>(
        &'e mut self,
        now: Instant,
        peer: Peer,
        datagram: &'e [u8],
    ) -> Option<Event<'e, 's>> {
        self.handle_with(now, peer, datagram, &mut [])
    }

    /// The same for an endpoint with security contexts (RFC 8613): a protected message is opened into `room`, which wants
    /// twice the length of the longest datagram, and what it means is shown. What is not protected is served as ever:
    /// [`Incoming::context`](super::Incoming::context) tells them apart.
    #[cfg(feature = "oscore")]
    #[cfg_attr(not(target_os = "none"), inline)]
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn handle_protected<'e>(
        &'e mut self,
        now: Instant,
        peer: Peer,
        datagram: &'e [u8],
        room: &'e mut [u8],
    ) -> Option<Event<'e, 's>> {
        self.handle_with(now, peer, datagram, room)
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn handle_with<'e>(
        &'e mut self,
        now: Instant,
        peer: Peer,
        datagram: &'e [u8],
        room: &'e mut [u8],
    ) -> Option<Event<'e, 's>> {
        self.counters.received += 1;
        self.limiter.received(datagram.len());
        let message = match Message::parse(datagram) {
            Ok(message) => message,
            Err(error) => {
                self.reject_malformed(now, peer, error);
                return None;
            }
        };
        let origin = Origin { peer, message_id: message.message_id() };
        if message.has_extended_token() && self.refuses_token(now, origin, &message) {
            return None;
        }
        if peer.is_multicast() {
            return self.group_received(now, origin, message);
        }
        match message.kind() {
            MessageType::Acknowledgement => self.acknowledged(now, origin, message, room),
            MessageType::Reset => self.was_reset(now, origin, message),
            MessageType::Confirmable | MessageType::NonConfirmable => {
                if message.code().is_request() {
                    self.serve(now, origin, message, room)
                } else if message.code() == Code::EMPTY {
                    self.ping_received(now, origin, message.kind());
                    None
                } else {
                    self.response_received(now, origin, message, room)
                }
            }
        }
    }

    /// §4.2: a confirmable message that is none is rejected by Reset; anything else is ignored.
    pub(super) fn reject_malformed(&mut self, now: Instant, peer: Peer, error: FormatError) {
        self.counters.format_errors += 1;
        if let Some((MessageType::Confirmable, message_id)) = error.header {
            self.reset(now, Origin { peer, message_id });
        }
    }

    /// §4.3: an Empty confirmable message asks whether we are there.
    fn ping_received(&mut self, now: Instant, origin: Origin, kind: MessageType) {
        self.counters.pings += 1;
        if kind == MessageType::Confirmable {
            self.reset(now, origin);
        }
    }

    /// Sends a Reset, but never to a group's members (§8.1), and no more than [`ResetLimit`](crate::reliability::ResetLimit) lets through.
    pub(super) fn reset(&mut self, now: Instant, origin: Origin) {
        if origin.peer.is_multicast() {
            return;
        }
        if !self.reset_limit.take(now, origin.peer.remote_address().ip()) {
            self.counters.resets_withheld += 1;
            return;
        }
        if let Some(len) = self.write_empty(MessageType::Reset, origin.message_id) {
            self.queue(origin.peer, len);
        }
    }

    /// Sends an Empty acknowledgement.
    pub(super) fn acknowledge(&mut self, origin: Origin) {
        if let Some(len) = self.write_empty(MessageType::Acknowledgement, origin.message_id) {
            self.queue(origin.peer, len);
        }
    }
}

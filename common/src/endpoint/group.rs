//! Requests to a group and their responses, RFC 7252 §8.

use super::record::{Asked, Memory, Purpose};
use super::{Endpoint, Event, Incoming, Timer};
use crate::base::{Duration, Instant};
use crate::exchange::Request;
use crate::reliability::{BackOff, Origin};
use crate::wire::{Code, Message, MessageType};

impl<'s> Endpoint<'s> {
    /// A datagram that came to a group: a Non-confirmable GET or FETCH is served (§8.1), a repetition of one that
    /// was answered within the leisure is not, anything else is ignored without a word.
    #[cold]
    pub(super) fn group_received<'e>(
        &'e mut self,
        now: Instant,
        origin: Origin,
        message: Message<'e>,
    ) -> Option<Event<'e, 's>> {
        // Protection of groups is another RFC's.
        if !cfg!(feature = "groups") || self.demands_protection() {
            self.counters.multicast += 1;
            return None;
        }
        if self.transmissions.find(&origin).is_some() || self.deferred.find(&origin).is_some() {
            self.counters.duplicates += 1;
            return None;
        }
        let serves = message.kind() == MessageType::NonConfirmable && message.code().is_safe();
        let request = Request::check(message).ok().filter(|request| serves && request.block1().is_none());
        let Some(request) = request else {
            self.counters.multicast += 1;
            return None;
        };
        let asked = Asked {
            confirmable: false,
            token: message.token(),
            observe: None,
            no_response: request.no_response(),
            block1: None,
            block2: request.block2(),
            memory: Memory::Group,
            bound: None,
        };
        self.counters.requests += 1;
        Some(Event::Request(Incoming::new(self, now, request, origin, asked, None)))
    }

    /// Keeps the response of `len` bytes in the send buffer until a random moment of the leisure (§8.2). One that
    /// says nothing is dropped, and so is one that finds no room: groups have half of the transmissions at most.
    #[cold]
    pub(super) fn answer_group(&mut self, now: Instant, origin: Origin, len: usize) {
        let bytes = self.send.get(..len).unwrap_or_default();
        let room = self.group_responses < self.transmission_capacity.div_ceil(2);
        let leisure = self.timings.of(&origin.peer).leisure;
        let delay = Duration::from_micros(self.random.up_to(leisure.as_micros()));
        let back_off = Some(BackOff::once(leisure - delay));
        let begun = (room && says_something(bytes)).then_some(()).and_then(|()| {
            self.transmit_to_stranger(now, origin, Purpose::Group, back_off, &mut |buffer| {
                (len <= buffer.len()).then_some(len)
            })
        });
        let Some(index) = begun.and_then(|()| self.transmissions.find(&origin)) else {
            self.counters.multicast += 1;
            return;
        };
        let start = index.as_usize() * self.stride;
        if let (Some(kept), Some(bytes)) = (self.messages.get_mut(start..start + len), self.send.get(..len)) {
            for (to, from) in kept.iter_mut().zip(bytes) {
                *to = *from;
            }
        }
        self.group_responses += 1;
        self.set_timer(Timer::Transmission(index), now + delay);
    }
}

/// Whether a response is worth everybody's time: no error, and no content that is empty, as of a discovery that
/// found nothing (§8.2, RFC 6690 §4.1).
fn says_something(response: &[u8]) -> bool {
    Message::parse(response).is_ok_and(|message| {
        let code = message.code();
        code.class() == 2 && !(code == Code(0x45) && message.payload().is_empty())
    })
}

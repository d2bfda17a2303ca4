//! What the endpoint tells its owner.

use super::limits::ON;
use super::observe::Notification;
use super::record::Purpose;
use super::{Count, Endpoint, Incoming, RequestId, Timer};
use crate::base::{Index, Instant};
use crate::exchange::Due;
use crate::reliability::{Answer, BackOff, Ledger, Peer};
use crate::wire::{Code, Message, MessageType, MessageWriter};

/// What a datagram means to the application.
#[derive(Debug)]
#[cfg_attr(
    feature = "full",
    expect(clippy::large_enum_variant, reason = "taken apart where it is received, never kept")
)]
pub enum Event<'e, 's> {
    /// A request to answer.
    Request(Incoming<'e, 's>),
    /// The response to a request of ours.
    Response {
        /// Which request.
        id: RequestId,
        /// The response message.
        message: Message<'e>,
    },
    /// The peer answered a ping.
    Pong(RequestId),
    /// A request of ours will not be answered.
    Failed {
        /// Which request.
        id: RequestId,
        /// Why.
        failure: Failure,
    },
}

/// What there is to do.
#[derive(Debug)]
pub enum Output<'e, 's> {
    /// Send these bytes to the peer, from the address of ours that it names.
    Transmit {
        /// To whom.
        peer: Peer,
        /// The datagram.
        bytes: &'e [u8],
    },
    /// An observer to be told.
    Notify(Notification<'e, 's>),
    /// A request of ours will not be answered.
    Failed {
        /// Which request.
        id: RequestId,
        /// Why.
        failure: Failure,
    },
    /// Nothing, until this time or the next input.
    Wait(Option<Instant>),
}

/// Why a request of ours got no response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// Nobody answered in time.
    TimedOut,
    /// The peer has no use for the message (RFC 7252 §4.2).
    Reset,
    /// The response carries a critical option that is unknown (§5.4.1).
    BadOption(u16),
    /// The request was protected, and an answer of this code says that nobody could open it; which is not protected and
    /// could be anybody's (RFC 8613 §8.2).
    Unprotected(Code),
}

impl core::fmt::Display for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::TimedOut => f.write_str("no answer"),
            Self::Reset => f.write_str("rejected by Reset"),
            Self::Unprotected(code) => {
                write!(f, "the protected request was refused without protection: {code}")
            }
            Self::BadOption(number) => write!(f, "response with unknown critical option {number}"),
        }
    }
}

impl core::error::Error for Failure {}

/// What a transmission that is due comes to.
enum Sending {
    /// These bytes of the messages go out.
    Bytes(Peer, usize, usize),
    /// An observer is to be told a newer state.
    Newer(Due, BackOff),
    /// Nobody acknowledged.
    GaveUp(RequestId),
}

/// Bytes of an Empty message.
const EMPTY: usize = 4;

impl<'s> Endpoint<'s> {
    /// The next thing to do; ask again until it says [`Output::Wait`].
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn poll_output(&mut self, now: Instant) -> Output<'_, 's> {
        if let Some((peer, len)) = self.pending.take() {
            return Output::Transmit { peer, bytes: self.send.get(..len).unwrap_or_default() };
        }
        if let Some(due) = self.next_due(now) {
            return Output::Notify(self.notification(now, due, None));
        }
        while let Some((number, at)) = self.deadlines.next() {
            if at > now {
                return Output::Wait(Some(at));
            }
            match self.timer(number) {
                Timer::Deferred(index) if cfg!(feature = "deferred") => {
                    if let Some((peer, len)) = self.acknowledge_deferred(index) {
                        return Output::Transmit { peer, bytes: self.send.get(..len).unwrap_or_default() };
                    }
                }
                Timer::Transmission(index) => match self.transmission_due(now, index) {
                    Some(Sending::Bytes(peer, start, len)) => {
                        let bytes = self.messages.get(start..start + len).unwrap_or_default();
                        return Output::Transmit { peer, bytes };
                    }
                    Some(Sending::Newer(due, back_off)) => {
                        return Output::Notify(self.notification(now, due, Some(back_off)));
                    }
                    Some(Sending::GaveUp(id)) => return Output::Failed { id, failure: Failure::TimedOut },
                    None => {}
                },
                Timer::Observation(index) if cfg!(feature = "observe") => {
                    self.clear_timer(Timer::Observation(index));
                    self.observers.resume(index);
                    if let Some(due) = self.next_due(now) {
                        return Output::Notify(self.notification(now, due, None));
                    }
                }
                Timer::Request(index) if cfg!(feature = "client") => {
                    self.clear_timer(Timer::Request(index));
                    if let Some((token, _)) = self.requests.remove(index) {
                        return Output::Failed { id: RequestId(token), failure: Failure::TimedOut };
                    }
                }
                // Nothing of the kind was begun.
                timer => self.clear_timer(timer),
            }
        }
        Output::Wait(None)
    }

    /// The piggyback time is over: an Empty acknowledgement (RFC 7252 §5.2.2).
    fn acknowledge_deferred(&mut self, index: Index) -> Option<(Peer, usize)> {
        self.clear_timer(Timer::Deferred(index));
        let (&origin, record) = self.deferred.at(index)?;
        let (memory, is_bound) = (record.asked().memory, record.asked().bound.is_some());
        let record = self.deferred.at_mut(index)?;
        record.acknowledged = true;
        if ON {
            record.allowance = record.allowance.saturating_sub((EMPTY + Ledger::LOWER_LAYERS) as u32);
        }
        if let Some(memory) = self.memory(memory, is_bound) {
            memory.settle(&origin, Answer::Acknowledgement);
        }
        let len = self.write_empty(MessageType::Acknowledgement, origin.message_id)?;
        Some((origin.peer, len))
    }

    /// Sends the message at `index` once more, or tells an observer the newer state instead.
    #[cfg_attr(target_os = "none", inline(never))]
    fn transmission_due(&mut self, now: Instant, index: Index) -> Option<Sending> {
        if let Some(token) = self.probe_begins(index) {
            self.expect_response(now, token);
        }
        if let Some((due, back_off)) = self.outdated(now, index) {
            return Some(Sending::Newer(due, back_off));
        }
        let record = self.transmissions.at_mut(index)?;
        let first = record.back_off.is_first();
        if first {
            record.first_sent = now;
        }
        let wait = record.back_off.transmit();
        let len = record.len;
        let prepaid = !ON || core::mem::take(&mut record.prepaid);
        if let (Some(wait), Some((origin, record))) = (wait, self.transmissions.at(index)) {
            let (origin, purpose) = (*origin, record.purpose);
            self.set_timer(Timer::Transmission(index), now + wait);
            if !prepaid && !self.may_send(&origin.peer, purpose, len) {
                return None;
            }
            self.counters.retransmissions += Count::from(!first);
            let peer = origin.peer.answering();
            return Some(Sending::Bytes(peer, index.as_usize() * self.stride, len));
        }
        let (_, record) = self.settle_transmission(index)?;
        if record.purpose.is_group() {
            self.group_responses -= 1;
            return None;
        }
        if record.purpose.probe().is_some() {
            // Its turn is over; a response may still come.
            return None;
        }
        self.counters.gave_up += 1;
        match record.purpose {
            Purpose::Request(token) if cfg!(feature = "client") => {
                self.requests.find(&token).and_then(|request| self.requests.remove(request));
                Some(Sending::GaveUp(RequestId(token)))
            }
            Purpose::Notification(observation) => {
                self.lose_observer(observation);
                None
            }
            _ => None,
        }
    }

    /// Puts an Empty message into the send buffer.
    pub(super) fn write_empty(&mut self, kind: MessageType, message_id: u16) -> Option<usize> {
        MessageWriter::new(self.send, kind, Code::EMPTY, message_id, &[]).ok()?.payload(&[]).ok()
    }
}

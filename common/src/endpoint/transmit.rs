//! Messages of ours whose acknowledgement or response is expected, RFC 7252 §4.2, and how many at once, §4.7.

use super::record::{Purpose, TransmissionRecord};
use super::{Endpoint, Timer};
use crate::base::{Index, Instant};
use crate::reliability::{BackOff, Origin, Peer};

impl Endpoint<'_> {
    /// Starts sending a message that `write` puts into its buffer, with the back-off of the one that it replaces if
    /// it does. Beyond NSTART it waits for its turn.
    ///
    /// A Non-confirmable request is sent once and has its turn until its response or PROBING_RATE ends it: so the
    /// next one goes no sooner than the rate allows to a peer that does not respond.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(super) fn transmit(
        &mut self,
        now: Instant,
        origin: Origin,
        purpose: Purpose,
        back_off: Option<BackOff>,
        write: &mut dyn FnMut(&mut [u8]) -> Option<usize>,
    ) -> Option<()> {
        let timing = *self.timings.of(&origin.peer);
        let back_off = match back_off {
            Some(back_off) => back_off,
            None => BackOff::start(&timing, self.estimated(now, &origin.peer), &mut self.random),
        };
        let record = TransmissionRecord {
            len: 0,
            back_off,
            purpose,
            first_sent: now,
            is_held: false,
            prepaid: false,
            next_held: None,
        };
        let index = self.transmissions.insert(origin, record).ok()?;
        let start = index.as_usize() * self.stride;
        let len = self.messages.get_mut(start..start + self.stride).and_then(write);
        match (len, self.transmissions.at_mut(index)) {
            (Some(len), Some(record)) => {
                record.len = len;
                if purpose.probe().is_some() {
                    record.back_off = BackOff::once(timing.probing_time(len));
                }
            }
            _ => {
                self.transmissions.discard(index);
                return None;
            }
        }
        if purpose.is_group() {
            // A single datagram, which nobody acknowledges.
            self.set_timer(Timer::Transmission(index), now);
            return Some(());
        }
        self.start_or_hold(now, origin.peer, index)
    }

    /// The same on account of somebody who has not proved who it is.
    #[inline]
    pub(super) fn transmit_to_stranger(
        &mut self,
        now: Instant,
        origin: Origin,
        purpose: Purpose,
        back_off: Option<BackOff>,
        write: &mut dyn FnMut(&mut [u8]) -> Option<usize>,
    ) -> Option<()> {
        if !self.shares.admit(&self.transmissions, false) {
            return None;
        }
        self.transmit(now, origin, purpose, back_off, write)
    }

    fn start_or_hold(&mut self, now: Instant, peer: Peer, index: Index) -> Option<()> {
        let most = self.timings.of(&peer).nstart.max(1);
        #[cfg(feature = "faults")]
        let most = if self.has(super::Fault::IgnoresNstart) { u8::MAX } else { most };
        let Some(record) = self.peer_record(peer) else {
            self.transmissions.discard(index);
            return None;
        };
        if record.outstanding < most {
            record.outstanding += 1;
            self.set_timer(Timer::Transmission(index), now);
            return Some(());
        }
        let held = record.held();
        let last = held.map(|(_, last)| last);
        record.hold(Some((held.map_or(index, |(first, _)| first), index)));
        if let Some(before) = last.and_then(|last| self.transmissions.at_mut(last)) {
            before.next_held = Some(index);
        }
        self.transmissions.at_mut(index)?.is_held = true;
        Some(())
    }

    /// Ends the sending of the message at `index`; the next one to that peer gets its turn.
    pub(super) fn settle_transmission(&mut self, index: Index) -> Option<(Origin, TransmissionRecord)> {
        self.clear_timer(Timer::Transmission(index));
        let (origin, record) = self.transmissions.remove(index)?;
        if record.purpose.is_group() {
            return Some((origin, record));
        }
        if record.is_held {
            self.unlink_held(origin.peer, index, record.next_held);
        } else {
            self.next_turn(origin.peer);
        }
        Some((origin, record))
    }

    fn next_turn(&mut self, peer: Peer) {
        let Self { peers, transmissions, .. } = self;
        let Some(record) = peers.find(&peer).and_then(|index| peers.at_mut(index)) else { return };
        let Some((first, last)) = record.held() else {
            record.outstanding = record.outstanding.saturating_sub(1);
            return;
        };
        let Some(started) = transmissions.at_mut(first) else {
            record.hold(None);
            return;
        };
        started.is_held = false;
        record.hold(started.next_held.take().map(|next| (next, last)));
        // Due at once, whatever the time.
        self.set_timer(Timer::Transmission(first), Instant::default());
    }

    /// Takes a message that was given up before its turn out of those that wait.
    fn unlink_held(&mut self, peer: Peer, gone: Index, next: Option<Index>) {
        let Self { peers, transmissions, .. } = self;
        let Some(record) = peers.find(&peer).and_then(|index| peers.at_mut(index)) else { return };
        let Some((first, last)) = record.held() else { return };
        if first == gone {
            record.hold(next.map(|next| (next, last)));
            return;
        }
        let mut at = first;
        while let Some(held) = transmissions.at_mut(at) {
            match held.next_held {
                Some(index) if index == gone => {
                    held.next_held = next;
                    if last == gone {
                        record.hold(Some((first, at)));
                    }
                    return;
                }
                Some(index) => at = index,
                None => return,
            }
        }
    }
}

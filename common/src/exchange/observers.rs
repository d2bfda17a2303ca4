//! Who observes what, RFC 7641 §4, on lent memory.
//!
//! A change marks its resource, which costs the same for one observer and for ten thousand; who has to hear of
//! it is found one by one as the notifications are asked for. Nothing is queued: an observer that cannot be told
//! yet is told the newest state once it can.

use super::observation::{
    Confirm, Due, Interest, NONE, ObservationRecord, ObservedRecord, ObserverKey, ObserverSlots,
};
use crate::base::{Full, Index, Instant, Table};
use crate::reliability::Origin;

/// All observations.
#[derive(Debug)]
pub struct Observers<'s> {
    observations: Table<'s, ObserverKey, ObservationRecord>,
    resources: Table<'s, u64, ObservedRecord>,
    /// The last notification of each observer, so that a Reset finds it (§3.6).
    notified: Table<'s, Origin, u32>,
    ready: (u32, u32),
    changed: (u32, u32),
    sequence: u32,
    policy: Confirm,
}

impl<'s> Observers<'s> {
    /// Nobody observes anything.
    pub fn new(slots: ObserverSlots<'s>, policy: Confirm, seed: u64) -> Self {
        let ObserverSlots { observations, resources, notified } = slots;
        Self {
            observations: Table::new(observations, seed),
            resources: Table::new(resources, seed.rotate_left(21)),
            notified: Table::new(notified, seed.rotate_left(42)),
            ready: (NONE, NONE),
            changed: (NONE, NONE),
            sequence: 0,
            policy,
        }
    }

    /// How many observations there are.
    pub const fn len(&self) -> usize {
        self.observations.len()
    }

    /// Whether nobody observes anything.
    pub const fn is_empty(&self) -> bool {
        self.observations.is_empty()
    }

    /// Whether anybody observes this resource.
    pub fn is_observed(&self, resource: u64) -> bool {
        self.resources.find(&resource).is_some()
    }

    /// Whether this observation exists.
    pub fn find(&self, key: &ObserverKey) -> Option<Index> {
        self.observations.find(key)
    }

    /// One of the observations, if there are any.
    pub fn any(&self) -> Option<Index> {
        self.observations.oldest()
    }

    /// Adds an observation or renews it (§4.1), if their table is not full and `admits` says so of it; where it stands, and
    /// the value for the Observe option.
    ///
    /// # Errors
    /// `Full` if there are too many.
    pub fn register(
        &mut self,
        now: Instant,
        key: ObserverKey,
        interest: Interest,
        admits: impl FnOnce(&Table<'s, ObserverKey, ObservationRecord>) -> bool,
    ) -> Result<(Index, u32), Full> {
        if let Some(known) = self.observations.find(&key) {
            self.remove(known);
        }
        if self.observations.is_full() || !admits(&self.observations) {
            return Err(Full);
        }
        let resource = match self.resources.find(&interest.resource) {
            Some(resource) => resource,
            None => self.resources.insert(
                interest.resource,
                ObservedRecord {
                    first: NONE,
                    cursor: NONE,
                    next_changed: NONE,
                    changed: false,
                    again: false,
                },
            )?,
        };
        let first = self.resources.at(resource).map_or(NONE, |(_, record)| record.first);
        let record = ObservationRecord {
            interest,
            resource,
            previous: NONE,
            next: first,
            next_ready: NONE,
            ready: false,
            in_flight: false,
            stale: false,
            // The first notification shows whether anybody is there.
            unconfirmed: self.policy.every,
            confirmed: now,
            last: None,
            credit: 0,
            proven: false,
        };
        let index = self.observations.insert(key, record)?;
        if let Some(second) = self.observation(first) {
            second.previous = index.as_usize() as u32;
        }
        if let Some(resource) = self.resources.at_mut(resource) {
            resource.first = index.as_usize() as u32;
        }
        Ok((index, self.sequence))
    }

    /// Ends an observation; whose it was, and the message id of its last notification.
    pub fn remove(&mut self, index: Index) -> Option<(ObserverKey, Option<u16>)> {
        self.forget_notification(index);
        let (key, record) = self.observations.remove(index)?;
        if let Some(previous) = self.observation(record.previous) {
            previous.next = record.next;
        }
        if let Some(next) = self.observation(record.next) {
            next.previous = record.previous;
        }
        if record.ready {
            self.unlink_ready(index.as_usize() as u32, record.next_ready);
        }
        let resource = self.resources.at_mut(record.resource)?;
        if resource.first == index.as_usize() as u32 {
            resource.first = record.next;
        }
        if resource.cursor == index.as_usize() as u32 {
            resource.cursor = record.next;
        }
        if resource.first == NONE && !resource.changed {
            self.resources.discard(record.resource);
        }
        Some((key, record.last))
    }

    /// The resource has another state: whoever observes it is to be told.
    pub fn changed(&mut self, resource: u64) {
        let Some(index) = self.resources.find(&resource) else { return };
        self.sequence = (self.sequence + 1) & 0x00ff_ffff;
        let tail = self.changed.1;
        let Some(record) = self.resources.at_mut(index) else { return };
        if record.changed {
            record.again = true;
            return;
        }
        record.changed = true;
        record.cursor = record.first;
        record.next_changed = NONE;
        let index = index.as_usize() as u32;
        match self.resources.at_mut(Index::from_usize(tail as usize)).filter(|_| tail != NONE) {
            Some(last) => last.next_changed = index,
            None => self.changed.0 = index,
        }
        self.changed.1 = index;
    }

    /// Whether nobody has to be told anything, nor will have before somebody observes.
    #[inline]
    pub const fn is_quiet(&self) -> bool {
        self.observations.is_empty() && self.changed.0 == NONE
    }

    /// Who has to be told next.
    pub fn next_due(&mut self, now: Instant) -> Option<Due> {
        if let Some(index) = self.pop_ready() {
            return self.due(now, index);
        }
        while self.changed.0 != NONE {
            let resource = Index::from_usize(self.changed.0 as usize);
            while let Some(cursor) = self.resources.at(resource).map(|(_, record)| record.cursor) {
                let Some(observation) = self.observation(cursor) else { break };
                let (next, in_flight) = (observation.next, observation.in_flight);
                observation.stale = true;
                if let Some(record) = self.resources.at_mut(resource) {
                    record.cursor = next;
                }
                if !in_flight {
                    return self.due(now, Index::from_usize(cursor as usize));
                }
            }
            self.finish_change(resource);
        }
        None
    }

    /// Everybody was told of the change, unless there was another one meanwhile.
    fn finish_change(&mut self, index: Index) {
        let Some(record) = self.resources.at_mut(index) else {
            self.changed = (NONE, NONE);
            return;
        };
        if record.again && record.first != NONE {
            record.again = false;
            record.cursor = record.first;
            return;
        }
        (record.changed, record.again) = (false, false);
        let (next, unobserved) = (record.next_changed, record.first == NONE);
        self.changed.0 = next;
        if next == NONE {
            self.changed.1 = NONE;
        }
        if unobserved {
            self.resources.discard(index);
        }
    }

    fn due(&mut self, now: Instant, index: Index) -> Option<Due> {
        let policy = self.policy;
        let record = self.observations.at_mut(index)?;
        record.stale = false;
        let confirmable =
            record.unconfirmed + 1 >= policy.every || now.since(record.confirmed) >= policy.after;
        let interest = record.interest;
        let (key, _) = self.observations.at(index)?;
        Some(Due { index, key: *key, interest, sequence: self.sequence, confirmable })
    }

    /// A notification went out.
    pub fn sent(&mut self, index: Index, message_id: u16, confirmable: bool) {
        self.forget_notification(index);
        let Some(record) = self.observations.at_mut(index) else { return };
        record.in_flight = confirmable;
        record.unconfirmed = record.unconfirmed.saturating_add(1);
        record.last = Some(message_id);
        if let Some((key, _)) = self.observations.at(index) {
            let origin = Origin { peer: key.peer, message_id };
            // There is a place for each observation's last notification.
            let _ = self.notified.insert(origin, index.as_usize() as u32);
        }
    }

    /// The observer acknowledged its notification.
    pub fn acknowledged(&mut self, now: Instant, index: Index) {
        let Some(record) = self.observations.at_mut(index) else { return };
        record.in_flight = false;
        record.unconfirmed = 0;
        record.confirmed = now;
        if record.stale {
            self.push_ready(index);
        }
    }

    /// So many bytes may be sent on account of the registration.
    pub fn give_credit(&mut self, index: Index, credit: u32) {
        if let Some(record) = self.observations.at_mut(index) {
            record.credit = credit;
        }
    }

    /// Takes these bytes out.
    pub fn take_credit(&mut self, index: Index) -> u32 {
        self.observations.at_mut(index).map_or(0, |record| core::mem::take(&mut record.credit))
    }

    /// It is proved that the observer receives what it is sent.
    pub fn prove(&mut self, index: Index) {
        if let Some(record) = self.observations.at_mut(index) {
            record.proven = true;
        }
    }

    /// Whether that is proved.
    pub fn is_proven(&self, index: Index) -> bool {
        self.observations.at(index).is_some_and(|(_, record)| record.proven)
    }

    /// The observation is told later: until it is resumed, only the state moves on.
    pub fn postpone(&mut self, index: Index) {
        if let Some(record) = self.observations.at_mut(index) {
            (record.in_flight, record.stale) = (true, true);
        }
    }

    /// The time of an observation that was postponed has come.
    pub fn resume(&mut self, index: Index) {
        if let Some(record) = self.observations.at_mut(index) {
            record.in_flight = false;
            self.push_ready(index);
        }
    }

    /// Whether the state changed since the notification in flight; it is then taken back to be replaced.
    pub fn take_stale(&mut self, index: Index) -> bool {
        let Some(record) = self.observations.at_mut(index).filter(|record| record.stale) else {
            return false;
        };
        record.in_flight = false;
        true
    }

    /// The observation at `index` as one that has to be told, for a notification that replaces another.
    pub fn replacement(&mut self, now: Instant, index: Index) -> Option<Due> {
        self.due(now, index).map(|due| Due { confirmable: true, ..due })
    }

    /// The observation whose last notification had this message id.
    pub fn notified(&self, origin: &Origin) -> Option<Index> {
        let (_, index) = self.notified.at(self.notified.find(origin)?)?;
        Some(Index::from_usize(*index as usize))
    }

    fn forget_notification(&mut self, index: Index) {
        let Some((key, record)) = self.observations.at(index) else { return };
        let Some(message_id) = record.last else { return };
        let origin = Origin { peer: key.peer, message_id };
        if let Some(known) = self.notified.find(&origin) {
            self.notified.discard(known);
        }
    }

    fn observation(&mut self, number: u32) -> Option<&mut ObservationRecord> {
        if number == NONE { None } else { self.observations.at_mut(Index::from_usize(number as usize)) }
    }

    fn push_ready(&mut self, index: Index) {
        let number = index.as_usize() as u32;
        let tail = self.ready.1;
        let Some(record) = self.observations.at_mut(index).filter(|record| !record.ready) else { return };
        (record.ready, record.next_ready) = (true, NONE);
        match self.observation(tail) {
            Some(last) => last.next_ready = number,
            None => self.ready.0 = number,
        }
        self.ready.1 = number;
    }

    fn pop_ready(&mut self) -> Option<Index> {
        let number = self.ready.0;
        let record = self.observation(number)?;
        record.ready = false;
        let next = record.next_ready;
        self.ready.0 = next;
        if next == NONE {
            self.ready.1 = NONE;
        }
        Some(Index::from_usize(number as usize))
    }

    /// Takes a removed observation out of those that are ready.
    fn unlink_ready(&mut self, gone: u32, next: u32) {
        if self.ready.0 == gone {
            self.ready.0 = next;
            if next == NONE {
                self.ready.1 = NONE;
            }
            return;
        }
        let mut at = self.ready.0;
        while let Some(record) = self.observation(at) {
            if record.next_ready == gone {
                record.next_ready = next;
                if next == NONE {
                    self.ready.1 = at;
                }
                return;
            }
            at = record.next_ready;
        }
    }
}

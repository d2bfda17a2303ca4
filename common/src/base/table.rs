//! A bounded keyed table on lent memory: constant-time look-up, oldest first.

use super::bytes::Full;
use super::hash::{Hashed, Hasher};
#[cfg(feature = "filling")]
use super::slots::Filling;
use super::slots::Slots;

const NONE: u32 = u32::MAX;

/// Memory for one [`Table`].
#[derive(Debug)]
pub struct Lent<'s, K, V> {
    slots: Slots<'s, Slot<K, V>>,
    buckets: &'s mut [u32],
}

impl<'s, K, V> Lent<'s, K, V> {
    /// Memory that is there at once; `buckets` wants the same length. What it held is forgotten.
    pub fn new(slots: &'s mut [Slot<K, V>], buckets: &'s mut [u32]) -> Self {
        for (number, slot) in slots.iter_mut().enumerate() {
            *slot = Slot { next: number as u32 + 1, ..Slot::EMPTY };
        }
        if let Some(last) = slots.last_mut() {
            last.next = NONE;
        }
        clear(buckets);
        Self { slots: Slots::All(slots), buckets }
    }

    #[cfg(feature = "filling")]
    /// Memory that is filled as it is used; `buckets` wants as many as its capacity. What it held is forgotten.
    pub fn filling(slots: &'s mut dyn Filling<Slot<K, V>>, buckets: &'s mut [u32]) -> Self {
        slots.clear();
        clear(buckets);
        Self { slots: Slots::Filling(slots), buckets }
    }

    /// How many entries it holds.
    pub fn capacity(&self) -> usize {
        if self.buckets.is_empty() { 0 } else { self.slots.capacity().min(NONE as usize - 1) }
    }
}

/// Memory for `N` entries in a static or on the stack. Before it is lent it is all zeros, so that a static of it costs
/// no flash.
#[derive(Debug)]
pub struct FixedTable<K, V, const N: usize> {
    slots: heapless::Vec<Slot<K, V>, N>,
    buckets: [u32; N],
}

impl<K, V, const N: usize> FixedTable<K, V, N> {
    /// Memory with nothing in it.
    pub const fn new() -> Self {
        Self { slots: heapless::Vec::new(), buckets: [0; N] }
    }

    /// Lends it to a table.
    pub fn lend(&mut self) -> Lent<'_, K, V> {
        while self.slots.push(Slot::EMPTY).is_ok() {}
        Lent::new(&mut self.slots, &mut self.buckets)
    }
}

impl<K, V, const N: usize> Default for FixedTable<K, V, N> {
    fn default() -> Self {
        Self::new()
    }
}

/// Writes to what is in use only: the rest of a host's memory stays untouched.
fn clear(buckets: &mut [u32]) {
    buckets.iter_mut().filter(|bucket| **bucket != 0).for_each(|bucket| *bucket = 0);
}

/// One place of a [`Table`].
#[derive(Clone, Copy, Debug)]
pub struct Slot<K, V> {
    entry: Option<(K, V)>,
    /// Next in the bucket's chain, or next free slot.
    next: u32,
    older: u32,
    newer: u32,
}

impl<K, V> Slot<K, V> {
    /// A slot with nothing in it.
    pub const EMPTY: Self = Self { entry: None, next: NONE, older: NONE, newer: NONE };
}

/// Where an entry sits; stays the same until the entry is removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Index(u32);

impl Index {
    /// The place as a number below the table's capacity.
    pub const fn as_usize(self) -> usize {
        self.0 as usize
    }

    /// The place `number`; a number that holds no entry finds nothing.
    pub const fn from_usize(number: usize) -> Self {
        Self(number as u32)
    }
}

/// A hash table with as many entries as it was lent slots, in order of insertion.
#[derive(Debug)]
pub struct Table<'s, K, V> {
    slots: Slots<'s, Slot<K, V>>,
    /// One more than the place of the first entry of a chain, or 0.
    buckets: &'s mut [u32],
    seed: u64,
    free: u32,
    oldest: u32,
    newest: u32,
    len: usize,
    capacity: usize,
}

impl<'s, K: Hashed, V> Table<'s, K, V> {
    /// An empty table.
    pub fn new(memory: Lent<'s, K, V>, seed: u64) -> Self {
        let capacity = memory.capacity();
        let Lent { slots, buckets } = memory;
        let free = match slots {
            Slots::All(_) if capacity != 0 => 0,
            _ => NONE,
        };
        Self { slots, buckets, seed, free, oldest: NONE, newest: NONE, len: 0, capacity }
    }

    /// How many entries there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no entry.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether another entry would be refused.
    pub const fn is_full(&self) -> bool {
        self.len == self.capacity
    }

    /// Where `key` sits.
    #[inline]
    pub fn find(&self, key: &K) -> Option<Index> {
        let mut at = self.buckets.get(self.bucket(key))?.wrapping_sub(1);
        while let Some(slot) = self.slots.get(at as usize) {
            if slot.entry.as_ref().is_some_and(|(known, _)| known == key) {
                return Some(Index(at));
            }
            at = slot.next;
        }
        None
    }

    /// The entry at `index`.
    #[inline]
    pub fn at(&self, index: Index) -> Option<(&K, &V)> {
        self.slots.get(index.as_usize())?.entry.as_ref().map(|(key, value)| (key, value))
    }

    /// The value at `index`, to be changed.
    #[inline]
    pub fn at_mut(&mut self, index: Index) -> Option<&mut V> {
        self.slots.get_mut(index.as_usize())?.entry.as_mut().map(|(_, value)| value)
    }

    /// Adds an entry as the newest; the caller made sure that `key` is not there.
    pub fn insert(&mut self, key: K, value: V) -> Result<Index, Full> {
        if self.is_full() {
            return Err(Full);
        }
        let at = if self.free == NONE { self.slots.push(Slot::EMPTY)? as u32 } else { self.free };
        let bucket = self.bucket(&key);
        let head = self.buckets.get_mut(bucket).ok_or(Full)?;
        let slot = self.slots.get_mut(at as usize).ok_or(Full)?;
        self.free = slot.next;
        *slot =
            Slot { entry: Some((key, value)), next: head.wrapping_sub(1), older: self.newest, newer: NONE };
        *head = at + 1;
        match self.slots.get_mut(self.newest as usize) {
            Some(previous) => previous.newer = at,
            None => self.oldest = at,
        }
        self.newest = at;
        self.len += 1;
        Ok(Index(at))
    }

    /// Takes the entry at `index` out.
    pub fn remove(&mut self, index: Index) -> Option<(K, V)> {
        let slot = self.slots.get_mut(index.as_usize())?;
        let (key, value) = slot.entry.take()?;
        let (next, older, newer) = (slot.next, slot.older, slot.newer);
        slot.next = self.free;
        self.free = index.0;
        self.unchain(&key, index.0, next);
        match self.slots.get_mut(older as usize) {
            Some(slot) => slot.newer = newer,
            None => self.oldest = newer,
        }
        match self.slots.get_mut(newer as usize) {
            Some(slot) => slot.older = older,
            None => self.newest = older,
        }
        self.len -= 1;
        Some((key, value))
    }

    /// The entry that came first.
    pub fn oldest(&self) -> Option<Index> {
        (self.oldest != NONE).then_some(Index(self.oldest))
    }

    /// The entry that came after the one at `index`.
    pub fn after(&self, index: Index) -> Option<Index> {
        let newer = self.slots.get(index.as_usize())?.newer;
        (newer != NONE).then_some(Index(newer))
    }

    #[inline]
    fn bucket(&self, key: &K) -> usize {
        let mut hasher = Hasher::new(self.seed);
        key.hash(&mut hasher);
        let high = hasher.finish() >> 32;
        ((high * self.buckets.len() as u64) >> 32) as usize
    }

    fn unchain(&mut self, key: &K, target: u32, next: u32) {
        let bucket = self.bucket(key);
        let Some(head) = self.buckets.get_mut(bucket) else { return };
        if *head == target + 1 {
            *head = next.wrapping_add(1);
            return;
        }
        let mut at = head.wrapping_sub(1);
        while let Some(slot) = self.slots.get_mut(at as usize) {
            if slot.next == target {
                slot.next = next;
                return;
            }
            at = slot.next;
        }
    }
}

//! A bounded keyed table on lent memory: constant-time look-up, oldest first. Without the feature `host` a table is
//! small: it has 255 entries at most, and look-up goes through all of them.

use super::bytes::Full;
#[cfg(feature = "host")]
use super::chains::{Chains, Links, UNLINKED};
use super::hash::Hashed;
#[cfg(feature = "host")]
use super::hash::Hasher;
#[cfg(not(feature = "host"))]
use super::ranks::{Links, Ranks as Chains, UNLINKED};
#[cfg(feature = "host")]
use super::slots::Filling;
use super::slots::Slots;

/// Memory for one [`Table`].
#[derive(Debug)]
pub struct Lent<'s, K, V> {
    slots: Slots<'s, Slot<K, V>>,
    links: &'s mut [Links],
}

impl<'s, K, V> Lent<'s, K, V> {
    /// Memory that is there at once; `links` wants the same length. What it held is forgotten.
    pub fn new(slots: &'s mut [Slot<K, V>], links: &'s mut [Links]) -> Self {
        slots.iter_mut().for_each(|slot| *slot = Slot::EMPTY);
        Self { slots: Slots::All(slots), links }
    }

    #[cfg(feature = "host")]
    /// Memory that is filled as it is used; `links` wants as many as its capacity. What it held is forgotten.
    pub fn filling(slots: &'s mut dyn Filling<Slot<K, V>>, links: &'s mut [Links]) -> Self {
        slots.clear();
        Self { slots: Slots::Filling(slots), links }
    }

    /// How many entries it holds.
    pub fn capacity(&self) -> usize {
        self.slots.capacity().min(self.links.len()).min(Chains::MOST)
    }
}

/// Memory for `N` entries in a static or on the stack. Before it is lent it is all zeros, so that a static of it costs
/// no flash.
#[derive(Debug)]
pub struct FixedTable<K, V, const N: usize> {
    slots: heapless::Vec<Slot<K, V>, N>,
    links: [Links; N],
}

impl<K, V, const N: usize> FixedTable<K, V, N> {
    /// Memory with nothing in it.
    pub const fn new() -> Self {
        Self { slots: heapless::Vec::new(), links: [UNLINKED; N] }
    }

    /// Lends it to a table.
    pub fn lend(&mut self) -> Lent<'_, K, V> {
        self.slots.clear();
        while self.slots.push(Slot::EMPTY).is_ok() {}
        Lent { slots: Slots::All(&mut self.slots), links: &mut self.links }
    }
}

impl<K, V, const N: usize> Default for FixedTable<K, V, N> {
    fn default() -> Self {
        Self::new()
    }
}

/// One place of a [`Table`].
#[derive(Clone, Copy, Debug)]
pub struct Slot<K, V>(Option<(K, V)>);

impl<K, V> Slot<K, V> {
    /// A slot with nothing in it.
    pub const EMPTY: Self = Self(None);
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
    chains: Chains<'s>,
    #[cfg(feature = "host")]
    seed: u64,
}

impl<'s, K: Hashed, V> Table<'s, K, V> {
    /// An empty table; `seed` keeps anybody from aiming at one bucket.
    #[cfg_attr(not(feature = "host"), expect(unused_variables, reason = "there are no buckets"))]
    pub fn new(memory: Lent<'s, K, V>, seed: u64) -> Self {
        let capacity = memory.capacity();
        Self {
            slots: memory.slots,
            chains: Chains::new(memory.links, capacity),
            #[cfg(feature = "host")]
            seed,
        }
    }

    /// How many entries there are.
    pub const fn len(&self) -> usize {
        self.chains.len()
    }

    /// Whether there is no entry.
    pub const fn is_empty(&self) -> bool {
        self.chains.len() == 0
    }

    /// Whether another entry would be refused.
    pub const fn is_full(&self) -> bool {
        self.chains.free() == 0
    }

    /// How many entries more there may be.
    pub const fn free(&self) -> usize {
        self.chains.free()
    }

    /// Where `key` sits.
    #[cfg_attr(not(target_os = "none"), inline)]
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn find(&self, key: &K) -> Option<Index> {
        let mut place = self.chains.first(self.hash(key));
        while let Some(at) = place {
            if self.slots.get(at as usize)?.0.as_ref().is_some_and(|(known, _)| known == key) {
                return Some(Index(at));
            }
            place = self.chains.next(at);
        }
        None
    }

    /// Where an entry with `key` sits whose value is one that is meant: for keys that are there more than once.
    pub fn find_where(&self, key: &K, is_meant: impl Fn(&V) -> bool) -> Option<Index> {
        let mut place = self.chains.first(self.hash(key));
        while let Some(at) = place {
            let entry = self.slots.get(at as usize)?.0.as_ref();
            if entry.is_some_and(|(known, value)| known == key && is_meant(value)) {
                return Some(Index(at));
            }
            place = self.chains.next(at);
        }
        None
    }

    /// The entry at `index`.
    #[inline]
    pub fn at(&self, index: Index) -> Option<(&K, &V)> {
        self.slots.get(index.as_usize())?.0.as_ref().map(|(key, value)| (key, value))
    }

    /// The value at `index`, to be changed.
    #[inline]
    pub fn at_mut(&mut self, index: Index) -> Option<&mut V> {
        self.slots.get_mut(index.as_usize())?.0.as_mut().map(|(_, value)| value)
    }

    /// Adds an entry as the newest; the caller made sure that `key` is not there, or tells entries by their values.
    pub fn insert(&mut self, key: K, value: V) -> Result<Index, Full> {
        let hash = self.hash(&key);
        let at = self.chains.add(hash)?;
        let slot = Slot(Some((key, value)));
        match self.slots.get_mut(at as usize) {
            Some(place) => *place = slot,
            // The places of memory that fills are used in their order.
            None => self.slots.push(slot)?,
        }
        Ok(Index(at))
    }

    /// Takes the entry at `index` out.
    pub fn remove(&mut self, index: Index) -> Option<(K, V)> {
        let (key, value) = self.slots.get_mut(index.as_usize())?.0.take()?;
        let hash = self.hash(&key);
        self.chains.remove(index.0, hash);
        Some((key, value))
    }

    /// Forgets the entry at `index`: as [`remove`](Self::remove), without a copy of it.
    pub fn discard(&mut self, index: Index) {
        let Some(slot) = self.slots.get(index.as_usize()) else { return };
        let Some((key, _)) = &slot.0 else { return };
        let hash = self.hash(key);
        if let Some(slot) = self.slots.get_mut(index.as_usize()) {
            *slot = Slot::EMPTY;
        }
        self.chains.remove(index.0, hash);
    }

    /// Makes the entry at `index` the newest.
    pub fn renew(&mut self, index: Index) {
        if self.at(index).is_some() {
            self.chains.renew(index.0);
        }
    }

    /// The entry that came first.
    pub fn oldest(&self) -> Option<Index> {
        self.chains.oldest().map(Index)
    }

    /// The entry that came after the one at `index`.
    pub fn after(&self, index: Index) -> Option<Index> {
        self.chains.after(index.0).map(Index)
    }

    #[cfg(not(feature = "host"))]
    fn hash(&self, _: &K) -> u32 {
        0
    }

    #[cfg(feature = "host")]
    #[inline]
    fn hash(&self, key: &K) -> u32 {
        let mut hasher = Hasher::new(self.seed);
        key.hash(&mut hasher);
        (hasher.finish() >> 32) as u32
    }
}

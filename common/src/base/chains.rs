//! How the places of a table hang together: the chains of its buckets, those that are free, all in order of insertion.
//!
//! Knows nothing of keys and values, so that it is compiled once for all tables.

use super::bytes::Full;

/// One place's links, each one more than a place, or 0 for none: the first of the bucket with this number; the next in
/// the bucket's chain, or the next that is free; the one that came before; the one that came after. An array of numbers,
/// since a host gets many of them as zeros without touching them.
pub type Links = [u32; 4];

/// The links of a place before it is lent.
pub(super) const UNLINKED: Links = [0; 4];

const BUCKET: usize = 0;
const NEXT: usize = 1;
const OLDER: usize = 2;
const NEWER: usize = 3;

/// The links of all places.
#[derive(Debug)]
pub(super) struct Chains<'s> {
    links: &'s mut [Links],
    free: u32,
    oldest: u32,
    newest: u32,
    /// How many places were ever used; those behind them are untouched.
    used: u32,
    len: usize,
    capacity: usize,
}

impl<'s> Chains<'s> {
    /// The most places there can be.
    pub(super) const MOST: usize = u32::MAX as usize;

    /// No entries, over the first `capacity` places.
    pub(super) fn new(links: &'s mut [Links], capacity: usize) -> Self {
        // Writes to what is in use only: the rest of a host's memory stays untouched.
        links.iter_mut().filter(|links| links[BUCKET] != 0).for_each(|links| links[BUCKET] = 0);
        Self { links, free: 0, oldest: 0, newest: 0, used: 0, len: 0, capacity }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn free(&self) -> usize {
        self.capacity - self.len
    }

    /// The first place of the chain of this hash.
    #[inline]
    pub(super) fn first(&self, hash: u32) -> Option<u32> {
        place(self.links.get(self.bucket(hash))?[BUCKET])
    }

    /// The next place in the chain.
    #[inline]
    pub(super) fn next(&self, at: u32) -> Option<u32> {
        place(self.links.get(at as usize)?[NEXT])
    }

    pub(super) const fn oldest(&self) -> Option<u32> {
        place(self.oldest)
    }

    pub(super) fn after(&self, at: u32) -> Option<u32> {
        place(self.links.get(at as usize)?[NEWER])
    }

    /// Takes a free place into the chain of this hash, as the newest.
    pub(super) fn add(&mut self, hash: u32) -> Result<u32, Full> {
        if self.free() == 0 {
            return Err(Full);
        }
        let at = match place(self.free) {
            Some(at) => {
                self.free = self.links.get(at as usize).ok_or(Full)?[NEXT];
                at
            }
            None => {
                self.used += 1;
                self.used - 1
            }
        };
        let bucket = self.bucket(hash);
        let chain = self.links.get_mut(bucket).ok_or(Full)?;
        let next = core::mem::replace(&mut chain[BUCKET], at + 1);
        self.links.get_mut(at as usize).ok_or(Full)?[NEXT] = next;
        self.append(at);
        self.len += 1;
        Ok(at)
    }

    /// Makes a place that is taken the newest.
    pub(super) fn renew(&mut self, at: u32) {
        let Some(&[_, _, older, newer]) = self.links.get(at as usize) else { return };
        if newer != 0 {
            self.cut_out(older, newer);
            self.append(at);
        }
    }

    #[inline]
    fn append(&mut self, at: u32) {
        let older = core::mem::replace(&mut self.newest, at + 1);
        if let Some(links) = self.links.get_mut(at as usize) {
            (links[OLDER], links[NEWER]) = (older, 0);
        }
        match self.place_mut(older) {
            Some(previous) => previous[NEWER] = at + 1,
            None => self.oldest = at + 1,
        }
    }

    /// Joins the places before and after one that leaves the order.
    #[inline]
    fn cut_out(&mut self, older: u32, newer: u32) {
        match self.place_mut(older) {
            Some(links) => links[NEWER] = newer,
            None => self.oldest = newer,
        }
        match self.place_mut(newer) {
            Some(links) => links[OLDER] = older,
            None => self.newest = older,
        }
    }

    /// Takes a place out of the chain of this hash and frees it.
    pub(super) fn remove(&mut self, at: u32, hash: u32) {
        let free = self.free;
        let Some(links) = self.links.get_mut(at as usize) else { return };
        let [_, next, older, newer] = *links;
        links[NEXT] = free;
        self.free = at + 1;
        self.unchain(at + 1, hash, next);
        self.cut_out(older, newer);
        self.len -= 1;
    }

    fn unchain(&mut self, target: u32, hash: u32, next: u32) {
        let bucket = self.bucket(hash);
        let Some(chain) = self.links.get_mut(bucket) else { return };
        if chain[BUCKET] == target {
            chain[BUCKET] = next;
            return;
        }
        let mut at = chain[BUCKET];
        while let Some(links) = self.place_mut(at) {
            if links[NEXT] == target {
                links[NEXT] = next;
                return;
            }
            at = links[NEXT];
        }
    }

    #[inline]
    fn place_mut(&mut self, link: u32) -> Option<&mut Links> {
        self.links.get_mut(link.wrapping_sub(1) as usize)
    }

    #[inline]
    fn bucket(&self, hash: u32) -> usize {
        ((u64::from(hash) * self.links.len() as u64) >> 32) as usize
    }
}

/// The place that a link leads to.
#[inline]
const fn place(link: u32) -> Option<u32> {
    link.checked_sub(1)
}

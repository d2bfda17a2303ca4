//! Which places of a small table are taken, in order of insertion: a device's [`Chains`](super::chains::Chains), in a
//! byte for each place. Looking through all of a few places is as good as a hash, and takes a fraction of its flash.

use super::bytes::Full;

/// One place's rank: 1 for the oldest entry, one more for each that came after, 0 for a place that is free.
pub type Links = u8;

/// The rank of a place before it is lent.
pub(super) const UNLINKED: Links = 0;

/// The ranks of all places.
#[derive(Debug)]
pub(super) struct Ranks<'s> {
    ranks: &'s mut [Links],
    len: u8,
}

impl<'s> Ranks<'s> {
    /// The most places there can be.
    pub(super) const MOST: usize = u8::MAX as usize;

    /// No entries, over the first `capacity` places.
    pub(super) fn new(ranks: &'s mut [Links], capacity: usize) -> Self {
        let ranks = ranks.get_mut(..capacity).unwrap_or_default();
        ranks.fill(UNLINKED);
        Self { ranks, len: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len as usize
    }

    pub(super) const fn free(&self) -> usize {
        self.ranks.len() - self.len as usize
    }

    /// The first place where an entry may be: the keys tell which is meant.
    pub(super) fn first(&self, _: u32) -> Option<u32> {
        if self.len == 0 { None } else { Some(0) }
    }

    /// The next place where an entry may be.
    pub(super) fn next(&self, at: u32) -> Option<u32> {
        Some(at + 1).filter(|&next| (next as usize) < self.ranks.len())
    }

    pub(super) fn oldest(&self) -> Option<u32> {
        if self.len == 0 { None } else { self.place(1) }
    }

    pub(super) fn after(&self, at: u32) -> Option<u32> {
        let rank = *self.ranks.get(at as usize)?;
        if rank < self.len { self.place(rank + 1) } else { None }
    }

    /// Takes a free place, as the newest.
    pub(super) fn add(&mut self, _: u32) -> Result<u32, Full> {
        let at = self.place(UNLINKED).ok_or(Full)?;
        self.len += 1;
        if let Some(rank) = self.ranks.get_mut(at as usize) {
            *rank = self.len;
        }
        Ok(at)
    }

    /// Frees a place that is taken.
    pub(super) fn remove(&mut self, at: u32, _: u32) {
        let Some(rank) = self.ranks.get_mut(at as usize) else { return };
        let gone = core::mem::replace(rank, UNLINKED);
        self.len -= 1;
        self.ranks.iter_mut().filter(|rank| **rank > gone).for_each(|rank| *rank -= 1);
    }

    /// Makes a place that is taken the newest.
    pub(super) fn renew(&mut self, at: u32) {
        let Some(rank) = self.ranks.get_mut(at as usize) else { return };
        let left = core::mem::replace(rank, self.len + 1);
        self.ranks.iter_mut().filter(|rank| **rank > left).for_each(|rank| *rank -= 1);
    }

    fn place(&self, rank: u8) -> Option<u32> {
        self.ranks.iter().position(|&other| other == rank).map(|at| at as u32)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::Ranks;

    /// The places in order of insertion.
    fn order(ranks: &Ranks<'_>) -> Vec<u32> {
        core::iter::successors(ranks.oldest(), |&at| ranks.after(at)).collect()
    }

    #[test]
    fn entries_stay_in_the_order_in_which_they_came() {
        let mut memory = [7; 4];
        let mut ranks = Ranks::new(&mut memory, 3);
        assert_eq!((ranks.len(), ranks.oldest(), ranks.first(0)), (0, None, None));
        assert_eq!([(); 3].map(|()| ranks.add(0)), [Ok(0), Ok(1), Ok(2)]);
        assert!(ranks.free() == 0 && ranks.add(0).is_err());
        assert_eq!(order(&ranks), [0, 1, 2]);
        ranks.renew(0);
        assert_eq!(order(&ranks), [1, 2, 0]);
        ranks.renew(0);
        ranks.renew(1);
        ranks.renew(2);
        assert_eq!(order(&ranks), [0, 1, 2]);
        ranks.remove(1, 0);
        assert_eq!(order(&ranks), [0, 2]);
        assert_eq!(ranks.add(0), Ok(1));
        assert_eq!(order(&ranks), [0, 2, 1]);
        ranks.remove(0, 0);
        ranks.remove(1, 0);
        assert_eq!((order(&ranks).as_slice(), ranks.len()), (&[2][..], 1));
    }

    #[test]
    fn every_place_is_looked_at() {
        let mut memory = [0; 3];
        let mut ranks = Ranks::new(&mut memory, 3);
        assert_eq!(ranks.add(0), Ok(0));
        let places: Vec<u32> = core::iter::successors(ranks.first(0), |&at| ranks.next(at)).collect();
        assert_eq!(places, [0, 1, 2]);
    }

    #[test]
    fn there_are_as_many_places_as_a_byte_counts() {
        let mut memory = [0; Ranks::MOST];
        let mut ranks = Ranks::new(&mut memory, Ranks::MOST);
        for at in 0..Ranks::MOST {
            assert_eq!(ranks.add(0), Ok(at as u32));
        }
        assert_eq!(order(&ranks).len(), Ranks::MOST);
        for at in 0..Ranks::MOST {
            assert_eq!(ranks.oldest(), Some(at as u32));
            ranks.remove(at as u32, 0);
        }
        assert_eq!(ranks.len(), 0);
    }
}

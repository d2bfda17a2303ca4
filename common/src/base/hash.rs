//! A keyed hash for table look-ups.

/// Mixes words into 64 bits under a secret seed, so that nobody outside can aim at one bucket.
#[derive(Clone, Copy, Debug)]
pub struct Hasher {
    state: u64,
}

/// What can be a key of a [`Table`](super::Table).
pub trait Hashed: Copy + Eq {
    /// Feeds every byte that counts for equality.
    fn hash(&self, hasher: &mut Hasher);
}

impl Hasher {
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

    /// A hasher keyed with `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Mixes one word in.
    #[cfg_attr(not(target_os = "none"), inline)]
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn word(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * u128::from(Self::MULTIPLIER);
        self.state = (product as u64) ^ ((product >> 64) as u64) ^ self.state.rotate_left(23);
    }

    /// The hash of all words.
    #[cfg_attr(not(target_os = "none"), inline)]
    #[cfg_attr(target_os = "none", inline(never))]
    pub const fn finish(self) -> u64 {
        let product = self.state as u128 * Self::MULTIPLIER as u128;
        (product as u64) ^ ((product >> 64) as u64)
    }
}

impl Hashed for u64 {
    fn hash(&self, hasher: &mut Hasher) {
        hasher.word(*self);
    }
}

//! Randomness from a seed that the caller hands in.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// A stream of unpredictable numbers: message ids, tokens and timeouts come from it.
///
/// The same seed gives the same stream, which makes every execution repeatable; a seed from a true
/// source of randomness makes tokens and message ids impossible to guess (RFC 7252 §11.4).
pub struct Random {
    generator: ChaCha8Rng,
}

impl Random {
    /// The stream of `seed`.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self { generator: ChaCha8Rng::from_seed(seed) }
    }

    /// 64 random bits.
    pub fn u64(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// 16 random bits.
    pub fn u16(&mut self) -> u16 {
        self.generator.next_u32() as u16
    }

    /// A number from 0 to `bound`, both included.
    pub fn up_to(&mut self, bound: u64) -> u64 {
        ((u128::from(self.u64()) * (u128::from(bound) + 1)) >> 64) as u64
    }
}

impl core::fmt::Debug for Random {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Random(..)")
    }
}

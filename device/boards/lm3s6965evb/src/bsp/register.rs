//! Memory-mapped registers.

/// A 32-bit register of this chip.
#[derive(Clone, Copy)]
pub(super) struct Register(usize);

impl Register {
    /// The register at this address, which has to be one of the data sheet's.
    pub(super) const fn at(address: usize) -> Self {
        assert!(address >= 0x4000_0000 && address % 4 == 0, "device memory, aligned");
        Self(address)
    }

    /// What it holds.
    #[inline]
    pub(super) fn read(self) -> u32 {
        // SAFETY: `at` checked that this is aligned device memory; no Rust object lives there.
        unsafe { (self.0 as *const u32).read_volatile() }
    }

    /// Sets it.
    #[inline]
    pub(super) fn write(self, value: u32) {
        // SAFETY: `at` checked that this is aligned device memory; no Rust object lives there.
        unsafe { (self.0 as *mut u32).write_volatile(value) }
    }

    /// Sets these bits and keeps the others.
    pub(super) fn set(self, bits: u32) {
        self.write(self.read() | bits);
    }

    /// Spins until all of these bits are set.
    pub(super) fn wait_for(self, bits: u32) {
        while self.read() & bits != bits {}
    }
}

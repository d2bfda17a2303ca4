//! Memory-mapped registers.

/// A 32-bit register of this machine.
#[derive(Clone, Copy)]
pub(super) struct Register(usize);

impl Register {
    /// The register at this address, which has to be that of a register.
    pub(super) const fn at(address: usize) -> Self {
        assert!(address >= 0x10_0000 && address < 0x8000_0000 && address % 4 == 0, "device memory, aligned");
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
}

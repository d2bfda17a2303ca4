//! The main stack: a guard below it, and how deep it went.

use cortex_m_rt::STACK_PAINT_VALUE;

use super::register::Register;

const MPU_CTRL: Register = Register::at(0xe000_ed94);
const MPU_RNR: Register = Register::at(0xe000_ed98);
const MPU_RBAR: Register = Register::at(0xe000_ed9c);
const MPU_RASR: Register = Register::at(0xe000_eda0);

/// Bytes of the guard: a region's size, and its alignment.
const GUARD: usize = 256;
/// Region of 2⁸ bytes, no access, no execution, enabled.
const NO_ACCESS: u32 = 1 << 28 | 7 << 1 | 1;
/// On, with the usual map around the region, and off in the fault handler, which needs a stack.
const ENABLE: u32 = 1 | 1 << 2;

unsafe extern "C" {
    static _stack_start: u32;
    static _stack_end: u32;
}

/// The stack, which grows from `top` down to the guard.
pub(crate) struct Stack {
    top: usize,
    bottom: usize,
    deepest: usize,
}

impl Stack {
    /// Puts the guard where the stack must not go.
    pub(super) fn guard() -> Self {
        let top = &raw const _stack_start as usize;
        let end = &raw const _stack_end as usize;
        let guard = end.next_multiple_of(GUARD);
        MPU_RNR.write(0);
        MPU_RBAR.write(guard as u32);
        MPU_RASR.write(NO_ACCESS);
        MPU_CTRL.write(ENABLE);
        cortex_m::asm::dsb();
        cortex_m::asm::isb();
        let bottom = guard + GUARD;
        Self { top, bottom, deepest: top }
    }

    /// Bytes between guard and top.
    pub(crate) const fn size(&self) -> usize {
        self.top - self.bottom
    }

    /// Bytes used at most so far: from the top to the lowest word whose paint is gone.
    pub(crate) fn used(&mut self) -> usize {
        let mut word = self.bottom;
        while word < self.deepest {
            // SAFETY: aligned and between the guard and a place the stack has reached; nobody else reads or writes
            // this part of the stack while this function runs.
            let value = unsafe { (word as *const u32).read_volatile() };
            if value != STACK_PAINT_VALUE {
                self.deepest = word;
            }
            word += 4;
        }
        self.top - self.deepest
    }
}

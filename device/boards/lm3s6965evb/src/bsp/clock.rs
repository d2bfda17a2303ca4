//! The system clock: 50 MHz from the PLL.

use super::register::Register;

/// Cycles of the core in a second.
pub(super) const HERTZ: u32 = 50_000_000;

/// Cycles of the core in a microsecond.
pub(super) const CYCLES_PER_MICROSECOND: u32 = HERTZ / 1_000_000;

const RIS: Register = Register::at(0x400f_e050);
const RCC: Register = Register::at(0x400f_e060);
const RCGC: [Register; 3] = [Register::at(0x400f_e100), Register::at(0x400f_e104), Register::at(0x400f_e108)];

const MOSCDIS: u32 = 1;
const OSCSRC: u32 = 3 << 4;
const XTAL: u32 = 0xf << 6;
const XTAL_8_MHZ: u32 = 0xe << 6;
const BYPASS: u32 = 1 << 11;
const OEN: u32 = 1 << 12;
const PWRDN: u32 = 1 << 13;
const USESYSDIV: u32 = 1 << 22;
const SYSDIV: u32 = 0xf << 23;
/// 200 MHz divided by four.
const SYSDIV_4: u32 = 3 << 23;
const PLLLRIS: u32 = 1 << 6;

/// Watchdog.
const GATES_0: u32 = 1 << 3;
/// UART0, I2C0, timer 0.
const GATES_1: u32 = 1 | 1 << 12 | 1 << 16;
/// Ports A to G, Ethernet MAC and PHY.
const GATES_2: u32 = 0x7f | 1 << 28 | 1 << 30;

/// Switches from the internal oscillator to the PLL and feeds every part that is used.
pub(super) fn start() {
    let mut rcc = RCC.read() & !USESYSDIV | BYPASS;
    RCC.write(rcc);
    rcc = rcc & !(XTAL | OSCSRC | PWRDN | OEN | MOSCDIS | SYSDIV) | XTAL_8_MHZ | SYSDIV_4;
    RCC.write(rcc);
    RIS.wait_for(PLLLRIS);
    rcc |= USESYSDIV;
    RCC.write(rcc);
    RCC.write(rcc & !BYPASS);
    for (register, gates) in RCGC.into_iter().zip([GATES_0, GATES_1, GATES_2]) {
        register.set(gates);
        // The gate opens some cycles after the write; a read comes after them.
        register.read();
    }
}

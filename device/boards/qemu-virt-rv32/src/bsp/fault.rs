//! What happens when something that must not happen does: the log says so, and the board starts anew.

use core::panic::PanicInfo;

use riscv_rt::TrapFrame;

use super::register::Register;
use super::uart::{log, log_number};

/// SiFive's test device.
const TEST: Register = Register::at(0x10_0000);
const RESET: u32 = 0x7777;

fn reset() -> ! {
    loop {
        TEST.write(RESET);
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    log_number(b"panic in line ", info.location().map_or(0, |location| location.line()));
    reset()
}

/// Every exception; also panics where they are undefined instructions (see `device/boards/build`).
// SAFETY: riscv-rt's name and signature of it.
#[unsafe(export_name = "ExceptionHandler")]
extern "C" fn exception(_: &TrapFrame) -> ! {
    log(&[b"exception"]);
    reset()
}

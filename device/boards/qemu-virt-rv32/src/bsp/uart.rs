//! The log: lines on the UART (16550).

use core::net::Ipv4Addr;

/// Transmit holding register and line status register.
const THR: *mut u8 = 0x1000_0000 as *mut u8;
const LSR: *const u8 = 0x1000_0005 as *const u8;
const EMPTY: u8 = 1 << 5;

/// Writes a line.
pub(crate) fn log(parts: &[&[u8]]) {
    parts.iter().chain(&[&b"\r\n"[..]]).for_each(|part| part.iter().copied().for_each(byte));
}

/// Writes a line that ends by an address.
pub(crate) fn log_address(text: &[u8], address: Ipv4Addr) {
    text.iter().copied().for_each(byte);
    for (position, octet) in address.octets().into_iter().enumerate() {
        if position > 0 {
            byte(b'.');
        }
        decimal(octet.into());
    }
    log(&[]);
}

/// Writes a line that ends by a number.
pub(super) fn log_number(text: &[u8], number: u32) {
    text.iter().copied().for_each(byte);
    decimal(number);
    log(&[]);
}

fn decimal(number: u32) {
    let mut power = 1;
    while number / power >= 10 {
        power *= 10;
    }
    while power > 0 {
        byte(b'0' + (number / power % 10) as u8);
        power /= 10;
    }
}

fn byte(byte: u8) {
    // SAFETY: the UART's registers of a byte; no Rust object lives there.
    while unsafe { LSR.read_volatile() } & EMPTY == 0 {}
    // SAFETY: as above.
    unsafe { THR.write_volatile(byte) };
}

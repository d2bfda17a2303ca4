//! The log: lines on UART 0, 115 200 baud, without `core::fmt`.

use core::net::IpAddr;

use super::clock::HERTZ;
use super::gpio;
use super::register::Register;

const DR: Register = Register::at(0x4000_c000);
const FR: Register = Register::at(0x4000_c018);
const IBRD: Register = Register::at(0x4000_c024);
const FBRD: Register = Register::at(0x4000_c028);
const LCRH: Register = Register::at(0x4000_c02c);
const CTL: Register = Register::at(0x4000_c030);

const FULL: u32 = 1 << 5;
/// Eight bits, with FIFO.
const LINE: u32 = 0x70;
const ENABLE: u32 = 1 | 1 << 8 | 1 << 9;
const BAUD: u32 = 115_200;

/// Switches it on.
pub(super) fn start() {
    gpio::uart_pins();
    CTL.write(0);
    IBRD.write(HERTZ / (16 * BAUD));
    FBRD.write((HERTZ % (16 * BAUD) * 64 + 8 * BAUD) / (16 * BAUD));
    LCRH.write(LINE);
    CTL.write(ENABLE);
}

/// A part of a line.
pub(crate) enum Part<'a> {
    /// Text.
    Text(&'a str),
    /// A number, decimal.
    Number(u32),
    /// A number, eight hexadecimal digits.
    Hex(u32),
    /// An address.
    Address(IpAddr),
}

/// Writes a line and waits until the last of it is in the FIFO: 87 µs a byte.
pub(crate) fn log(parts: &[Part<'_>]) {
    for part in parts {
        match *part {
            Part::Text(text) => text.bytes().for_each(byte),
            Part::Number(number) => decimal(number),
            Part::Hex(number) => hex(number, 8),
            Part::Address(IpAddr::V4(address)) => dotted(address.octets()),
            Part::Address(IpAddr::V6(address)) => groups(address.segments()),
        }
    }
    b"\r\n".iter().copied().for_each(byte);
}

fn byte(byte: u8) {
    while FR.read() & FULL != 0 {}
    DR.write(byte.into());
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

fn hex(number: u32, digits: u32) {
    for position in (0..digits).rev() {
        let digit = (number >> (4 * position) & 0xf) as u8;
        byte(if digit < 10 { b'0' + digit } else { b'a' - 10 + digit });
    }
}

fn dotted(octets: [u8; 4]) {
    for (position, octet) in octets.into_iter().enumerate() {
        if position > 0 {
            byte(b'.');
        }
        decimal(octet.into());
    }
}

fn groups(segments: [u16; 8]) {
    for (position, segment) in segments.into_iter().enumerate() {
        if position > 0 {
            byte(b':');
        }
        hex(segment.into(), 4);
    }
}

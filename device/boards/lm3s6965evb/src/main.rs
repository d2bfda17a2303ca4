//! A node of thermometer, lamp and button on TI's LM3S6965 evaluation board.
#![no_std]
#![no_main]

#[expect(unsafe_code, reason = "registers, the vector table and the stack are not Rust's")]
mod bsp;
mod network;
mod node;
mod serve;
mod watch;

use core::cell::RefCell;

use cortex_m_rt::entry;
use static_cell::StaticCell;

use bsp::{Board, Eeprom, Failure, I2c0, Part, Turnaround};
use serve::Server;

/// What the bus of this board takes.
const TURNAROUND: Turnaround =
    if cfg!(feature = "stop-start") { Turnaround::StopStart } else { Turnaround::RepeatedStart };

static BUS: StaticCell<RefCell<I2c0>> = StaticCell::new();

#[entry]
fn main() -> ! {
    let board = Board::start(TURNAROUND);
    let bus = BUS.init(RefCell::new(board.i2c));
    let starts = Eeprom::new(node::device(bus)).count_start();
    introduce(starts, board.stack.size());
    let seed = bsp::seed(board.ethernet.address(), starts);
    let (network, runner) = network::start(board.ethernet, &seed);
    let server = Server::new(network, bus, board.button, board.watchdog, board.stack, seed);
    bsp::run(|spawner| {
        let (Ok(frames), Ok(requests)) = (network::run(runner), serve::run(server)) else {
            panic!("every task is made once");
        };
        spawner.spawn(frames);
        spawner.spawn(requests);
    })
}

/// The first lines of the log.
fn introduce(starts: Option<u32>, stack: usize) {
    use Part::{Hex, Number, Text};
    bsp::log(&[Text("twite "), Text(env!("CARGO_PKG_VERSION")), Text(" on lm3s6965evb")]);
    match starts {
        Some(starts) => bsp::log(&[Text("start "), Number(starts)]),
        None => bsp::log(&[Text("no EEPROM: starts are not counted, the seed repeats")]),
    }
    bsp::log(&[Text("seed predictable: from the address and the count of starts")]);
    match bsp::last_failure() {
        None => {}
        Some(Failure::Panic(line)) => bsp::log(&[Text("before: panic in line "), Number(line)]),
        Some(Failure::Fault(status, address)) => {
            bsp::log(&[Text("before: fault "), Hex(status), Text(" at "), Hex(address)]);
        }
        Some(Failure::Unexpected(number)) => bsp::log(&[Text("before: exception "), Number(number)]),
    }
    bsp::log(&[Text("stack of "), Number(stack as u32), Text(" bytes")]);
}

//! A node of thermometer, lamp and button on TI's LM3S6965 evaluation board.
#![no_std]
#![no_main]

#[expect(unsafe_code, reason = "registers, the vector table and the stack are not Rust's")]
mod bsp;
mod network;
mod node;
#[cfg(feature = "provoke")]
mod provoke;
mod serve;

use core::cell::RefCell;

use cortex_m_rt::entry;
use static_cell::StaticCell;

use bsp::{Board, Failure, I2c0, Part, Turnaround};

/// What the bus of this board takes.
const TURNAROUND: Turnaround =
    if cfg!(feature = "stop-start") { Turnaround::StopStart } else { Turnaround::RepeatedStart };

static BUS: StaticCell<RefCell<I2c0>> = StaticCell::new();

#[entry]
fn main() -> ! {
    let board = Board::start(TURNAROUND);
    let bus = BUS.init(RefCell::new(board.i2c));
    let mut storage = node::storage(bus);
    let starts = node::starts(&mut storage);
    let failure = bsp::last_failure();
    introduce(starts, failure, board.stack.size());
    #[cfg(feature = "provoke")]
    provoke::provoke(&mut storage);
    let seed = bsp::seed(board.ethernet.address(), starts);
    let (network, runner) = network::start(board.ethernet, &seed);
    let device = node::device(bus, board.button, storage, seed);
    if device.demands_protection() {
        bsp::log(&[Part::Text("only protected requests are served")]);
    }
    if let Some(failure) = failure {
        device.node().note(failure.text());
    }
    bsp::run(|spawner| {
        let (Ok(frames), Ok(requests), Ok(rest)) = (
            network::run(runner),
            serve::run(network, device, board.watchdog),
            serve::look(network, board.stack),
        ) else {
            panic!("every task is made once");
        };
        spawner.spawn(frames);
        spawner.spawn(requests);
        spawner.spawn(rest);
    })
}

/// The first lines of the log.
fn introduce(starts: Option<u32>, failure: Option<Failure>, stack: usize) {
    use Part::{Hex, Number, Text};
    bsp::log(&[Text("twite "), Text(env!("CARGO_PKG_VERSION")), Text(" on lm3s6965evb")]);
    match starts {
        Some(starts) => bsp::log(&[Text("start "), Number(starts)]),
        None => bsp::log(&[Text("no EEPROM: starts are not counted, the seed repeats")]),
    }
    bsp::log(&[Text("seed predictable: from the address and the count of starts")]);
    match failure {
        None => {}
        Some(Failure::Panic(line)) => bsp::log(&[Text("before: panic in line "), Number(line)]),
        Some(Failure::Trap(address)) => bsp::log(&[Text("before: panic at "), Hex(address)]),
        Some(Failure::Fault(status, address)) => {
            bsp::log(&[Text("before: fault "), Hex(status), Text(" at "), Hex(address)]);
        }
        Some(Failure::Standstill) => bsp::log(&[Text("before: standstill")]),
        Some(Failure::Unexpected(number)) => bsp::log(&[Text("before: exception "), Number(number)]),
    }
    bsp::log(&[Text("stack of "), Number(stack as u32), Text(" bytes")]);
}

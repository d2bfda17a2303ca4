//! A node of thermometer, lamp and button on QEMU's machine `virt` (RV32IMAC): its parts are played.
#![no_std]
#![no_main]

#[expect(unsafe_code, reason = "registers, memory that the network card shares, and the heap are not Rust's")]
mod bsp;
mod network;
mod node;
mod parts;
mod serve;

use riscv_rt::entry;

use bsp::Board;

#[entry]
fn main() -> ! {
    let board = Board::start();
    bsp::log(&[b"twite ", env!("CARGO_PKG_VERSION").as_bytes(), b" on qemu-virt-rv32"]);
    bsp::log(&[b"seed predictable: from the address and the time of day"]);
    let seed = bsp::seed(board.ethernet.address());
    let (network, runner) = network::start(board.ethernet, &seed);
    let device = node::device(seed);
    bsp::run(|spawner| {
        let (Ok(frames), Ok(requests), Ok(addresses)) =
            (network::run(runner), serve::run(network, device), network::look(network))
        else {
            panic!("every task is made once");
        };
        spawner.spawn(frames);
        spawner.spawn(requests);
        spawner.spawn(addresses);
    })
}

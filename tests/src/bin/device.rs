//! Runs the firmware in QEMU until it is ended, and says how to talk to it.

use twite_tests::emulator::Emulator;

fn main() {
    let emulator = Emulator::start();
    print!("{}", emulator.log());
    println!("\ncoap-client-notls -m get {}", emulator.uri(".well-known/core"));
    println!(
        "coap-client-notls -m put -t 60 -f FILE {}   # FILE: the CBOR map {{0: true}}",
        emulator.uri("lamps/board")
    );
    println!("twite observe {}", emulator.uri("sensors/board/temperature"));
    println!("QMP: {}   Ctrl-C ends it", emulator.qmp_socket().display());
    emulator.wait();
}

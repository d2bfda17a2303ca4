//! Runs the firmware in QEMU until it is ended, and says how to talk to it.
//!
//! Arguments: `--eeprom FILE` for its EEPROM, into which `twite keygen --device` put security contexts, `--push PORT` to push readings to that UDP port of this host's loopback address every 5 seconds,
//! `--directory PORT` to register there.

use std::time::Duration;

use twite_tests::board::{Board, Setup, build, on_host};
use twite_tests::emulator::Emulator;

/// The time between two readings.
const PERIOD: Duration = Duration::from_secs(5);

/// How long a registration lives.
const LIFETIME: Duration = Duration::from_secs(300);

/// What the command line says, or what is wrong with it.
fn setup(mut words: impl Iterator<Item = String>) -> Result<Setup, String> {
    let mut setup = Setup::default();
    while let Some(word) = words.next() {
        let value = words.next();
        let port = || {
            let port = value.as_ref().and_then(|port| port.parse().ok());
            port.ok_or_else(|| format!("{word} wants a port of this host"))
        };
        match word.as_str() {
            "--push" => setup.push = Some((on_host(port()?), PERIOD)),
            "--directory" => setup.directory = Some((on_host(port()?), LIFETIME)),
            "--eeprom" => {
                let path = value.ok_or("--eeprom wants a file")?;
                setup.eeprom = Some(path.into());
                setup.image = Some(build(Board::Lm3s6965evb, &[], "-oscore", &["--features", "oscore"]));
            }
            _ => return Err(format!("{word}: expected --eeprom FILE, --push PORT or --directory PORT")),
        }
    }
    Ok(setup)
}

fn main() -> Result<(), String> {
    let emulator = Emulator::start_with(&setup(std::env::args().skip(1))?);
    print!("{}", emulator.log());
    println!("\ncoap-client-notls -m get {}", emulator.uri(".well-known/core"));
    println!(
        "coap-client-notls -m put -t 60 -f FILE {}   # FILE: the CBOR map {{0: true}}",
        emulator.uri("lamps/board")
    );
    println!("twite observe {}", emulator.uri("sensors/board/temperature"));
    println!("QMP: {}   Ctrl-C ends it", emulator.qmp_socket().display());
    emulator.wait();
    Ok(())
}

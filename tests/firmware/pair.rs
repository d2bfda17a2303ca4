//! Two boards on one network.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use twite_tests::ask::{code, get};
use twite_tests::board::{Cable, Setup};
use twite_tests::emulator::Emulator;

/// How long the boards may take to hear of each other on a machine under load.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the first board's CoAP server is on their network.
const FIRST: ([u8; 4], u16) = ([10, 0, 2, 15], 5683);

/// Two free ports.
fn ports() -> (u16, u16) {
    let [one, two] = [0; 2].map(|port| UdpSocket::bind(("127.0.0.1", port)).expect("a free port"));
    let port = |socket: UdpSocket| socket.local_addr().expect("an address").port();
    (port(one), port(two))
}

#[test]
fn a_board_asks_another_which_answers() {
    let (here, there) = ports();
    let cable = Some(Cable { to_host: true, here, there });
    let mut first = Emulator::start_with(&Setup { cable, ..Setup::default() });
    let second = Setup {
        cable: Some(Cable { to_host: false, here: there, there: here }),
        push: Some((FIRST.into(), Duration::from_secs(1))),
        ..Setup::default()
    };
    let second = Emulator::start_with(&second);
    let address = first.forwarded_to("10.0.2.16");
    assert_eq!(code(&get(first.address(), "lamps/board")), "2.05");
    // A node has no collection of readings: 4.04 each time, which is an answer.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let log = String::from_utf8(get(address, "nodes/board/log").payload).expect("text");
        assert!(!log.contains("server silent"), "{log}");
        if log.contains("reading not taken") {
            break;
        }
        assert!(Instant::now() < deadline, "{log}\n{}", second.log());
    }
    assert_eq!((first.complaints(), second.complaints()), (String::new(), String::new()));
}

//! The same device on another processor, another network card and another timer.

use std::process::Command;

use twite_tests::ask::{code, get, put};
use twite_tests::board::{Board, Setup};
use twite_tests::emulator::Emulator;
use twite_tests::program::run;

/// {0: 21.5}
const WARM: &[u8] = &[0xa1, 0, 0xf9, 0x4d, 0x60];
/// {0: true}
const ON: &[u8] = &[0xa1, 0, 0xf5];

#[test]
fn a_client_uses_the_device_on_risc_v() {
    let board = Emulator::start_with(&Setup { board: Board::QemuVirtRv32, ..Setup::default() });
    let body = twite_tests::folder::Folder::new();
    let body = (body.file("on", ON), body);
    let libcoap = |arguments: &[&str], path: &str| {
        let ran = run(
            Command::new("coap-client-notls").args(["-B", "20"]).args(arguments).arg(board.uri(path)),
            &[],
        );
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{path}");
        ran.stdout.strip_suffix(b"\n").unwrap_or(&ran.stdout).to_vec()
    };
    assert_eq!(libcoap(&["-m", "get"], "sensors/board/temperature"), WARM);
    libcoap(&["-m", "put", "-t", "60", "-f", &body.0.display().to_string()], "lamps/board");
    assert_eq!(libcoap(&["-m", "get"], "lamps/board"), ON);
    let links = libcoap(&["-m", "get", "-b", "32"], ".well-known/core");
    for path in ["</sensors/board/temperature>", "</lamps/board>", "</buttons/board>", "</nodes/board>"] {
        assert!(String::from_utf8_lossy(&links).contains(path), "{path}");
    }
    assert_eq!(code(&put(board.address(), "lamps/board", 60, &[0xa1, 0, 1])), "4.00");
    // Time goes on.
    let uptime = get(board.address(), "nodes/board").payload;
    while get(board.address(), "nodes/board").payload == uptime {}
    assert_eq!((board.starts(), board.complaints().as_str()), (1, ""));
}

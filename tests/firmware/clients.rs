//! Three clients, one board.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use twite_tests::ask::{code, get, post, put};
use twite_tests::emulator::Emulator;
use twite_tests::program::{run, twite};

const CBOR: u16 = 60;

/// {0: 21.5}
const WARM: &[u8] = &[0xa1, 0, 0xf9, 0x4d, 0x60];

fn libcoap(arguments: &[&str], uri: &str) -> Vec<u8> {
    let ran = run(Command::new("coap-client-notls").args(["-B", "20"]).args(arguments).arg(uri), &[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.stdout.strip_suffix(b"\n").unwrap_or(&ran.stdout).to_vec()
}

#[test]
fn every_client_reads_what_the_sensor_measures() {
    let mut board = Emulator::start();
    let uri = board.uri("sensors/board/temperature");
    board.set_temperature(21_500);
    assert_eq!(libcoap(&["-m", "get"], &uri), WARM);
    assert_eq!(twite(["get", &uri]).stdout, WARM);
    board.set_temperature(-500);
    assert_eq!(libcoap(&["-m", "get"], &uri), [0xa1, 0, 0xf9, 0xb8, 0]);
    board.set_temperature(21_500);

    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = tests.join("../.venv/bin/python");
    assert!(python.exists(), "aiocoap is missing; tests/setup installs it");
    let ran = run(Command::new(python).arg(tests.join("firmware/client.py")).arg(board.uri("")), &[]);
    assert_eq!((ran.code, ran.text()), (Some(0), "done\n"), "{}", ran.stderr);
    assert_eq!(board.complaints(), "");
}

#[test]
fn the_lamp_shines_when_it_is_told_to() {
    let mut board = Emulator::start();
    let address = board.address();
    assert!(!board.lamp_shines());
    assert_eq!(code(&put(address, "lamps/board", CBOR, &[0xa1, 0, 0xf5])), "2.04");
    assert!(board.lamp_shines());
    assert_eq!(get(address, "lamps/board").payload, [0xa1, 0, 0xf5]);
    let toggled = post(address, "lamps/board", None, &[]);
    assert_eq!((code(&toggled), &toggled.payload[..]), ("2.04".into(), &[0xa1, 0, 0xf4][..]));
    assert!(!board.lamp_shines());
    let refused = put(address, "lamps/board", CBOR, &[0xa1, 0, 1]);
    assert_eq!(code(&refused), "4.00");
    assert!(!board.lamp_shines());
}

#[test]
fn the_button_is_counted() {
    let mut board = Emulator::start();
    // A first edge: without one QEMU's pin reads as pressed.
    for down in [true, false] {
        board.press(down);
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    let wait_for = |board: &Emulator, state: &[u8]| {
        while get(board.address(), "buttons/board").payload != state {
            assert!(Instant::now() < deadline, "{state:02x?}");
        }
    };
    wait_for(&board, &[0xa2, 0, 0xf4, 1, 0]);
    let uptime = get(board.address(), "nodes/board").payload;
    while get(board.address(), "nodes/board").payload == uptime {}
    board.press(true);
    wait_for(&board, &[0xa2, 0, 0xf5, 1, 1]);
    board.press(false);
    wait_for(&board, &[0xa2, 0, 0xf4, 1, 1]);
}

#[test]
fn the_board_lists_what_it_has_also_in_small_blocks() {
    let board = Emulator::start();
    let uri = board.uri(".well-known/core");
    let whole = libcoap(&["-m", "get"], &uri);
    let text = String::from_utf8_lossy(&whole);
    for path in ["</sensors/board/temperature>", "</lamps/board>", "</buttons/board>", "</nodes/board>"] {
        assert!(text.contains(path), "{path} in {text}");
    }
    assert_eq!(libcoap(&["-m", "get", "-b", "32"], &uri), whole);
    // {0: uptime, 1: 100}
    let node = get(board.address(), "nodes/board");
    assert_eq!((code(&node), &node.payload[..2]), ("2.05".into(), &[0xa2, 0][..]));
    assert!(node.payload.ends_with(&[1, 0x18, 100]), "{node:?}");
}

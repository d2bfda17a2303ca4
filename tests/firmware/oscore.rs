//! A board with two security contexts (RFC 8613): they are served and nobody else, also after a reset.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use twite::wire::{Message, number};
use twite_server::oscore::Held;
use twite_tests::ask::{code, get, put};
use twite_tests::board::{Board, Setup, build};
use twite_tests::datagrams::{Datagrams, message};
use twite_tests::emulator::Emulator;
use twite_tests::folder::Folder;
use twite_tests::program::{run_within, twite};
use twite_tests::relay::{Badness, Relay};
use twite_tests::secure::{Asker, Inner, take_apart};

/// How long aiocoap may take on a bad network and a machine under load.
const PATIENCE: Duration = Duration::from_secs(240);

/// POST and GET of the lamp, by the message id and the token 7.
const TOGGLE: [u8; 17] = *b"\x41\x02\0\x07\x07\xb5lamps\x05board";
const LOOK: [u8; 17] = *b"\x41\x01\0\x08\x07\xb5lamps\x05board";

fn keygen(folder: &Folder, name: &str, rest: &[&str]) {
    let here = folder.path().to_str().expect("UTF-8");
    let eeprom = folder.path().join("board.eeprom");
    let eeprom = eeprom.to_str().expect("UTF-8");
    let arguments = ["keygen", name, "--directory", here, "--device", eeprom];
    let ran = twite(arguments.iter().chain(rest));
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

/// Reads, observes and switches on by aiocoap through a bad network; what it sent.
fn aiocoap(board: &Emulator, context: &Path, seed: u64) -> Vec<Vec<u8>> {
    let badness = Badness { loss: 15, duplicates: 10, reordered: 10 };
    let relay = Relay::start(board.address(), badness, seed);
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = tests.join("../.venv/bin/python");
    assert!(python.exists(), "aiocoap is missing; tests/setup installs it");
    let mut command = Command::new(python);
    command
        .arg(tests.join("firmware/client.py"))
        .arg(format!("coap://127.0.0.1:{}/", relay.port()))
        .arg(context);
    let ran = run_within(PATIENCE, &mut command, &[]);
    assert_eq!((ran.code, ran.text()), (Some(0), "done\n"), "{}\n{}", ran.stderr, board.log());
    relay.heard()
}

/// The protected requests among these datagrams, each once.
fn requests(mut datagrams: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    datagrams.retain(|datagram| message(datagram).code().is_request());
    datagrams.sort();
    datagrams.dedup();
    assert!(datagrams.iter().all(|datagram| is_protected(&message(datagram))), "nothing else was sent");
    datagrams
}

fn is_protected(message: &Message<'_>) -> bool {
    message.values(number::OSCORE).next().is_some()
}

/// What is answered without protection: its code and its diagnostic.
fn refusal(answer: &[u8]) -> (String, String) {
    let answer = message(answer);
    assert!(!is_protected(&answer), "{answer:?}");
    (answer.code().to_string(), String::from_utf8(take_apart(&answer).payload).expect("text"))
}

/// Sends these requests again, each as it was; what is answered.
fn replay(board: &Emulator, requests: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let socket = Datagrams::to(board.address());
    requests.iter().map(|request| socket.exchange(request)).collect()
}

/// Our own client of the second context. An Echo value is for one address only.
struct Second {
    asker: Asker,
    socket: Datagrams,
    _held: twite_server::oscore::Numbers,
}

impl Second {
    fn new(folder: &Folder, board: &Emulator) -> Self {
        let held = Held::open(&folder.path().join("second.client.toml")).expect("a context");
        let asker = Asker { context: held.context, peer: twite::reliability::Peer::new(board.address()) };
        Self { asker, socket: Datagrams::to(board.address()), _held: held.numbers }
    }

    fn ask(&mut self, plain: &[u8]) -> Inner {
        let (request, mut awaited) = self.asker.ask(plain);
        let answer = self.socket.exchange(&request);
        self.asker.open(&answer, &mut awaited)
    }
}

#[test]
fn two_contexts_are_served_and_nobody_else_also_after_a_reset() {
    let folder = Folder::new();
    keygen(&folder, "first", &["--aiocoap", "client"]);
    keygen(&folder, "second", &[]);
    let first = folder.path().join("first.client");
    let setup = Setup {
        image: Some(build(Board::Lm3s6965evb, &[], "-oscore", &["--features", "oscore"])),
        eeprom: Some(folder.path().join("board.eeprom")),
        temperature: Some(21_500),
        ..Setup::default()
    };
    let mut board = Emulator::start_with(&setup);
    board.wait_for("only protected requests are served");
    let mut old = requests(aiocoap(&board, &first, 0x6f73_636f));
    assert!(old.len() >= 3 && board.lamp_shines());

    // Nothing without protection, not even the listing.
    for path in ["sensors/board/temperature", "lamps/board", ".well-known/core", "none"] {
        assert_eq!(code(&get(board.address(), path)), "4.01", "{path}");
    }
    assert_eq!(code(&put(board.address(), "lamps/board", 60, &[0xa1, 0, 0xf4])), "4.01");
    assert!(board.lamp_shines());

    let mut second = Second::new(&folder, &board);
    let (toggle, mut awaited) = second.asker.ask(&TOGGLE);
    let answer = Datagrams::to(board.address()).exchange(&toggle);
    assert!(is_protected(&message(&answer)) && !board.lamp_shines(), "the lamp was switched off");
    // A replay now, from elsewhere.
    old.push(toggle.clone());
    for answer in replay(&board, &old) {
        assert_eq!(refusal(&answer), ("4.01".into(), "Replay detected".into()));
    }

    board.reset();
    board.wait_for_times("listening on", 2);
    for answer in replay(&board, &old) {
        assert!(is_protected(&message(&answer)), "whoever has the keys learns how to be fresh");
    }
    let asked = Datagrams::to(board.address()).exchange(&toggle);
    let challenge = second.asker.open(&asked, &mut awaited);
    assert!(
        challenge.code.to_string() == "4.01" && challenge.option(number::ECHO).is_some(),
        "{challenge:?}"
    );
    assert!(!board.lamp_shines(), "nothing was done");

    let challenge = second.ask(&LOOK);
    let echo = challenge.option(number::ECHO).expect("an Echo value");
    // Another message id; 252 is 241 behind Uri-Path.
    let again = [&LOOK[..3], &[9], &LOOK[4..], &[0xdc, 0xe4], echo].concat();
    let answer = second.ask(&again);
    assert_eq!((answer.code.to_string(), answer.payload), ("2.05".into(), vec![0xa1, 0, 0xf4]));
    assert_eq!(refusal(&replay(&board, &[toggle])[0]).1, "Replay detected");
    // aiocoap answers the challenge by itself.
    aiocoap(&board, &first, 0x7265_7365);
    assert!(board.lamp_shines());
    for answer in replay(&board, &old) {
        assert_eq!(refusal(&answer).1, "Replay detected");
    }
    assert_eq!((board.starts(), board.complaints().as_str()), (2, ""));
}

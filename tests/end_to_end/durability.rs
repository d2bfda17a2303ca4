//! What was acknowledged survives a kill, whole, and ETags go on counting.
//!
//! `TWITE_CRASH_ROUNDS` says how often the server is killed, `TWITE_CRASH_SEED` repeats a run's choices.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use twite::exchange::Outgoing;
use twite::wire::{Code, RequestType, number};
use twite_tests::ask;
use twite_tests::datagrams::{Datagrams, datagram, message};
use twite_tests::folder::Folder;
use twite_tests::server::Server;

const ROUNDS: u64 = 200;

/// Paths that are written at the same time, each with one request in flight.
const PATHS: [&str; 8] = ["a", "b", "c/d", "c/e", "f", "g/h/i", "j", "k"];

/// A server is killed this long after its writer has begun, at most, in microseconds.
const LONGEST: u64 = 20_000;

/// What is known of one path.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    sent: u64,
    acknowledged: u64,
}

/// What is known of the store.
#[derive(Debug, Default)]
struct Ledger {
    paths: [Known; PATHS.len()],
    /// The greatest ETag that was seen.
    etag: u64,
    acknowledgements: u64,
}

/// A value as a body that shows if a part of it is of another value, of a length that changes with the value.
fn body(value: u64) -> Vec<u8> {
    format!("{value:020}").repeat(1 + usize::try_from(value % 40).expect("below 40")).into_bytes()
}

fn value(body: &[u8]) -> u64 {
    let text = std::str::from_utf8(body).expect("digits");
    let value =
        text.get(..20).and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("torn: {text}"));
    assert_eq!(self::body(value), body, "torn");
    value
}

/// Writes increasing values to all paths, the next one as soon as one is acknowledged, until the server is dead.
fn write(server: SocketAddr, ledger: &mut Ledger, dead: &AtomicBool) {
    let socket = Datagrams::to(server);
    socket.set_patience(Duration::from_millis(1));
    let mut next_id = 0_u16;
    let floor = ledger.etag;
    for path in 0..PATHS.len() {
        send(&socket, path, &mut next_id, ledger);
    }
    loop {
        // What was sent before the kill is in the socket by then; it is all read when nothing comes.
        let over = dead.load(Ordering::Acquire);
        match socket.try_receive() {
            Ok(answer) => {
                let path = acknowledge(&answer, floor, ledger);
                if let Some(path) = path.filter(|_| !over) {
                    send(&socket, path, &mut next_id, ledger);
                }
            }
            Err(error) if over && error.kind() == ErrorKind::WouldBlock => return,
            // Nothing yet, or the notice that the server is gone.
            Err(_) => {}
        }
    }
}

/// Sends the next value; the token says which path and value it is.
fn send(socket: &Datagrams, path: usize, next_id: &mut u16, ledger: &mut Ledger) {
    let known = &mut ledger.paths[path];
    known.sent += 1;
    let segments: Vec<&[u8]> = PATHS[path].split('/').map(str::as_bytes).collect();
    let token = (known.sent << 8 | path as u64).to_be_bytes();
    let payload = &body(known.sent);
    let request = Outgoing { payload, ..Outgoing::new(RequestType::Put, &segments) };
    // A server that was just killed takes nothing any more.
    let _ = socket.try_send(&datagram(&request, *next_id, &token));
    *next_id += 1;
}

/// Notes a response; which path it is for. None if it is to follow.
fn acknowledge(answer: &[u8], floor: u64, ledger: &mut Ledger) -> Option<usize> {
    let answer = message(answer);
    if answer.code() == Code::EMPTY {
        return None;
    }
    assert_eq!(answer.code().class(), 2, "{answer:?}");
    let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let token = number(answer.token());
    let path = usize::try_from(token & 0xff).expect("a byte");
    ledger.paths[path].acknowledged = token >> 8;
    let etag = number(answer.values(number::ETAG).next().expect("an ETag"));
    assert!(etag > floor, "the ETag {etag:#x} after {floor:#x} before the restart");
    ledger.etag = ledger.etag.max(etag);
    ledger.acknowledgements += 1;
    Some(path)
}

/// Every acknowledged value is there, or a later one that was sent.
fn check(server: SocketAddr, ledger: &mut Ledger) {
    for (path, known) in PATHS.iter().zip(&mut ledger.paths) {
        let reply = ask::get(server, path);
        if ask::code(&reply) == "4.04" && known.acknowledged == 0 {
            continue;
        }
        assert_eq!(ask::code(&reply), "2.05", "{path}: {known:?}");
        let value = value(&reply.payload);
        assert!((known.acknowledged..=known.sent).contains(&value), "{path}: {value}, {known:?}");
        ledger.etag = ledger.etag.max(ask::etag_number(&reply));
        // A value that was stored unacknowledged must not go away later.
        known.acknowledged = value;
    }
}

/// Different numbers one after the other (SplitMix64).
fn chance(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*seed ^ *seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

fn variable(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is {value}, expected a number")))
}

#[test]
fn acknowledged_writes_survive_a_kill() {
    let rounds = variable("TWITE_CRASH_ROUNDS").unwrap_or(ROUNDS);
    let mut seed = variable("TWITE_CRASH_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    println!("TWITE_CRASH_SEED={seed}");
    let folder = Folder::new();
    let mut ledger = Ledger::default();
    let mut server = Server::start(folder.path(), &[]);
    for round in 1..=rounds {
        let dead = AtomicBool::new(false);
        let address = server.address();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| write(address, &mut ledger, &dead));
            // Not to be right but to hit the server anywhere.
            std::thread::sleep(Duration::from_micros(chance(&mut seed) % LONGEST));
            server.kill();
            dead.store(true, Ordering::Release);
            writer.join().unwrap_or_else(|_| panic!("in round {round}"));
        });
        server = Server::start(folder.path(), &[]);
        check(server.address(), &mut ledger);
    }
    println!("{} writes acknowledged in {rounds} rounds", ledger.acknowledgements);
    assert!(ledger.acknowledgements > rounds, "hardly anything was written");
}

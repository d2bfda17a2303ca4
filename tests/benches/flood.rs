//! Established clients while garbage comes from everywhere: what is left of their throughput, and what the server's memory
//! grows by. Beside it stands the generator of both, so that a machine of few cores shows less than a server can do.
//!
//! `cargo bench -p twite-tests --bench flood` takes a minute.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use twite_tests::folder::Folder;
use twite_tests::program;
use twite_tests::server::Server;

/// Datagrams of garbage a second, and the addresses of 127.0.0.0/8 that they come from.
const GARBAGE: u64 = 50_000;
const ADDRESSES: u32 = 4_000;

/// Requests of established clients a second.
const RATE: &str = "2000";
const SPAN: &str = "30s";

/// What has to be left, and by how much memory may grow, in bytes.
const LEAST: f64 = 0.9;
const MOST: u64 = 64 << 20;

fn main() -> ExitCode {
    let folder = Folder::new();
    let mut command = program::command();
    command.args(["serve", "--listen", "127.0.0.1:0", "--durability", "memory", "--data"]).arg(folder.path());
    command.env("TWITE_LIMITS_TRUSTS_LOOPBACK", "false");
    let server = Server::spawn(&mut command);
    let uri = server.uri("t");
    assert_eq!(program::twite(["put", &uri, "hello"]).code, Some(0));
    let (quiet, memory) = (throughput(&uri), resident(server.process()));
    let (over, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let flooded = std::thread::scope(|scope| {
        scope.spawn(|| flood(server.address(), &over, &sent));
        let flooded = throughput(&uri);
        over.store(true, Ordering::Relaxed);
        flooded
    });
    let grown = resident(server.process()).saturating_sub(memory);
    println!("{} datagrams of garbage", sent.into_inner());
    println!("{quiet:.0} answers/s without, {flooded:.0} with: {:.3}, at least {LEAST}", flooded / quiet);
    println!("memory grew by {} KiB, at most {} KiB", grown >> 10, MOST >> 10);
    if flooded >= LEAST * quiet && grown < MOST { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Answers a second to clients that know the server.
fn throughput(uri: &str) -> f64 {
    let arguments = ["bench", uri, "--json", "--clients", "4", "--rate", RATE, "--for", SPAN];
    let ran = program::twite(arguments);
    let report: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    report["per_second"].as_f64().expect("a number")
}

/// Sends garbage of all kinds until it is over.
fn flood(server: SocketAddr, over: &AtomicBool, sent: &AtomicU64) {
    let sources: Vec<UdpSocket> = (0..ADDRESSES).filter_map(source).collect();
    assert!(sources.len() > 500, "only {} sockets: raise the limit of open files", sources.len());
    let begun = Instant::now();
    let mut number = 0_u64;
    while !over.load(Ordering::Relaxed) {
        let due = begun.elapsed().as_micros() as u64 * GARBAGE / 1_000_000;
        while number < due {
            let source = &sources[number as usize % sources.len()];
            // What finds no room is lost, as any datagram may be.
            let _ = source.send_to(&garbage(number), server);
            number += 1;
        }
        sent.store(number, Ordering::Relaxed);
        sleep(Duration::from_millis(1));
    }
}

/// Truncated, of another version, pings, requests with bad options, requests for nothing, acknowledgements of nothing.
fn garbage(number: u64) -> Vec<u8> {
    let [.., high, low] = number.to_be_bytes();
    match number % 6 {
        0 => vec![0x40],
        1 => vec![0xff; 40],
        2 => vec![0x40, 0, high, low],
        3 => vec![0x40, 1, high, low, 0x90],
        4 => vec![0x51, 1, high, low, 7, 0xb4, b'n', b'o', b'n', b'e'],
        _ => vec![0x60, 0, high, low],
    }
}

/// A socket with an address of its own, as long as there are files.
fn source(number: u32) -> Option<UdpSocket> {
    let address = Ipv4Addr::from_bits(0x7f01_0000 + number * 257);
    UdpSocket::bind((address, 0)).ok()
}

/// Bytes of real memory.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs on Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line for it");
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kibibytes << 10
}

//! `twite bench`: what it says adds up.

use std::net::{SocketAddr, UdpSocket};
use std::thread::JoinHandle;

use serde_json::Value;
use twite_tests::ask::{get, put};
use twite_tests::folder::Folder;
use twite_tests::program::twite;
use twite_tests::server::Server;

fn bench(uri: &str, arguments: &[&str]) -> Value {
    let ran = twite(["bench", uri, "--json"].iter().chain(arguments));
    assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
    serde_json::from_slice(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

fn count(report: &Value, name: &str) -> u64 {
    report[name].as_u64().unwrap_or_else(|| panic!("no {name}: {report}"))
}

#[test]
fn every_request_is_accounted_for() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--durability", "memory"]);
    put(server.address(), "note", None, b"note");
    let report = bench(&server.uri("note"), &["--count", "500"]);
    assert_eq!((count(&report, "sent"), count(&report, "answered")), (500, 500), "{report}");
    assert_eq!(report["codes"]["2.05"], 500, "{report}");
    // One whose ids begin near their end takes a second source.
    assert!((16..=32).contains(&count(&report, "sources")), "{report}");
    assert!(report["latency"]["p50"].as_f64() <= report["latency"]["max"].as_f64(), "{report}");
    let errors = bench(&server.uri("none"), &["--count", "50", "--rate", "5000", "--per-source", "1"]);
    assert_eq!(errors["codes"]["4.04"], 50, "{errors}");
    assert!(count(&errors, "sources") >= 50, "{errors}");
    let written = bench(&server.uri("written"), &["--count", "50", "-m", "put", "--body", "64"]);
    assert_eq!(count(&written, "answered"), 50, "{written}");
    assert_eq!(get(server.address(), "written").payload.len(), 64);
}

#[test]
fn all_observers_hear_of_every_state() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--durability", "memory"]);
    put(server.address(), "note", None, b"note");
    let report = bench(&server.uri("note"), &["-m", "observe", "--clients", "20", "--count", "10"]);
    assert_eq!((count(&report, "sent"), count(&report, "answered")), (200, 200), "{report}");
    assert_eq!(get(server.address(), "note").payload, b"00000010");
}

#[test]
fn what_is_lost_is_sent_again_and_counted() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--durability", "memory"]);
    put(server.address(), "note", None, b"note");
    let (relay, lossy) = relay(server.address());
    let uri = format!("coap://{relay}/note");
    let report = bench(&uri, &["--count", "100", "--ack-timeout", "0.3"]);
    let stop = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    stop.send_to(&[0], relay).expect("sent");
    let dropped = lossy.join().expect("the relay ends");
    assert_eq!((count(&report, "sent"), count(&report, "answered")), (100, 100), "{report}");
    assert!(dropped >= 20 && count(&report, "retransmissions") >= dropped, "{dropped} of {report}");
}

/// Hands requests on and their answers back, but loses each fifth; ends by a datagram of one byte.
fn relay(server: SocketAddr) -> (SocketAddr, JoinHandle<u64>) {
    let [front, back] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").expect("a free port"));
    back.connect(server).expect("connected");
    let address = front.local_addr().expect("it is bound");
    let run = move || {
        let (mut buffer, mut dropped) = ([0; 1_500], 0);
        for number in 1_u64.. {
            let (length, from) = front.recv_from(&mut buffer).expect("a datagram");
            if length == 1 {
                break;
            }
            if number.is_multiple_of(5) {
                dropped += 1;
                continue;
            }
            back.send(&buffer[..length]).expect("sent");
            let length = back.recv(&mut buffer).expect("an answer");
            front.send_to(&buffer[..length], from).expect("sent");
        }
        dropped
    };
    (address, std::thread::spawn(run))
}

#[test]
fn another_host_is_not_loaded_by_accident() {
    let ran = twite(["bench", "coap://192.0.2.1/note"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("--load-another-host"), "{ran:?}");
}

//! RFC 9175: the Echo option. Request-Tag stands with block-wise transfer.

use twite::base::{Duration, Instant};
use twite::exchange::{Echo, Echoed, Response};
use twite::reliability::Peer;
use twite::wire::{Message, ResponseType};
use twite_tests::engine::{DeviceStorage, Engine, peer};

use crate::datagram::{Answer, Datagram, PUT};

const ECHO: u16 = 252;

fn put(id: u16, value: Option<&[u8]>) -> Vec<u8> {
    let datagram = Datagram::con(PUT, id).token(b"t").path("lamp");
    value.into_iter().fold(datagram, |datagram, value| datagram.option(ECHO, value)).bytes()
}

/// Serves a datagram with a handler that acts on fresh requests only; the answer, and whether it acted.
fn serve(engine: &mut Engine<'_>, from: Peer, echo: &Echo, datagram: &[u8]) -> (Answer, bool) {
    let mut acted = false;
    let sent = engine.receive_with(from, datagram, |incoming| {
        if !incoming.is_fresh(echo) {
            return incoming.challenge(echo);
        }
        acted = true;
        incoming.respond(&Response::new(ResponseType::Changed));
    });
    (Answer::only(&sent), acted)
}

#[test]
fn section_2_3_a_request_is_served_once_it_brings_back_what_4_01_gave() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let echo = Echo::new([7; 32]);
    let (challenge, acted) = serve(&mut engine, peer(1), &echo, &put(1, None));
    assert_eq!((challenge.dotted().as_str(), acted), ("4.01", false));
    let value = challenge.option(ECHO).expect("a value").to_vec();
    assert_eq!(value.len(), 12);
    let (answer, acted) = serve(&mut engine, peer(1), &echo, &put(2, Some(&value)));
    assert_eq!((answer.dotted().as_str(), acted), ("2.04", true));
    assert_eq!(answer.option(ECHO), None);
}

#[test]
fn section_2_3_a_value_is_good_for_its_client_and_its_time_only() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let echo = Echo::new([7; 32]);
    let (challenge, _) = serve(&mut engine, peer(1), &echo, &put(1, None));
    let value = challenge.option(ECHO).expect("a value").to_vec();
    let mut id = 1;
    let mut is_served = |engine: &mut Engine<'_>, from: Peer, echo: &Echo, value: &[u8]| {
        id += 1;
        let (answer, acted) = serve(engine, from, echo, &put(id, Some(value)));
        assert_eq!(answer.dotted() == "4.01", !acted);
        assert!(acted || answer.option(ECHO).is_some_and(|fresh| fresh != value), "with a fresh value");
        acted
    };
    assert!(is_served(&mut engine, peer(1), &echo, &value));
    assert!(!is_served(&mut engine, peer(2), &echo, &value), "another client");
    assert!(!is_served(&mut engine, peer(1), &Echo::new([8; 32]), &value), "another key");
    for at in 0..value.len() {
        let mut altered = value.clone();
        altered[at] ^= 1;
        assert!(!is_served(&mut engine, peer(1), &echo, &altered), "byte {at} altered");
        assert!(!is_served(&mut engine, peer(1), &echo, &value[..at.max(1)]), "cut to {at}");
    }
    assert!(!is_served(&mut engine, peer(1), &echo, &[value.clone(), vec![0]].concat()), "too long");
    assert!(!is_served(&mut engine, peer(1), &echo, &[0xa5; 40]), "garbage of the longest length");
    engine.pass(Duration::from_secs(298));
    assert!(is_served(&mut engine, peer(1), &echo, &value), "after 298 s");
    engine.pass(Duration::from_secs(3));
    assert!(!is_served(&mut engine, peer(1), &echo, &value), "after 301 s");
}

#[test]
fn appendix_a_the_time_in_a_value_may_wrap() {
    let echo = Echo::new([1; 32]);
    let wrap = (1 << 32) * 1_000_000;
    let value = echo.value(Instant::from_micros(wrap - 5_000_000), &peer(1));
    assert!(echo.is_fresh(Instant::from_micros(wrap + 5_000_000), &peer(1), value.as_bytes()));
    assert!(!echo.is_fresh(Instant::from_micros(wrap + 400_000_000), &peer(1), value.as_bytes()));
    assert!(
        !echo.is_fresh(Instant::from_micros(wrap - 6_000_000), &peer(1), value.as_bytes()),
        "of the future"
    );
}

/// A 4.01 or 2.05 with this Echo value.
fn response(code: u8, value: &[u8]) -> Vec<u8> {
    let head = [0x60, code, 0, 1, 0xdd, ECHO as u8 - 13];
    // Values below 13 bytes have their length in the nibble.
    let mut bytes = head.to_vec();
    if value.len() < 13 {
        bytes[4] = 0xd0 | value.len() as u8;
    } else {
        bytes.push(value.len() as u8 - 13);
    }
    bytes.extend(value);
    bytes
}

#[test]
fn section_2_3_a_client_sends_the_value_again_and_repeats_a_request_once() {
    let mut echoed = Echoed::default();
    assert_eq!(echoed.option(), None);
    let mut take = |bytes: Vec<u8>| {
        let again = echoed.take(&Message::parse(&bytes).expect("a message"));
        (again, echoed.option().map(|option| (option.number, option.value.to_vec())))
    };
    assert_eq!(take(vec![0x60, 0x81, 0, 1]), (false, None), "4.01 for another reason");
    assert_eq!(take(response(0x45, b"one")), (false, Some((ECHO, b"one".to_vec()))), "answered already");
    assert_eq!(take(response(0x81, b"two")), (true, Some((ECHO, b"two".to_vec()))));
    assert_eq!(take(response(0x81, b"two")), (false, Some((ECHO, b"two".to_vec()))), "no endless circle");
    assert_eq!(take(vec![0x60, 0x45, 0, 1]).1, Some((ECHO, b"two".to_vec())), "kept");
    assert_eq!(take(response(0x81, &[5; 40])), (true, Some((ECHO, vec![5; 40]))), "the longest value");
    assert_eq!(take(response(0x81, &[6; 41])).1, Some((ECHO, vec![5; 40])), "too long for the option");
    assert_eq!(take(response(0x81, b"")).1, Some((ECHO, vec![5; 40])), "too short for the option");
}

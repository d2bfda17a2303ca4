//! RFC 8974: extended tokens.

use twite::base::Duration;
use twite::endpoint::Storage;
use twite::exchange::Response;
use twite::wire::{Message, MessageType, ResponseType};
use twite_tests::engine::{DeviceStorage, Engine, peer};

use crate::datagram::{GET, POST, PUT, reset};

const TEXT: &[u8] = b"\xb1t";
const OBSERVE_STATE: &[u8] = b"\x60\x55state";

/// The longest token that the engine of these tests serves.
const LONGEST: u16 = 300;

/// Lengths at the borders of their encodings, up to the longest that is kept.
const KEPT: [usize; 8] = [0, 8, 9, 12, 13, 14, 63, 64];

fn engine(storage: &mut DeviceStorage) -> Engine<'_> {
    Engine::on(Storage { longest_token: LONGEST, ..storage.lend() })
}

fn token(length: usize) -> Vec<u8> {
    (0..length).map(|at| at as u8 ^ 0xa5).collect()
}

/// A request, put together by hand since coap-lite writes no extended tokens.
fn request(first: u8, code: u8, id: u16, token: &[u8], rest: &[u8]) -> Vec<u8> {
    let [high, low] = id.to_be_bytes();
    let length = token.len();
    let (nibble, extension) = match length {
        0..=12 => (length as u8, vec![]),
        13..=268 => (13, vec![(length - 13) as u8]),
        _ => (14, ((length - 269) as u16).to_be_bytes().to_vec()),
    };
    [&[first | nibble, code, high, low], &extension[..], token, rest].concat()
}

/// Code and token of the only answer.
#[track_caller]
fn only(sent: &[Vec<u8>]) -> (String, Vec<u8>) {
    assert_eq!(sent.len(), 1, "{sent:02x?}");
    let message = Message::parse(&sent[0]).expect("well-formed");
    (message.code().to_string(), message.token().to_vec())
}

#[test]
fn section_2_1_a_token_of_any_length_up_to_the_limit_is_echoed() {
    let mut storage = DeviceStorage::new();
    let mut engine = engine(&mut storage);
    for length in KEPT.into_iter().chain([65, 255, 256, 268, 269, 270, 300]) {
        for (first, id) in [(0x40, 1), (0x50, 2)] {
            let sent = engine.receive(peer(1), &request(first, GET, id, &token(length), TEXT));
            assert_eq!(only(&sent), ("2.05".into(), token(length)), "{length}");
        }
        let put = request(0x40, PUT, 100 + length as u16, &token(length), b"\xb1t\x10\xffhello");
        let sent = engine.receive(peer(1), &put);
        assert_eq!(only(&sent), ("2.04".into(), token(length)), "{length}");
        assert_eq!(engine.receive(peer(1), &put), sent, "the same for a repetition");
    }
}

#[test]
fn section_2_1_the_length_is_written_in_its_only_form() {
    let mut storage = DeviceStorage::new();
    let mut engine = engine(&mut storage);
    for (length, front) in [
        (12, &[0x6c, 0x45, 0, 1][..]),
        (13, &[0x6d, 0x45, 0, 1, 0]),
        (268, &[0x6d, 0x45, 0, 1, 255]),
        (269, &[0x6e, 0x45, 0, 1, 0, 0]),
        (300, &[0x6e, 0x45, 0, 1, 0, 31]),
    ] {
        let sent = engine.receive(peer(1), &request(0x40, GET, 1, &token(length), TEXT));
        assert!(sent[0].starts_with(&[front, &token(length)].concat()), "{length}: {sent:02x?}");
    }
}

#[test]
fn section_2_1_the_reserved_length_and_a_token_beyond_the_datagram_are_format_errors() {
    let mut storage = DeviceStorage::new();
    let mut engine = engine(&mut storage);
    for first in [0x49, 0x4c, 0x4d, 0x4e, 0x4f] {
        for rest in [&b""[..], b"\0", b"\0\0", b"\xff\xff", b"\xff123456789"] {
            // TKL 9 takes the last of these whole.
            if !(first == 0x49 && rest.len() >= 9) {
                let datagram = [&[first, GET, 0, 7], rest].concat();
                assert_eq!(engine.receive(peer(1), &datagram), [reset(7)], "{datagram:02x?}");
            }
        }
    }
    let reserved = [&[0x4f, GET, 0, 7][..], &[0; 400]].concat();
    assert_eq!(engine.receive(peer(1), &reserved), [reset(7)]);
}

#[test]
fn section_2_2_2_a_request_with_a_longer_token_is_answered_4_00_and_not_rejected() {
    let mut storage = DeviceStorage::new();
    let mut engine = engine(&mut storage);
    for length in [301, 400] {
        for first in [0x40, 0x50] {
            for (code, id) in [(GET, 1), (POST, 2)] {
                let sent = engine.receive(peer(1), &request(first, code, id, &token(length), b"\xb1c"));
                assert_eq!(only(&sent), ("4.00".into(), token(length)), "{length}");
            }
        }
    }
    assert_eq!(engine.fixture.count(), 0, "nothing is done");
    let beyond = request(0x40, GET, 9, &token(500), TEXT);
    assert_eq!(engine.receive(peer(1), &beyond), [reset(9)], "no answer of ours can hold it");
    let beyond = request(0x50, GET, 9, &token(500), TEXT);
    assert!(engine.receive(peer(1), &beyond).is_empty());
}

#[test]
fn section_2_2_2_without_extended_tokens_their_lengths_are_format_errors() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    for length in [9, 12, 13, 64, 269] {
        let sent = engine.receive(peer(1), &request(0x40, GET, 7, &token(length), TEXT));
        assert_eq!(sent, [reset(7)], "{length}");
        assert!(engine.receive(peer(1), &request(0x50, GET, 7, &token(length), TEXT)).is_empty());
    }
    assert_eq!(engine.endpoint.counters().format_errors, 10);
}

#[test]
fn section_2_2_2_a_response_with_an_extended_token_is_none_of_ours() {
    let mut storage = DeviceStorage::new();
    let mut engine = engine(&mut storage);
    for length in [9, 300, 301] {
        assert_eq!(engine.receive(peer(1), &request(0x40, 0x45, 7, &token(length), b"")), [reset(7)]);
        for first in [0x50, 0x60, 0x70] {
            assert!(engine.receive(peer(1), &request(first, 0x45, 7, &token(length), b"")).is_empty());
        }
    }
}

#[test]
fn section_2_1_a_response_that_comes_later_bears_the_token() {
    let mut storage = DeviceStorage::new();
    let mut engine = engine(&mut storage);
    for (length, id) in KEPT.into_iter().zip(1..) {
        for later in [false, true] {
            let mut ticket = None;
            let datagram = request(0x40, POST, id * 2 + u16::from(later), &token(length), b"\xb4slow");
            engine.receive_with(peer(id), &datagram, |incoming| ticket = incoming.defer().ok());
            let acknowledged = if later { engine.pass(Duration::from_secs(1)).len() } else { 0 };
            assert_eq!(acknowledged, usize::from(later));
            let (now, done) = (engine.now, Response::new(ResponseType::Changed));
            assert_eq!(engine.endpoint.respond(now, ticket.expect("a ticket"), &done), Ok(()));
            let sent = engine.drain().0;
            assert_eq!(only(&sent), ("2.04".into(), token(length)), "{length}");
            let message = Message::parse(&sent[0]).expect("well-formed");
            let expected = if later { MessageType::Confirmable } else { MessageType::Acknowledgement };
            assert_eq!(message.kind(), expected);
            let [high, low] = message.message_id().to_be_bytes();
            engine.receive(peer(id), &[0x60, 0, high, low]);
        }
        engine.pass(Duration::from_secs(300));
    }
}

#[test]
fn section_2_2_2_what_must_be_remembered_with_a_longer_token_is_answered_4_00() {
    let mut storage = DeviceStorage::new();
    let mut engine = engine(&mut storage);
    let mut deferred = None;
    let datagram = request(0x40, POST, 1, &token(65), b"\xb4slow");
    let sent = engine.receive_with(peer(1), &datagram, |incoming| deferred = Some(incoming.defer().is_ok()));
    assert_eq!(deferred, Some(false));
    assert_eq!(only(&sent), ("4.00".into(), token(65)));
    assert!(engine.pass(Duration::from_secs(300)).is_empty());
}

#[test]
fn section_2_1_notifications_bear_the_token_and_a_longer_one_does_not_observe() {
    let mut storage = DeviceStorage::new();
    let mut engine = engine(&mut storage);
    engine.state = Some((0, b"new".to_vec()));
    for (length, observes) in [(9, true), (64, true), (65, false)] {
        let datagram = request(0x40, GET, 1, &token(length), OBSERVE_STATE);
        let sent = engine.receive_with(peer(1), &datagram, |incoming| {
            incoming.observable(7).respond(&Response::content(Some(0), b"old"));
        });
        assert_eq!(only(&sent), ("2.05".into(), token(length)));
        assert_eq!(engine.endpoint.observations(), usize::from(observes), "{length}");
        engine.endpoint.changed(7);
        let told = engine.drain().0;
        assert_eq!(told.len(), usize::from(observes));
        if observes {
            assert_eq!(only(&told), ("2.05".into(), token(length)));
            // The same but for the last byte is another observation; the same ends it.
            let mut other = token(length);
            *other.last_mut().expect("it has bytes") ^= 1;
            let stop = |token: &[u8]| request(0x40, GET, 2, token, b"\x61\x01\x55state");
            engine.receive(peer(1), &stop(&other));
            assert_eq!(engine.endpoint.observations(), 1);
            engine.receive(peer(1), &stop(&token(length)));
            assert_eq!(engine.endpoint.observations(), 0);
        }
    }
}

#[test]
fn section_2_1_a_body_in_blocks_leaves_room_for_the_token() {
    let mut storage = DeviceStorage::new();
    let mut engine = engine(&mut storage);
    for length in [8, 64, 300] {
        let sent = engine.receive(peer(1), &request(0x40, GET, 1, &token(length), b"\xb1b"));
        assert_eq!(only(&sent), ("2.05".into(), token(length)));
        let payload = Message::parse(&sent[0]).expect("well-formed").payload().len();
        assert_eq!(payload, if length > 128 { 64 } else { 256 }, "{length}");
    }
}

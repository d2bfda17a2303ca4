//! RFC 7252 §5.2 and §5.3: requests and their responses, by the server.

use coap_lite::MessageType;
use twite::reliability::Peer;
use twite_tests::engine::{DeviceStorage, Engine, peer};

use crate::datagram::{Answer, Datagram, GET, POST, PUT, reset};

const NOTHING: [Vec<u8>; 0] = [];

#[test]
fn section_5_2_1_the_response_is_piggybacked_in_the_acknowledgement() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    for (position, code) in [GET, PUT, POST].into_iter().enumerate() {
        let id = 0x1000 + position as u16;
        let datagram = Datagram::con(code, id).token(b"\x01\x02").path("t").payload(b"x").bytes();
        let answer = Answer::only(&engine.receive(peer(1), &datagram));
        assert_eq!((answer.kind, answer.message_id), (MessageType::Acknowledgement, id));
        assert_eq!(answer.token, b"\x01\x02");
    }
    assert_eq!(engine.drain(), (vec![], None), "no timer runs for it");
}

#[test]
fn section_5_2_3_a_non_confirmable_request_gets_a_non_confirmable_response() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let ids: Vec<u16> = (0..10)
        .map(|id| {
            let datagram = Datagram::non(GET, id).token(b"\x09").path("t").bytes();
            let answer = Answer::only(&engine.receive(peer(1), &datagram));
            assert_eq!((answer.kind, answer.dotted().as_str()), (MessageType::NonConfirmable, "2.05"));
            assert_eq!(answer.token, b"\x09");
            answer.message_id
        })
        .collect();
    assert!(ids.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1)), "our own ids: {ids:?}");
}

#[test]
fn section_5_3_1_tokens_of_every_length_are_echoed() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    for length in 0..=8 {
        for byte in [0x00, 0x5a, 0xff] {
            let token = vec![byte; length];
            for datagram in [Datagram::con(GET, 1), Datagram::non(GET, 1)] {
                let answer = engine.receive(peer(1), &datagram.token(&token).path("t").bytes());
                assert_eq!(Answer::only(&answer).token, token);
            }
        }
    }
}

#[test]
fn section_5_3_2_an_unsolicited_response_is_rejected() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    for code in [0x41, 0x44, 0x45, 0x5f, 0x80, 0x84, 0xa0, 0xbf] {
        for token in [&b""[..], b"abc", b"12345678"] {
            let response =
                |kind| Datagram::new(kind, code, 0x4242).token(token).option(12, b"").payload(b"x").bytes();
            let confirmable = response(MessageType::Confirmable);
            assert_eq!(engine.receive(peer(1), &confirmable), [reset(0x4242)]);
            assert_eq!(engine.receive(peer(1), &confirmable), [reset(0x4242)], "each time");
            assert_eq!(engine.receive(peer(1), &response(MessageType::NonConfirmable)), NOTHING);
            assert_eq!(engine.receive(peer(1), &response(MessageType::Acknowledgement)), NOTHING);
            assert_eq!(engine.receive(peer(1), &response(MessageType::Reset)), NOTHING);
        }
    }
    assert_eq!(engine.endpoint.counters().requests, 0);
}

#[test]
fn section_8_1_a_request_to_a_group_is_not_rejected_and_not_served() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let group = Peer { local: Some([224, 0, 1, 187].into()), ..peer(1) };
    for datagram in [
        Datagram::non(POST, 1).path("c").bytes(),
        Datagram::con(POST, 2).path("c").bytes(),
        Datagram::con(0x45, 3).bytes(),
        b"\x40\x00\x00\x01".to_vec(),
        b"\x40\x01\x00\x01\xff".to_vec(),
    ] {
        assert_eq!(engine.receive(group, &datagram), NOTHING);
    }
    assert_eq!(engine.fixture.count(), 0);
}

#[test]
fn a_dropped_request_is_answered_5_00_once_and_for_all() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let datagram = Datagram::con(POST, 5).token(b"tok").path("lost").bytes();
    let mut executed = 0;
    let first = engine.receive_with(peer(1), &datagram, |incoming| {
        executed += 1;
        drop(incoming);
    });
    let answer = Answer::only(&first);
    assert_eq!((answer.dotted().as_str(), answer.kind), ("5.00", MessageType::Acknowledgement));
    assert_eq!(answer.token, b"tok");
    assert_eq!(engine.receive_with(peer(1), &datagram, |_| executed += 1), first);
    assert_eq!(executed, 1);
}

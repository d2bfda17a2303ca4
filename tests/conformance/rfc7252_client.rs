//! RFC 7252 §5.2 and §5.3, by the client.

use coap_lite::MessageType;
use twite::base::Duration;
use twite::endpoint::{Failure, RequestId};
use twite::exchange::Outgoing;
use twite::wire::{RequestType, WriteError};
use twite_tests::engine::{DeviceStorage, Engine, Heard, peer};

use crate::datagram::{Answer, Datagram, empty_acknowledgement, reset};

const CONTENT: u8 = 0x45;
const NOTHING: Vec<Vec<u8>> = Vec::new();
const GET: Outgoing<'static> = Outgoing::new(RequestType::Get, &[b"t"]);

/// Sends a GET to the first peer: its name, and the datagram.
fn ask(engine: &mut Engine<'_>) -> (RequestId, Answer) {
    ask_peer(engine, 1)
}

fn ask_peer(engine: &mut Engine<'_>, port: u16) -> (RequestId, Answer) {
    let id = engine.endpoint.request(engine.now, peer(port), &GET).expect("room");
    (id, Answer::only(&engine.drain().0))
}

fn piggybacked(request: &Answer) -> Datagram {
    Datagram::new(MessageType::Acknowledgement, CONTENT, request.message_id)
        .token(&request.token)
        .payload(b"hello")
}

fn separate(kind: MessageType, request: &Answer) -> Datagram {
    Datagram::new(kind, CONTENT, 0x5e9a).token(&request.token).payload(b"hello")
}

fn hello(id: RequestId) -> Heard {
    Heard::Response(id, b"hello".to_vec())
}

#[test]
fn section_5_2_1_a_piggybacked_response_ends_request_and_retransmission() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let (id, request) = ask(&mut engine);
    assert_eq!((request.kind, request.token.len()), (MessageType::Confirmable, 8));
    let response = piggybacked(&request).bytes();
    assert_eq!(engine.hear(peer(1), &response), (hello(id), NOTHING));
    assert_eq!(engine.hear(peer(1), &response), (Heard::Nothing, NOTHING), "only once");
    assert_eq!(engine.drain(), (NOTHING, None));
}

#[test]
fn section_5_2_2_a_separate_response_is_acknowledged_each_time_it_comes() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let (id, request) = ask(&mut engine);
    let ack = empty_acknowledgement(request.message_id);
    assert_eq!(engine.hear(peer(1), &ack), (Heard::Nothing, NOTHING));
    assert_eq!(engine.pass(Duration::from_secs(100)), NOTHING, "no retransmission any more");
    let response = separate(MessageType::Confirmable, &request).bytes();
    let ours = vec![empty_acknowledgement(0x5e9a)];
    assert_eq!(engine.hear(peer(1), &response), (hello(id), ours.clone()));
    for _ in 0..10 {
        assert_eq!(engine.hear(peer(1), &response), (Heard::Nothing, ours.clone()));
    }
    assert_eq!(engine.hear(peer(2), &response), (Heard::Nothing, vec![reset(0x5e9a)]), "another peer");
    assert_eq!(engine.drain(), (NOTHING, None));
    assert_eq!(engine.failed, []);
}

#[test]
fn section_5_2_2_a_separate_response_stands_for_the_acknowledgement_that_was_lost() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let (id, request) = ask(&mut engine);
    let response = separate(MessageType::Confirmable, &request).bytes();
    assert_eq!(engine.hear(peer(1), &response), (hello(id), vec![empty_acknowledgement(0x5e9a)]));
    assert_eq!(engine.pass(Duration::from_secs(300)), NOTHING, "no retransmission any more");
    let late = empty_acknowledgement(request.message_id);
    assert_eq!(engine.hear(peer(1), &late), (Heard::Nothing, NOTHING));
    assert_eq!(engine.failed, []);
}

#[test]
fn section_5_2_2_an_acknowledged_request_whose_response_never_comes_fails() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let (id, request) = ask(&mut engine);
    engine.hear(peer(1), &empty_acknowledgement(request.message_id));
    assert_eq!(engine.pass(Duration::from_secs(246)), NOTHING);
    assert_eq!(engine.failed, []);
    engine.pass(Duration::from_secs(1));
    assert_eq!(engine.failed, [(id, Failure::TimedOut)]);
    let late = separate(MessageType::Confirmable, &request).bytes();
    assert_eq!(engine.hear(peer(1), &late), (Heard::Nothing, vec![reset(0x5e9a)]));
}

#[test]
fn section_5_2_3_a_non_confirmable_response_is_taken_and_not_acknowledged() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    for confirmable in [true, false] {
        let outgoing = Outgoing { confirmable, ..GET };
        let id = engine.endpoint.request(engine.now, peer(1), &outgoing).expect("room");
        let request = Answer::only(&engine.drain().0);
        let response = separate(MessageType::NonConfirmable, &request).bytes();
        assert_eq!(engine.hear(peer(1), &response), (hello(id), NOTHING));
        assert_eq!(engine.hear(peer(1), &response), (Heard::Nothing, NOTHING));
        assert_eq!(engine.drain(), (NOTHING, None));
    }
}

#[test]
fn section_5_3_2_a_response_must_have_the_token_and_come_from_the_peer_that_was_asked() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let (id, request) = ask(&mut engine);
    let mut flipped = request.token.clone();
    flipped[7] ^= 1;
    for token in [&b""[..], &request.token[..7], &flipped] {
        let wrong = |datagram: Datagram| datagram.token(token).bytes();
        assert_eq!(engine.hear(peer(1), &wrong(piggybacked(&request))), (Heard::Nothing, NOTHING));
        let confirmable = wrong(separate(MessageType::Confirmable, &request));
        assert_eq!(engine.hear(peer(1), &confirmable), (Heard::Nothing, vec![reset(0x5e9a)]));
        let non_confirmable = wrong(separate(MessageType::NonConfirmable, &request));
        assert_eq!(engine.hear(peer(1), &non_confirmable), (Heard::Nothing, NOTHING));
    }
    assert_eq!(engine.hear(peer(2), &piggybacked(&request).bytes()), (Heard::Nothing, NOTHING));
    let stranger = separate(MessageType::NonConfirmable, &request).bytes();
    assert_eq!(engine.hear(peer(2), &stranger), (Heard::Nothing, NOTHING));
    assert_eq!(engine.pass(Duration::from_secs(3)).len(), 1, "the request goes on");
    assert_eq!(engine.hear(peer(1), &piggybacked(&request).bytes()), (hello(id), NOTHING));
}

#[test]
fn section_5_4_1_a_response_with_an_unknown_critical_option_is_rejected() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    for (kind, answer) in [
        (MessageType::Acknowledgement, NOTHING),
        (MessageType::Confirmable, vec![reset(0x5e9a)]),
        (MessageType::NonConfirmable, NOTHING),
    ] {
        let (id, request) = ask(&mut engine);
        let response = match kind {
            MessageType::Acknowledgement => piggybacked(&request),
            _ => separate(kind, &request),
        };
        let response = response.option(65_001, b"x").bytes();
        assert_eq!(engine.hear(peer(1), &response), (Heard::Failed(id, Failure::BadOption(65_001)), answer));
        assert_eq!(engine.drain(), (NOTHING, None));
    }
    let (id, request) = ask(&mut engine);
    let elective = piggybacked(&request).option(65_000, b"x").bytes();
    assert_eq!(engine.hear(peer(1), &elective), (hello(id), NOTHING), "an elective one is ignored");
}

#[test]
fn a_cancelled_request_is_sent_no_more_and_its_response_rejected() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let (id, request) = ask(&mut engine);
    engine.endpoint.cancel(id);
    engine.endpoint.cancel(id);
    assert_eq!(engine.pass(Duration::from_secs(300)), NOTHING);
    assert_eq!(engine.failed, [], "who cancels needs no outcome");
    assert_eq!(engine.hear(peer(1), &piggybacked(&request).bytes()), (Heard::Nothing, NOTHING));
    let response = separate(MessageType::Confirmable, &request).bytes();
    assert_eq!(engine.hear(peer(1), &response), (Heard::Nothing, vec![reset(0x5e9a)]));
}

#[test]
fn requests_beyond_the_table_are_refused_and_tokens_differ() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let asked: Vec<_> = (1..=8).map(|port| ask_peer(&mut engine, port)).collect();
    assert_eq!(engine.endpoint.request(engine.now, peer(1), &GET), Err(WriteError::Full));
    for (position, (_, request)) in asked.iter().enumerate() {
        let others = asked[position + 1..].iter();
        assert!(others.clone().all(|(_, other)| other.token != request.token));
    }
    for ((id, request), port) in asked.iter().zip(1..=8).rev() {
        assert_eq!(engine.hear(peer(port), &piggybacked(request).bytes()), (hello(*id), NOTHING));
    }
    ask(&mut engine);
}

#[test]
fn a_request_that_fits_no_message_leaves_nothing_behind() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    for confirmable in [true, false] {
        let large = Outgoing { payload: &[0; 600], confirmable, ..GET };
        for _ in 0..20 {
            assert_eq!(engine.endpoint.request(engine.now, peer(1), &large), Err(WriteError::Full));
        }
    }
    assert_eq!(engine.drain(), (NOTHING, None));
    ask(&mut engine);
}

//! RFC 7967: the No-Response option.

use twite::base::Duration;
use twite::exchange::Response;
use twite::wire::ResponseType;
use twite_tests::engine::{DeviceStorage, Engine, peer};

use crate::datagram::{Answer, Datagram, GET, POST};

const NO_RESPONSE: u16 = 258;

fn post(id: u16, classes: u8) -> Datagram {
    Datagram::con(POST, id).token(b"t").path("c").option(NO_RESPONSE, &[classes])
}

#[test]
fn section_2_1_an_unwanted_response_is_an_empty_acknowledgement_and_the_request_is_served() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    for (id, classes, served) in [(1, 2, 1), (2, 26, 2)] {
        let datagram = post(id, classes).bytes();
        let sent = engine.receive(peer(1), &datagram);
        assert_eq!(sent, [[0x60, 0, 0, id as u8]], "Empty, with the message id");
        assert_eq!(engine.fixture.count(), served);
        assert_eq!(engine.receive(peer(1), &datagram), sent, "the same for a repetition");
        assert_eq!(engine.fixture.count(), served);
    }
}

#[test]
fn section_2_1_other_classes_are_heard() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    for (id, classes) in [(1, 0), (2, 8), (3, 16), (4, 24)] {
        assert_eq!(Answer::only(&engine.receive(peer(1), &post(id, classes).bytes())).dotted(), "2.04");
    }
    let missing = Datagram::con(GET, 5).path("none").option(NO_RESPONSE, &[2]);
    assert_eq!(Answer::only(&engine.receive(peer(1), &missing.bytes())).dotted(), "4.04");
    let silent = Datagram::con(GET, 6).path("none").option(NO_RESPONSE, &[8]);
    assert_eq!(engine.receive(peer(1), &silent.bytes()), [[0x60, 0, 0, 6]]);
}

#[test]
fn section_2_1_a_non_confirmable_request_gets_nothing_at_all() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let datagram = Datagram::non(POST, 1).path("c").option(NO_RESPONSE, &[2]).bytes();
    assert!(engine.receive(peer(1), &datagram).is_empty());
    assert!(engine.receive(peer(1), &datagram).is_empty());
    assert_eq!(engine.fixture.count(), 1);
}

#[test]
fn section_2_1_a_response_that_comes_later_is_not_sent_either() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let mut ticket = None;
    engine.receive_with(peer(1), &post(1, 2).bytes(), |incoming| ticket = incoming.defer().ok());
    assert_eq!(engine.pass(Duration::from_secs(1)), [[0x60, 0, 0, 1]], "acknowledged in time");
    let now = engine.now;
    let done = Response::new(ResponseType::Changed);
    assert_eq!(engine.endpoint.respond(now, ticket.expect("a ticket"), &done), Ok(()));
    assert!(engine.pass(Duration::from_secs(300)).is_empty());
}

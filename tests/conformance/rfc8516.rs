//! RFC 8516: 4.29 Too Many Requests.

use twite::base::Duration;
use twite::endpoint::Storage;
use twite::wire::{Code, MessageType, ResponseType};
use twite_tests::engine::{DeviceStorage, Engine, peer};

use crate::datagram::{Answer, Datagram, GET, POST, PUT};

const MAX_AGE: u16 = 14;

fn post(id: u16) -> Datagram {
    Datagram::con(POST, id).token(b"tok").path("c")
}

/// An engine that remembers two requests of one peer and eight in all.
fn engine(storage: &mut DeviceStorage) -> Engine<'_> {
    Engine::on(Storage { once_per_peer: 2, ..storage.lend() })
}

fn outcome(engine: &mut Engine<'_>, port: u16, datagram: &Datagram) -> (String, Option<u32>) {
    let answer = Answer::only(&engine.receive(peer(port), &datagram.bytes()));
    (answer.dotted(), answer.uint(MAX_AGE))
}

#[test]
fn section_3_a_peer_beyond_its_share_is_told_so_and_when_to_come_back() {
    let mut storage = DeviceStorage::new();
    let mut engine = engine(&mut storage);
    for id in 0..2 {
        assert_eq!(outcome(&mut engine, 1, &post(id)), ("2.04".into(), None));
    }
    engine.pass(Duration::from_secs(47));
    let refused = Answer::only(&engine.receive(peer(1), &post(2).bytes()));
    assert_eq!((refused.dotted().as_str(), refused.uint(MAX_AGE)), ("4.29", Some(200)));
    assert_eq!((refused.kind, refused.token.as_slice()), (MessageType::Acknowledgement, &b"tok"[..]));
    let non = Datagram::non(POST, 3).path("c");
    assert_eq!(outcome(&mut engine, 1, &non).0, "4.29", "also where nothing is acknowledged");
    assert_eq!((engine.fixture.count(), engine.endpoint.counters().refused), (2, 2));
    engine.pass(Duration::from_secs(200));
    assert_eq!(outcome(&mut engine, 1, &post(2)).0, "2.04", "after that time it is served");
}

#[test]
fn section_3_others_and_other_methods_are_served_meanwhile() {
    let mut storage = DeviceStorage::new();
    let mut engine = engine(&mut storage);
    assert!((0..3).map(|id| outcome(&mut engine, 1, &post(id)).0).eq(["2.04", "2.04", "4.29"]));
    assert_eq!(outcome(&mut engine, 2, &post(0)).0, "2.04");
    assert_eq!(outcome(&mut engine, 1, &Datagram::con(GET, 9).path("t")).0, "2.05");
    assert_eq!(outcome(&mut engine, 1, &Datagram::con(PUT, 10).path("t").body(0, b"x")).0, "2.04");
}

#[test]
fn a_table_that_is_full_as_a_whole_is_nobodys_fault() {
    let mut storage = DeviceStorage::new();
    let mut engine = engine(&mut storage);
    for port in 1..=4 {
        let codes = (0..3).map(|id| outcome(&mut engine, port, &post(id)).0);
        assert!(codes.eq(["2.04", "2.04", "4.29"]), "{port}");
    }
    assert_eq!(outcome(&mut engine, 5, &post(0)), ("5.03".into(), Some(247)));
}

#[test]
fn section_6_the_code_is_4_29() {
    let code = Code::from(ResponseType::TooManyRequests);
    assert_eq!((code.to_string().as_str(), code.is_response()), ("4.29", true));
}

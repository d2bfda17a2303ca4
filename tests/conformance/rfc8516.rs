//! RFC 8516: 4.29 Too Many Requests.

use twite::base::Duration;
use twite::endpoint::{Limits, Storage};
use twite::reliability::{Peer, Rate, RateSlot};
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

/// An engine with rates: two requests a second of one source, and one error.
fn limited<'s>(storage: &'s mut DeviceStorage, rates: &'s mut [RateSlot]) -> Engine<'s> {
    let mut engine = Engine::new(storage);
    engine.endpoint.limit(Limits {
        requests: Rate { per_second: 4, burst: 1 },
        errors: Rate { per_second: 2, burst: 1 },
        rates,
        ..Limits::default()
    });
    engine
}

fn from(host: u8, port: u16) -> Peer {
    Peer::new(([192, 0, 2, host], port).into())
}

#[test]
fn section_3_a_source_that_asks_too_often_is_told_when_to_come_back() {
    let (mut storage, mut rates) = (DeviceStorage::new(), [[0; 2]; 64]);
    let mut engine = limited(&mut storage, &mut rates);
    let ask = |engine: &mut Engine<'_>, host, port, id| {
        let sent = engine.receive(from(host, port), &Datagram::con(GET, id).path("t").bytes());
        sent.first().map(|_| Answer::only(&sent)).map(|answer| (answer.dotted(), answer.uint(MAX_AGE)))
    };
    for id in 0..5 {
        assert_eq!(ask(&mut engine, 1, id, id), Some(("2.05".into(), None)), "any port counts");
    }
    let refused = Some(("4.29".into(), Some(1)));
    for id in 5..8 {
        assert_eq!(ask(&mut engine, 1, id, id), refused, "{id}");
    }
    assert_eq!(ask(&mut engine, 1, 9, 9), None, "even that has a bound");
    assert_eq!(ask(&mut engine, 2, 1, 1), Some(("2.05".into(), None)), "others are served");
    engine.pass(Duration::from_secs(1));
    assert_eq!(ask(&mut engine, 1, 10, 10), Some(("2.05".into(), None)));
    let counters = *engine.endpoint.counters();
    assert_eq!((counters.too_many, counters.errors_withheld), (4, 1));
}

#[test]
fn errors_have_a_bucket_of_their_own() {
    let (mut storage, mut rates) = (DeviceStorage::new(), [[0; 2]; 64]);
    let mut engine = limited(&mut storage, &mut rates);
    engine.endpoint.validated(from(1, 1));
    let bad = |id| Datagram::con(GET, id).path("t").option(9, b"x").bytes();
    let told = (0..20).filter(|id| !engine.receive(from(1, 1), &bad(*id)).is_empty()).count();
    assert_eq!(told, 3);
    let served = Answer::only(&engine.receive(from(1, 1), &Datagram::con(GET, 99).path("t").bytes()));
    assert_eq!(served.dotted(), "2.05", "what is no error goes out");
    assert_eq!(Answer::only(&engine.receive(from(2, 1), &bad(1))).dotted(), "4.02", "others hear theirs");
}

#[test]
fn this_host_has_no_rate() {
    let (mut storage, mut rates) = (DeviceStorage::new(), [[0; 2]; 64]);
    let mut engine = limited(&mut storage, &mut rates);
    for id in 0..50 {
        assert_eq!(outcome(&mut engine, 1, &Datagram::con(GET, id).path("t")).0, "2.05");
    }
}

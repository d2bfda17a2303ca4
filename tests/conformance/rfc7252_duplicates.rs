//! RFC 7252 §4.5: message deduplication.

use coap_lite::MessageType;
use twite::base::Duration;
use twite::reliability::Peer;
use twite_tests::engine::{DeviceStorage, Engine, peer};

use crate::datagram::{Answer, DELETE, Datagram, GET, POST, PUT};

fn post(message_id: u16) -> Datagram {
    Datagram::con(POST, message_id).token(b"tok").path("c").payload(b"1")
}

fn codes(datagrams: &[Vec<u8>]) -> Vec<String> {
    datagrams.iter().map(|datagram| Answer::read(datagram).dotted()).collect()
}

#[test]
fn section_4_5_a_repeated_post_is_executed_once_and_answered_by_the_same_bytes() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let datagram = post(7).bytes();
    let first = engine.receive(peer(1), &datagram);
    assert_eq!(codes(&first), ["2.04"]);
    for _ in 0..1_000 {
        assert_eq!(engine.receive(peer(1), &datagram), first);
    }
    engine.pass(Duration::from_secs(246));
    assert_eq!(engine.receive(peer(1), &datagram), first);
    assert_eq!(engine.fixture.count(), 1);
    engine.pass(Duration::from_secs(1));
    let anew = engine.receive(peer(1), &datagram);
    assert_eq!(engine.fixture.count(), 2, "EXCHANGE_LIFETIME is over");
    assert_eq!(Answer::only(&anew).payload, b"2");
    assert_eq!(engine.receive(peer(1), &datagram), anew);
    assert_eq!(engine.fixture.count(), 2);
}

#[test]
fn section_4_5_a_repeated_put_or_delete_gets_the_same_bytes() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let put = Datagram::con(PUT, 1).path("t").body(0, b"text").bytes();
    let first = engine.receive(peer(1), &put);
    assert_eq!(codes(&first), ["2.04"]);
    assert!((0..10).all(|_| engine.receive(peer(1), &put) == first), "the ETag shows any execution");
    let delete = Datagram::con(DELETE, 2).path("t").bytes();
    let first = engine.receive(peer(1), &delete);
    assert_eq!(codes(&first), ["2.02"]);
    assert_eq!(engine.receive(peer(1), &delete), first);
    assert_eq!(engine.endpoint.counters().requests, 2);
}

#[test]
fn section_4_5_a_repeated_get_is_answered_each_time() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let get = Datagram::con(GET, 1).token(b"a").path("t").bytes();
    let first = engine.receive(peer(1), &get);
    assert_eq!(codes(&first), ["2.05"]);
    assert!((0..10).all(|_| engine.receive(peer(1), &get) == first));
}

#[test]
fn section_4_5_a_repeated_non_confirmable_request_is_ignored() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let datagram = Datagram::non(POST, 7).token(b"tok").path("c").bytes();
    let answer = Answer::only(&engine.receive(peer(1), &datagram));
    assert_eq!((answer.kind, answer.token.as_slice()), (MessageType::NonConfirmable, &b"tok"[..]));
    assert!((0..100).all(|_| engine.receive(peer(1), &datagram).is_empty()));
    assert_eq!(engine.fixture.count(), 1);
    assert_eq!(engine.endpoint.counters().duplicates, 100);
}

#[test]
fn section_4_5_a_non_confirmable_message_with_a_known_message_id_is_not_acknowledged() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    assert_eq!(codes(&engine.receive(peer(1), &post(7).bytes())), ["2.04"]);
    let other = Datagram::non(POST, 7).token(b"tok").path("c").bytes();
    assert_eq!(engine.receive(peer(1), &other), Vec::<Vec<u8>>::new());
    assert_eq!(engine.fixture.count(), 1);
}

#[test]
fn section_4_5_the_message_id_alone_names_a_duplicate() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let first = engine.receive(peer(1), &post(7).bytes());
    let other = Datagram::con(POST, 7).token(b"other").path("c").payload(b"another body");
    assert_eq!(engine.receive(peer(1), &other.bytes()), first, "the answer to the first");
    assert_eq!(engine.fixture.count(), 1);
    assert_eq!(codes(&engine.receive(peer(2), &post(7).bytes())), ["2.04"]);
    assert_eq!(engine.fixture.count(), 2, "another peer's message id");
}

#[test]
fn section_4_5_two_local_addresses_are_two_endpoints() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let local = |last| Peer { local: Some([10, 0, 0, last].into()), ..peer(1) };
    for (last, count) in [(1, 1), (2, 2), (1, 2), (2, 2)] {
        assert_eq!(codes(&engine.receive(local(last), &post(7).bytes())), ["2.04"]);
        assert_eq!(engine.fixture.count(), count);
    }
}

#[test]
fn section_4_5_beyond_its_memory_a_post_is_refused_and_everything_else_served() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let served: Vec<_> = (0..8).map(|id| engine.receive(peer(1), &post(id).bytes())).collect();
    engine.pass(Duration::from_secs(100));
    for id in 8..100 {
        let refused = Answer::only(&engine.receive(peer(1), &post(id).bytes()));
        assert_eq!((refused.dotted().as_str(), refused.uint(14)), ("4.29", Some(147)));
        assert_eq!(refused.token, b"tok");
    }
    for (id, first) in (0..8).zip(&served) {
        assert_eq!(engine.receive(peer(1), &post(id).bytes()), *first);
    }
    assert_eq!(engine.fixture.count(), 8);
    assert_eq!(engine.endpoint.counters().refused, 92);
    let get = Datagram::con(GET, 200).path("t").bytes();
    assert_eq!(codes(&engine.receive(peer(1), &get)), ["2.05"]);
    let put = Datagram::con(PUT, 201).path("t").body(0, b"x").bytes();
    assert_eq!(codes(&engine.receive(peer(1), &put)), ["2.04"]);
    engine.pass(Duration::from_secs(147));
    assert_eq!(codes(&engine.receive(peer(1), &post(8).bytes())), ["2.04"], "there is room again");
    assert_eq!(engine.fixture.count(), 9);
}

#[test]
fn section_4_5_a_peer_at_its_limit_leaves_room_for_others() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::on({
        let mut lent = storage.lend();
        lent.once_per_peer = 3;
        lent
    });
    let mut outcome = |port, id| codes(&engine.receive(peer(port), &post(id).bytes())).concat();
    let of = |port, outcome: &mut dyn FnMut(u16, u16) -> String| {
        (0..5).map(|id| outcome(port, id)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(of(1, &mut outcome), "2.04 2.04 2.04 4.29 4.29");
    assert_eq!(of(2, &mut outcome), "2.04 2.04 2.04 4.29 4.29");
    assert_eq!(of(3, &mut outcome), "2.04 2.04 5.03 5.03 5.03", "eight in all");
    assert_eq!(engine.fixture.count(), 8);
}

#[test]
fn section_4_5_a_peer_whose_requests_are_all_forgotten_is_served_at_once() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::on({
        let mut lent = storage.lend();
        lent.once_per_peer = 2;
        lent
    });
    for port in 1..=4 {
        for id in 0..2 {
            assert_eq!(codes(&engine.receive(peer(port), &post(id).bytes())), ["2.04"]);
        }
    }
    engine.pass(Duration::from_secs(247));
    assert_eq!(codes(&engine.receive(peer(4), &post(10).bytes())), ["2.04"], "nothing of it is remembered");
}

#[test]
fn section_4_5_a_put_beyond_the_memory_is_served() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    for id in 0..100 {
        let put = Datagram::con(PUT, id).path("t").body(0, &[b'x'; 30]).bytes();
        let first = engine.receive(peer(1), &put);
        assert_eq!(codes(&first), ["2.04"]);
        assert_eq!(engine.receive(peer(1), &put), first, "the last is remembered");
    }
    assert_eq!(engine.endpoint.counters().refused, 0);
}

#[test]
fn section_4_5_a_post_whose_answer_is_lost_to_newer_ones_is_still_not_executed_again() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let post = |id| Datagram::con(POST, id).path("big").bytes();
    let mut executed = 0;
    let mut send = |id| {
        engine.receive_with(peer(1), &post(id), |incoming| {
            executed += 1;
            incoming.respond(&twite::exchange::Response::content(None, &[b'x'; 200]));
        })
    };
    let first = send(0);
    assert_eq!(send(0), first);
    for id in 1..8 {
        assert_eq!(codes(&send(id)), ["2.05"]);
    }
    assert_eq!(send(0), Vec::<Vec<u8>>::new(), "its bytes are gone, so it is ignored");
    assert_eq!(executed, 8);
}

//! Scenarios of several steps, by their names in `vectors/malformed.json`; what other files show already is not
//! shown again.

use coap_lite::MessageType;
use twite::base::{Duration, Instant};
use twite::endpoint::{Endpoint, FixedStorage};
use twite::exchange::{Outgoing, Response};
use twite::reliability::Timing;
use twite::wire::{RequestType, ResponseType};
use twite_tests::engine::{DeviceStorage, Engine, Heard, peer};

use crate::datagram::{Answer, Datagram, GET, POST, PUT, empty_acknowledgement, reset};

const OBSERVE: u16 = 6;
const BLOCK1: u16 = 27;
const RESOURCE: u64 = 7;

fn observable(engine: &mut Engine<'_>, port: u16, datagram: &Datagram) -> Answer {
    let sent = engine.receive_with(peer(port), &datagram.bytes(), |incoming| {
        incoming.observable(RESOURCE).respond(&Response::content(Some(0), b"state"));
    });
    Answer::only(&sent)
}

#[test]
fn s009_message_ids_run_out_before_one_is_used_twice() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let mut used = std::collections::HashSet::new();
    for round in 0..70_000_u32 {
        let datagram = Datagram::non(GET, round as u16).path("t").bytes();
        for answer in engine.receive(peer(1), &datagram) {
            assert!(used.insert(Answer::read(&answer).message_id), "round {round}");
        }
    }
    assert!(used.len() >= 32_768, "{}", used.len());
    assert_eq!(engine.endpoint.counters().message_ids_exhausted, 70_000 - used.len() as u64);
    let other = engine.receive(peer(2), &Datagram::non(GET, 1).path("t").bytes());
    assert_eq!(other.len(), 1, "another peer has ids of its own");
    engine.pass(Duration::from_secs(247));
    assert_eq!(engine.receive(peer(1), &Datagram::non(GET, 1).path("t").bytes()).len(), 1);
}

#[test]
fn s010_seventy_thousand_exchanges_pass_the_end_of_the_ids() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let get = Outgoing::new(RequestType::Get, &[b"t"]);
    for round in 0..70_000 {
        let id = engine.endpoint.request(engine.now, peer(1), &get).expect("an id is free");
        let request = Answer::only(&engine.drain().0);
        let answer =
            Datagram::new(MessageType::Acknowledgement, 0x45, request.message_id).token(&request.token);
        let (heard, _) = engine.hear(peer(1), &answer.bytes());
        assert_eq!(heard, Heard::Response(id, vec![]), "round {round}");
        engine.now = engine.now + Duration::from_millis(10);
    }
}

#[test]
fn s011_the_clock_may_start_anywhere() {
    let get = Outgoing::new(RequestType::Get, &[b"t"]);
    for start in [0, u64::from(u32::MAX) - 1_000, u64::from(u32::MAX) * 1_000 - 1_000_000, 1 << 62] {
        let mut storage = DeviceStorage::new();
        let mut engine = Engine::new(&mut storage);
        engine.now = Instant::from_micros(start);
        engine.endpoint.request(engine.now, peer(1), &get).expect("room");
        let sent = engine.pass_with_times(Duration::from_secs(93));
        let gaps: Vec<u64> =
            sent.windows(2).map(|pair| pair[1].at.since(pair[0].at).as_micros() / 1_000_000).collect();
        assert_eq!(sent.len(), 5, "from {start}");
        assert!((2..=3).contains(&gaps[0]) && gaps[3] >= 16, "{gaps:?}");
        let post = Datagram::con(POST, 9).path("c").bytes();
        let first = engine.receive(peer(2), &post);
        engine.pass(Duration::from_secs(246));
        assert_eq!(engine.receive(peer(2), &post), first);
        engine.pass(Duration::from_secs(1));
        engine.receive(peer(2), &post);
        assert_eq!(engine.fixture.count(), 2, "from {start}");
    }
}

#[test]
fn s016_two_endpoints_do_not_reset_each_other_for_ever() {
    let mut storages = [DeviceStorage::new(), DeviceStorage::new()];
    let [first, second] = storages.each_mut().map(Engine::new);
    let mut engines = [first, second];
    let mut datagrams = vec![Datagram::con(0x45, 77).token(b"unknown").bytes()];
    let mut resets = 0;
    for turn in 0..10 {
        let sent: Vec<Vec<u8>> =
            datagrams.iter().flat_map(|datagram| engines[turn % 2].receive(peer(1), datagram)).collect();
        resets += sent.len();
        datagrams = sent;
    }
    assert_eq!(resets, 1);
}

#[test]
fn s017_an_acknowledgement_with_a_token_is_none() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let mut ticket = None;
    let datagram = Datagram::con(GET, 1).token(b"T").path("slow").bytes();
    engine.receive_with(peer(1), &datagram, |incoming| ticket = incoming.defer().ok());
    engine.pass(Duration::from_secs(1));
    let now = engine.now;
    engine
        .endpoint
        .respond(now, ticket.expect("a ticket"), &Response::new(ResponseType::Valid))
        .expect("it waits");
    let response = Answer::only(&engine.drain().0);
    let [high, low] = response.message_id.to_be_bytes();
    assert!(engine.receive(peer(1), &[0x61, 0, high, low, b'T']).is_empty());
    assert_eq!(engine.pass(Duration::from_secs(4)).len(), 1, "it is sent again");
    assert!(engine.receive(peer(1), &empty_acknowledgement(response.message_id)).is_empty());
    assert!(engine.pass(Duration::from_secs(100)).is_empty());
}

#[test]
fn s027_one_peer_with_many_tokens_gets_its_share() {
    let mut storage = FixedStorage::<8, 16, 512>::new();
    let mut lent = storage.lend();
    lent.observers_per_peer = 4;
    let mut engine = Engine::on(lent);
    let registered = (0..10_000_u16).filter(|number| {
        let token = number.to_be_bytes();
        let datagram = Datagram::con(GET, *number).token(&token).path("state").option(OBSERVE, b"");
        let answer = observable(&mut engine, 1, &datagram);
        assert_eq!(answer.dotted(), "2.05");
        answer.uint(OBSERVE).is_some()
    });
    assert_eq!(registered.count(), 4);
    let other = Datagram::con(GET, 1).token(b"t").path("state").option(OBSERVE, b"");
    assert!(observable(&mut engine, 2, &other).uint(OBSERVE).is_some(), "others are not kept from it");
}

#[test]
fn s030_an_observer_with_a_new_port_is_another_and_the_old_one_dies() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    engine.state = Some((0, b"state".to_vec()));
    let registration = Datagram::con(GET, 1).token(b"t").path("state").option(OBSERVE, b"");
    observable(&mut engine, 1, &registration);
    observable(&mut engine, 2, &registration);
    assert_eq!(engine.endpoint.observations(), 2);
    engine.endpoint.changed(RESOURCE);
    for notification in engine.pass_with_times(Duration::ZERO) {
        if notification.peer == peer(2) {
            let id = Answer::read(&notification.bytes).message_id;
            engine.receive(peer(2), &empty_acknowledgement(id));
        }
    }
    engine.pass(Duration::from_secs(93));
    assert_eq!(engine.endpoint.observations(), 1);
}

#[test]
fn s031_a_token_of_an_observation_in_another_request_is_echoed() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let registration = Datagram::con(GET, 1).token(b"t").path("state").option(OBSERVE, b"");
    observable(&mut engine, 1, &registration);
    let put = Datagram::con(PUT, 2).token(b"t").path("t").payload(b"x");
    let answer = Answer::only(&engine.receive(peer(1), &put.bytes()));
    assert_eq!((answer.token.as_slice(), answer.dotted().as_str()), (&b"t"[..], "2.04"));
    assert_eq!(engine.endpoint.observations(), 1);
}

#[test]
fn s037_half_open_uploads_fill_no_more_than_there_is() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let mut codes = std::collections::BTreeMap::new();
    for port in 1..=10_000 {
        let block = Datagram::con(PUT, 1).path("sink").option(BLOCK1, &[0x0c]).payload(&[0; 256]);
        let sent = engine.receive_with(peer(port), &block.bytes(), |_| unreachable!("no body is complete"));
        *codes.entry(Answer::only(&sent).dotted()).or_insert(0) += 1;
    }
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), [("2.31".to_owned(), 1), ("5.03".to_owned(), 9_999)]);
}

#[test]
fn s060_a_response_of_any_size_goes_in_blocks() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let body = vec![7; 70_000];
    let sent = engine.receive_with(peer(1), &Datagram::con(GET, 1).path("huge").bytes(), |incoming| {
        incoming.respond(&Response::content(None, &body));
    });
    let answer = Answer::only(&sent);
    assert_eq!((answer.dotted().as_str(), answer.payload.len()), ("2.05", 256));
    assert_eq!(answer.uint(28), Some(70_000));
}

#[test]
fn s013_a_reset_to_a_notification_is_not_answered() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    engine.state = Some((0, b"state".to_vec()));
    observable(&mut engine, 1, &Datagram::con(GET, 1).token(b"t").path("state").option(OBSERVE, b""));
    engine.endpoint.changed(RESOURCE);
    let notification = Answer::only(&engine.drain().0);
    assert!(engine.receive(peer(1), &reset(notification.message_id)).is_empty());
    assert_eq!(engine.endpoint.observations(), 0);
}

#[test]
fn a_crowd_passes_through_a_small_table_of_peers() {
    let mut storage = FixedStorage::<4, 4, 256>::new();
    let mut endpoint = Endpoint::new(storage.lend(), Timing::DEFAULT, [2; 32]);
    let get = Outgoing::new(RequestType::Get, &[]);
    let now = Instant::from_millis(1);
    let waiting: Vec<_> = (1..=4).map(|port| endpoint.request(now, peer(port), &get)).collect();
    assert!(waiting.iter().all(Result::is_ok));
    assert!(endpoint.request(now, peer(5), &get).is_err(), "nobody is forgotten whom a message waits for");
    endpoint.cancel(waiting[0].expect("a request"));
    assert!(endpoint.request(now, peer(5), &get).is_ok());
}

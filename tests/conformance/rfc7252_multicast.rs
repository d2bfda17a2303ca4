//! RFC 7252 §8: requests to a group, by server and client.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use coap_lite::MessageType;
use twite::base::{Duration, Instant};
use twite::endpoint::Endpoint;
use twite::exchange::{Outgoing, Response};
use twite::reliability::{Peer, Timing};
use twite::wire::RequestType;
use twite_tests::engine::{DeviceStorage, Engine, Heard, Sent, peer};

use crate::datagram::{Answer, DELETE, Datagram, GET, POST, PUT};

const GROUP: IpAddr = IpAddr::V4(Ipv4Addr::new(224, 0, 1, 187));
const CONTENT: u8 = 0x45;
const FIVE_SECONDS: Duration = Duration::from_secs(5);
const NOTHING: Vec<Vec<u8>> = Vec::new();

/// The peer at `port`, asking the group.
fn asking(port: u16) -> Peer {
    Peer { local: Some(GROUP), ..peer(port) }
}

fn get(message_id: u16) -> Datagram {
    Datagram::non(GET, message_id).token(&message_id.to_be_bytes()).path("t")
}

/// What the group hears of a request: nothing at once, then these within the leisure.
fn group_hears(engine: &mut Engine<'_>, port: u16, datagram: &[u8]) -> Vec<Sent> {
    assert_eq!(engine.receive(asking(port), datagram), NOTHING, "not before its time");
    engine.pass_with_times(FIVE_SECONDS)
}

#[track_caller]
fn silence(datagram: &[u8]) {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    assert_eq!(group_hears(&mut engine, 1, datagram), []);
    let counters = engine.endpoint.counters();
    assert_eq!(counters.multicast + counters.format_errors, 1, "{counters:?}");
    assert_eq!(engine.drain(), (NOTHING, None));
}

#[test]
fn section_8_2_a_get_is_answered_once_from_a_unicast_address() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let begun = engine.now;
    let sent = group_hears(&mut engine, 1, &get(7).bytes());
    let [Sent { at, peer: to, bytes }] = sent.as_slice() else { panic!("one response: {sent:?}") };
    assert!(at.since(begun) <= FIVE_SECONDS);
    assert_eq!(*to, peer(1), "the asker, from no group's address");
    let answer = Answer::read(bytes);
    assert_eq!((answer.kind, answer.dotted().as_str()), (MessageType::NonConfirmable, "2.05"));
    assert_eq!((answer.token.as_slice(), answer.payload.as_slice()), (&[0, 7][..], &b"hello"[..]));
    assert_eq!(engine.drain(), (NOTHING, None), "forgotten");
    assert_eq!(engine.endpoint.counters().gave_up, 0);
}

#[test]
fn section_8_2_the_delay_is_random_within_the_leisure() {
    let delays: Vec<u64> = (0..64)
        .map(|seed| {
            let (mut storage, mut unused) = (DeviceStorage::new(), DeviceStorage::new());
            let endpoint = Endpoint::new(storage.lend(), Timing::DEFAULT, [seed; 32]);
            let mut engine = Engine { endpoint, ..Engine::new(&mut unused) };
            let begun = engine.now;
            group_hears(&mut engine, 1, &get(7).bytes())[0].at.since(begun).as_micros()
        })
        .collect();
    let different: std::collections::HashSet<_> = delays.iter().collect();
    assert!(different.len() > 60, "{delays:?}");
    let (least, most) = (delays.iter().min(), delays.iter().max());
    assert!(
        least < Some(&500_000) && most > Some(&4_500_000),
        "spread over five seconds: {least:?} {most:?}"
    );
}

#[test]
fn section_8_2_the_leisure_is_a_parameter() {
    let timing = Timing { leisure: Duration::from_millis(20), ..Timing::DEFAULT };
    let (mut storage, mut unused) = (DeviceStorage::new(), DeviceStorage::new());
    let endpoint = Endpoint::new(storage.lend(), timing, [1; 32]);
    let mut engine = Engine { endpoint, ..Engine::new(&mut unused) };
    engine.receive(asking(1), &get(7).bytes());
    assert_eq!(engine.pass(Duration::from_millis(20)).len(), 1);
}

#[test]
fn section_8_1_confirmable_messages_to_a_group_are_ignored() {
    silence(&Datagram::con(GET, 1).path("t").bytes());
    silence(&Datagram::con(0, 1).bytes());
    silence(&Datagram::con(CONTENT, 1).token(b"t").bytes());
    silence(&Datagram::new(MessageType::Acknowledgement, 0, 1).bytes());
    silence(&Datagram::new(MessageType::Reset, 0, 1).bytes());
}

#[test]
fn section_8_1_unsafe_methods_to_a_group_are_ignored() {
    for method in [POST, PUT, DELETE, 0x06, 0x07, 0x1f] {
        silence(&Datagram::non(method, 1).path("t").body(0, b"new").bytes());
    }
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    group_hears(&mut engine, 1, &Datagram::non(PUT, 1).path("t").body(0, b"new").bytes());
    let answer = engine.receive(peer(1), &Datagram::con(GET, 2).path("t").bytes());
    assert_eq!(Answer::only(&answer).payload, b"hello", "unchanged");
}

#[test]
fn section_8_2_errors_are_not_told() {
    silence(&Datagram::non(GET, 1).path("nowhere").bytes());
    silence(&get(1).option(9999, b"critical").bytes());
    silence(&get(1).option(35, b"coap://proxy/").bytes());
    silence(&get(1).option(17, &[0xff, 0xff]).bytes());
    silence(b"\x40\x01\x00\x01\xff");
    silence(b"\x49\x01\x00\x01");
    silence(b"\x40");
    silence(b"");
}

#[test]
fn section_8_2_a_request_that_the_application_drops_is_not_told() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    assert_eq!(engine.receive_with(asking(1), &get(1).bytes(), |incoming| drop(incoming)), NOTHING);
    assert_eq!(engine.drain(), (NOTHING, None));
    assert_eq!(engine.endpoint.counters().multicast, 1);
}

#[test]
fn rfc_6690_section_4_1_discovery_that_finds_nothing_is_not_told() {
    let discover =
        |query: &[u8]| Datagram::non(GET, 1).token(b"d").path(".well-known/core").option(15, query);
    silence(&discover(b"rt=nothing").bytes());
    silence(&discover(b"nonsense").bytes());
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let sent = group_hears(&mut engine, 1, &discover(b"href=/t").bytes());
    assert_eq!(sent.len(), 1);
    assert_eq!(Answer::read(&sent[0].bytes).dotted(), "2.05");
}

#[test]
fn rfc_7967_section_3_what_the_asker_does_not_want_is_not_told() {
    silence(&get(1).option(258, &[2]).bytes());
}

#[test]
fn section_8_2_observe_to_a_group_registers_nobody() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let register = get(1).option(6, &[]).bytes();
    let sent = engine.receive_with(asking(1), &register, |incoming| {
        incoming.observable(1).respond(&Response::content(Some(0), b"state"));
    });
    assert_eq!(sent, NOTHING);
    let answer = Answer::only(&engine.pass(FIVE_SECONDS));
    assert_eq!((answer.payload.as_slice(), answer.option(6)), (&b"state"[..], None));
    assert_eq!(engine.endpoint.observations(), 0);
}

#[test]
fn section_4_5_a_repetition_within_the_leisure_is_not_answered() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let mut responses = 0;
    for _ in 0..10 {
        assert_eq!(engine.receive(asking(1), &get(7).bytes()), NOTHING);
        responses += engine.pass(Duration::from_millis(490)).len();
    }
    responses += engine.pass(Duration::from_millis(100)).len();
    assert_eq!(responses, 1);
    assert_eq!(engine.endpoint.counters().duplicates, 9);
    assert_eq!(group_hears(&mut engine, 1, &get(8).bytes()).len(), 1, "another request");
    assert_eq!(group_hears(&mut engine, 2, &get(8).bytes()).len(), 1, "another asker");
}

#[test]
fn section_11_3_many_requests_at_once_cost_half_of_the_transmissions_at_most() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    for port in 1..=100 {
        assert_eq!(engine.receive(asking(port), &get(port).bytes()), NOTHING);
    }
    assert_eq!(engine.endpoint.counters().multicast, 96);
    let outgoing = Outgoing::new(RequestType::Get, &[b"t"]);
    let ours = (0..4).filter(|_| engine.endpoint.request(engine.now, peer(1), &outgoing).is_ok()).count();
    assert_eq!(ours, 4, "room for what is confirmable");
    let responses =
        |sent: &[Sent]| sent.iter().filter(|sent| Answer::read(&sent.bytes).code == CONTENT).count();
    assert_eq!(responses(&engine.pass_with_times(FIVE_SECONDS)), 4);
    assert_eq!(
        group_hears(&mut engine, 1, &get(200).bytes()).iter().filter(|sent| sent.bytes[1] == CONTENT).count(),
        1
    );
}

#[test]
fn section_8_2_a_deferred_response_to_a_group_has_its_leisure_too() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let mut ticket = None;
    engine.receive_with(asking(1), &get(1).bytes(), |incoming| ticket = incoming.defer().ok());
    assert_eq!(engine.receive_with(asking(1), &get(1).bytes(), |_| panic!("a repetition")), NOTHING);
    assert_eq!(engine.pass(FIVE_SECONDS), NOTHING);
    let response = Response::content(Some(0), b"late");
    engine.endpoint.respond(engine.now, ticket.expect("room"), &response).expect("waiting");
    let answer = Answer::only(&engine.pass(FIVE_SECONDS));
    assert_eq!((answer.kind, answer.payload.as_slice()), (MessageType::NonConfirmable, &b"late"[..]));
}

/// The group as our requests know it.
fn group() -> Peer {
    Peer::new(SocketAddr::new(GROUP, 5683))
}

#[test]
fn section_8_1_a_request_to_a_group_is_non_confirmable_and_gets_many_responses() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let outgoing = Outgoing::new(RequestType::Get, &[b"t"]);
    let id = engine.endpoint.request(engine.now, group(), &outgoing).expect("room");
    let request = Answer::only(&engine.drain().0);
    assert_eq!(request.kind, MessageType::NonConfirmable);
    let response = |kind| Datagram::new(kind, CONTENT, 9).token(&request.token).payload(b"hello");
    let heard = Heard::Response(id, b"hello".to_vec());
    for port in 1..=3 {
        let datagram = response(MessageType::NonConfirmable).bytes();
        assert_eq!(engine.hear(peer(port), &datagram), (heard.clone(), NOTHING));
    }
    let bad = response(MessageType::NonConfirmable).option(9999, b"critical").bytes();
    assert_eq!(engine.hear(peer(4), &bad), (Heard::Nothing, NOTHING), "the others still count");
    let confirmable = response(MessageType::Confirmable).bytes();
    assert_eq!(engine.hear(peer(5), &confirmable), (heard, vec![vec![0x60, 0, 0, 9]]));
    let stranger = Datagram::non(CONTENT, 9).token(b"stranger").bytes();
    assert_eq!(engine.hear(peer(6), &stranger), (Heard::Nothing, NOTHING), "another token");
    engine.pass(Duration::from_secs(1000));
    assert_eq!(engine.failed, [], "open until it is cancelled");
    engine.endpoint.cancel(id);
    assert_eq!(
        engine.hear(peer(1), &response(MessageType::NonConfirmable).bytes()),
        (Heard::Nothing, NOTHING)
    );
    assert_eq!(engine.drain(), (NOTHING, None));
}

#[test]
fn section_8_1_requests_to_groups_are_bounded_and_a_group_is_not_pinged() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let outgoing = Outgoing::new(RequestType::Get, &[b"t"]);
    let ids: Vec<_> =
        (0..20).map_while(|_| engine.endpoint.request(engine.now, group(), &outgoing).ok()).collect();
    assert_eq!(ids.len(), 8);
    engine.endpoint.cancel(ids[0]);
    assert!(engine.endpoint.ping(engine.now, group()).is_err());
    assert!(engine.endpoint.request(engine.now, group(), &outgoing).is_ok());
    assert_eq!(engine.now, Instant::from_millis(1));
}

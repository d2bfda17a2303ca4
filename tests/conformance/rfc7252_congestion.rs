//! RFC 7252 §4.7: how many confirmable messages to one peer at once.

use coap_lite::MessageType;
use twite::base::Duration;
use twite::endpoint::{Failure, RequestId};
use twite::exchange::{Outgoing, Response};
use twite::wire::{RequestType, ResponseType};
use twite_tests::engine::{DeviceStorage, Engine, Heard, peer};

use crate::datagram::{Answer, Datagram, empty_acknowledgement};

const GET: Outgoing<'static> = Outgoing::new(RequestType::Get, &[b"t"]);

fn ask(engine: &mut Engine<'_>, port: u16) -> RequestId {
    engine.endpoint.request(engine.now, peer(port), &GET).expect("room")
}

fn answer(request: &Answer) -> Vec<u8> {
    Datagram::new(MessageType::Acknowledgement, 0x45, request.message_id).token(&request.token).bytes()
}

#[test]
fn section_4_7_one_request_at_a_time_to_each_peer_in_their_order() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let ids: Vec<RequestId> = (0..4).map(|_| ask(&mut engine, 1)).collect();
    let mut sent = engine.drain().0;
    ask(&mut engine, 2);
    assert_eq!(engine.drain().0.len(), 1, "another peer is not concerned");
    for (position, id) in ids.iter().enumerate() {
        let request = Answer::only(&sent);
        let (heard, next) = engine.hear(peer(1), &answer(&request));
        assert_eq!(heard, Heard::Response(*id, vec![]), "request {position}");
        sent = next;
    }
    assert!(sent.is_empty());
}

#[test]
fn section_4_7_an_acknowledgement_gives_the_next_its_turn() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    ask(&mut engine, 1);
    ask(&mut engine, 1);
    let first = Answer::only(&engine.drain().0);
    let (_, sent) = engine.hear(peer(1), &empty_acknowledgement(first.message_id));
    assert_ne!(Answer::only(&sent).token, first.token);
}

#[test]
fn section_4_7_a_message_that_is_given_up_gives_the_next_its_turn() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let ids = [ask(&mut engine, 1), ask(&mut engine, 1)];
    assert_eq!(engine.pass(Duration::from_secs(46)).len(), 5);
    assert_eq!(engine.pass(Duration::from_secs(200)).len(), 5, "the second, after the first");
    assert_eq!(engine.failed, ids.map(|id| (id, Failure::TimedOut)));
}

#[test]
fn section_4_7_a_request_that_is_cancelled_while_it_waits_is_never_sent() {
    for gone in 1..4 {
        let mut storage = DeviceStorage::new();
        let mut engine = Engine::new(&mut storage);
        let ids: Vec<RequestId> = (0..4).map(|_| ask(&mut engine, 1)).collect();
        let mut sent = engine.drain().0;
        engine.endpoint.cancel(ids[gone]);
        let mut answered = Vec::new();
        while let [request] = sent.as_slice() {
            let request = Answer::read(request);
            let (heard, next) = engine.hear(peer(1), &answer(&request));
            let Heard::Response(id, _) = heard else { panic!("{heard:?}") };
            answered.push(id);
            sent = next;
        }
        let expected: Vec<RequestId> = ids.iter().copied().filter(|id| *id != ids[gone]).collect();
        assert_eq!(answered, expected);
        ask(&mut engine, 1);
        assert_eq!(engine.drain().0.len(), 1, "nothing is left in the way");
    }
}

#[test]
fn section_4_7_separate_responses_take_turns_too() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let mut tickets = Vec::new();
    for id in 1..=3 {
        let datagram = Datagram::con(2, id).token(&[id as u8]).path("slow").bytes();
        engine.receive_with(peer(1), &datagram, |incoming| tickets.extend(incoming.defer()));
    }
    assert_eq!(engine.pass(Duration::from_secs(1)).len(), 3, "each is acknowledged");
    for ticket in tickets {
        let now = engine.now;
        engine.endpoint.respond(now, ticket, &Response::new(ResponseType::Changed)).expect("it waits");
    }
    let mut sent = engine.drain().0;
    for token in 1..=3 {
        let response = Answer::only(&sent);
        assert_eq!(response.token, [token]);
        sent = engine.hear(peer(1), &empty_acknowledgement(response.message_id)).1;
    }
    assert!(sent.is_empty());
}

/// A Non-confirmable GET of /t with a token of eight bytes.
const PROBE: Outgoing<'static> = Outgoing { confirmable: false, ..GET };
const PROBE_BYTES: u64 = 4 + 8 + 2;

fn probe(engine: &mut Engine<'_>) -> RequestId {
    engine.endpoint.request(engine.now, peer(1), &PROBE).expect("room")
}

#[test]
fn section_4_7_probing_rate_holds_non_confirmable_requests_to_a_silent_peer() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let start = engine.now;
    (0..4).for_each(|_| {
        probe(&mut engine);
    });
    let sent = engine.pass_with_times(Duration::from_secs(200));
    let times: Vec<u64> = sent.iter().map(|sent| sent.at.since(start).as_micros()).collect();
    assert_eq!(times, [0, 1, 2, 3].map(|turn| turn * PROBE_BYTES * 1_000_000), "one byte per second");
    assert!(sent.iter().all(|sent| sent.bytes.len() as u64 == PROBE_BYTES));
}

#[test]
fn section_4_7_a_response_ends_probing() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let ids = [probe(&mut engine), probe(&mut engine)];
    let mut sent = engine.drain().0;
    for id in ids {
        let request = Answer::only(&sent);
        let response = Datagram::new(MessageType::NonConfirmable, 0x45, 9).token(&request.token).bytes();
        let (heard, next) = engine.hear(peer(1), &response);
        assert_eq!(heard, Heard::Response(id, vec![]));
        sent = next;
    }
}

#[test]
fn section_4_7_cancelling_a_request_does_not_speed_probing_up() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let id = probe(&mut engine);
    assert_eq!(engine.drain().0.len(), 1);
    engine.endpoint.cancel(id);
    let held = probe(&mut engine);
    probe(&mut engine);
    assert!(engine.pass(Duration::from_secs(PROBE_BYTES - 1)).is_empty());
    engine.endpoint.cancel(held);
    assert_eq!(engine.pass(Duration::from_secs(1)).len(), 1, "one that was never sent leaves no trace");
}

#[test]
fn section_4_7_a_response_may_come_when_its_turn_is_over() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let id = probe(&mut engine);
    let request = Answer::only(&engine.pass(Duration::from_secs(100)));
    let response = Datagram::new(MessageType::NonConfirmable, 0x45, 9).token(&request.token).bytes();
    assert_eq!(engine.hear(peer(1), &response).0, Heard::Response(id, vec![]));
    let late = probe(&mut engine);
    engine.pass(Duration::from_secs(248));
    assert_eq!(engine.failed, [(late, Failure::TimedOut)]);
}

#[test]
fn section_4_3_a_reset_ends_a_non_confirmable_request() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let ids = [probe(&mut engine), probe(&mut engine)];
    let request = Answer::only(&engine.drain().0);
    let [high, low] = request.message_id.to_be_bytes();
    let (heard, next) = engine.hear(peer(1), &[0x70, 0, high, low]);
    assert_eq!((heard, next.len()), (Heard::Failed(ids[0], Failure::Reset), 1));
}

//! RFC 7252 §5.2.2: separate responses, by the server.

use coap_lite::MessageType;
use twite::base::Duration;
use twite::endpoint::{Gone, Ticket};
use twite::exchange::Response;
use twite::wire::ResponseType;
use twite_tests::engine::{DeviceStorage, Engine, peer};

use crate::datagram::{Answer, DELETE, Datagram, GET, POST, PUT, empty_acknowledgement, reset};

const NOTHING: [Vec<u8>; 0] = [];
const DONE: Response<'static> = Response::content(Some(0), b"done");

fn request(code: u8) -> Datagram {
    Datagram::con(code, 0x0707).token(b"tok").path("slow")
}

/// Sends a request that is deferred.
#[track_caller]
fn defer(engine: &mut Engine<'_>, datagram: &Datagram) -> Ticket {
    let mut ticket = None;
    let sent = engine.receive_with(peer(1), &datagram.bytes(), |incoming| ticket = incoming.defer().ok());
    assert_eq!(sent, NOTHING);
    ticket.expect("there is room")
}

/// Sends a request that must not reach the application.
#[track_caller]
fn repeat(engine: &mut Engine<'_>, datagram: &Datagram) -> Vec<Vec<u8>> {
    engine.receive_with(peer(1), &datagram.bytes(), |_| panic!("executed twice"))
}

#[test]
fn section_5_2_2_the_empty_acknowledgement_goes_out_after_the_piggyback_time() {
    for code in [GET, POST, PUT, DELETE] {
        let mut storage = DeviceStorage::new();
        let mut engine = Engine::new(&mut storage);
        let ticket = defer(&mut engine, &request(code));
        assert_eq!(engine.pass(Duration::from_millis(499)), NOTHING);
        assert_eq!(repeat(&mut engine, &request(code)), NOTHING, "its acknowledgement is still to come");
        assert_eq!(engine.pass(Duration::from_millis(1)), [empty_acknowledgement(0x0707)]);
        assert_eq!(repeat(&mut engine, &request(code)), [empty_acknowledgement(0x0707)]);
        assert_eq!(engine.pass(Duration::from_secs(60)), NOTHING, "it takes its time");
        assert_eq!(engine.endpoint.respond(engine.now, ticket, &DONE), Ok(()));
        let response = Answer::only(&engine.drain().0);
        assert_eq!(response.kind, MessageType::Confirmable);
        assert_eq!((response.dotted().as_str(), response.token.as_slice()), ("2.05", &b"tok"[..]));
        assert_eq!(response.payload, b"done");
        assert_ne!(response.message_id, 0x0707, "a message id of its own");
        let ack = empty_acknowledgement(response.message_id);
        assert_eq!(engine.receive(peer(1), &ack), NOTHING);
        assert_eq!(engine.drain().1, None, "nothing is left to do");
    }
}

#[test]
fn section_5_2_2_a_repeated_post_gets_the_empty_acknowledgement_after_the_response_too() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let ticket = defer(&mut engine, &request(POST));
    engine.pass(Duration::from_secs(1));
    engine.endpoint.respond(engine.now, ticket, &DONE).expect("not answered yet");
    engine.drain();
    for _ in 0..10 {
        assert_eq!(repeat(&mut engine, &request(POST)), [empty_acknowledgement(0x0707)]);
    }
}

#[test]
fn section_5_2_2_the_separate_response_is_sent_until_it_is_acknowledged() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let ticket = defer(&mut engine, &request(GET));
    engine.pass(Duration::from_secs(1));
    engine.endpoint.respond(engine.now, ticket, &DONE).expect("not answered yet");
    let sent = engine.pass(Duration::from_secs(10));
    assert_eq!(sent.len(), 3, "after 0, 2 to 3 and 6 to 9 seconds");
    assert!(sent.iter().all(|copy| *copy == sent[0]), "all copies are the same");
    engine.receive(peer(1), &empty_acknowledgement(Answer::read(&sent[0]).message_id));
    assert_eq!(engine.pass(Duration::from_secs(300)), NOTHING);
    assert_eq!(engine.endpoint.counters().gave_up, 0);
}

#[test]
fn section_5_2_2_the_separate_response_is_given_up_after_max_retransmit() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let ticket = defer(&mut engine, &request(GET));
    engine.pass(Duration::from_secs(1));
    engine.endpoint.respond(engine.now, ticket, &DONE).expect("not answered yet");
    assert_eq!(engine.pass(Duration::from_secs(300)).len(), 5);
    assert_eq!(engine.endpoint.counters().gave_up, 1);
    assert_eq!(engine.drain().1, None);
}

#[test]
fn section_5_2_2_a_reset_ends_the_separate_response() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let ticket = defer(&mut engine, &request(GET));
    engine.pass(Duration::from_secs(1));
    engine.endpoint.respond(engine.now, ticket, &DONE).expect("not answered yet");
    let response = Answer::only(&engine.drain().0);
    assert_eq!(engine.receive(peer(1), &reset(response.message_id)), NOTHING);
    assert_eq!(engine.pass(Duration::from_secs(300)), NOTHING);
}

#[test]
fn section_5_2_1_an_answer_within_the_piggyback_time_is_piggybacked() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let ticket = defer(&mut engine, &request(POST));
    engine.pass(Duration::from_millis(499));
    engine.endpoint.respond(engine.now, ticket, &DONE).expect("not answered yet");
    let sent = engine.drain().0;
    let response = Answer::only(&sent);
    assert_eq!((response.kind, response.message_id), (MessageType::Acknowledgement, 0x0707));
    assert_eq!(response.token, b"tok");
    assert_eq!(engine.pass(Duration::from_secs(100)), NOTHING, "no Empty acknowledgement any more");
    assert_eq!(repeat(&mut engine, &request(POST)), sent, "byte for byte");
}

#[test]
fn section_5_2_3_a_deferred_non_confirmable_request_gets_one_non_confirmable_response() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let datagram = Datagram::non(POST, 9).token(b"n").path("slow");
    let ticket = defer(&mut engine, &datagram);
    assert_eq!(engine.pass(Duration::from_secs(30)), NOTHING, "nothing to acknowledge");
    assert_eq!(repeat(&mut engine, &datagram), NOTHING);
    engine.endpoint.respond(engine.now, ticket, &DONE).expect("not answered yet");
    let response = Answer::only(&engine.pass(Duration::from_secs(300)));
    assert_eq!((response.kind, response.token.as_slice()), (MessageType::NonConfirmable, &b"n"[..]));
}

#[test]
fn a_ticket_is_good_for_one_answer() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let first = defer(&mut engine, &request(GET));
    assert_eq!(Ticket::from_bits(first.to_bits()), first);
    assert_eq!(engine.endpoint.respond(engine.now, first, &DONE), Ok(()));
    engine.drain();
    assert_eq!(engine.endpoint.respond(engine.now, first, &DONE), Err(Gone));
    let second = defer(&mut engine, &request(GET));
    assert_eq!(engine.endpoint.respond(engine.now, first, &DONE), Err(Gone), "its place was given away");
    for bits in [0, u64::MAX, second.to_bits() + 1, second.to_bits() ^ (1 << 32)] {
        assert_eq!(engine.endpoint.respond(engine.now, Ticket::from_bits(bits), &DONE), Err(Gone));
    }
    assert_eq!(engine.drain().0, NOTHING);
    assert_eq!(engine.endpoint.respond(engine.now, second, &DONE), Ok(()));
}

#[test]
fn without_room_for_another_ticket_the_request_is_answered_5_03() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let get = |id| Datagram::con(GET, id).token(b"t").path("slow");
    let tickets: Vec<_> = (0..8).map(|id| defer(&mut engine, &get(id))).collect();
    let mut outcome = None;
    let sent =
        engine.receive_with(peer(1), &get(8).bytes(), |incoming| outcome = Some(incoming.defer().is_err()));
    assert_eq!(outcome, Some(true));
    let answer = Answer::only(&sent);
    assert_eq!((answer.dotted().as_str(), answer.uint(14)), ("5.03", Some(1)));
    assert_eq!(answer.message_id, 8);
    engine.endpoint.respond(engine.now, tickets[3], &DONE).expect("not answered yet");
    engine.drain();
    defer(&mut engine, &get(9));
}

#[test]
fn a_deferred_failure_is_told_in_the_form_that_the_client_accepts() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let problem = twite::exchange::Problem::titled("broken sensor");
    for (accept, format, payload) in
        [(None, Some(257), &b"\xa1\x20\x6dbroken sensor"[..]), (Some(60), None, b"broken sensor")]
    {
        let ticket = defer(&mut engine, &request(GET));
        let response = Response::new(ResponseType::InternalServerError);
        engine.endpoint.fail(engine.now, ticket, accept, &response, &problem).expect("not answered yet");
        let answer = Answer::only(&engine.drain().0);
        assert_eq!((answer.dotted().as_str(), answer.uint(12)), ("5.00", format));
        assert_eq!(answer.payload, payload);
    }
}

#[test]
fn section_5_2_2_a_late_answer_is_acknowledged_for_at_once() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let mut ticket = None;
    let sent = engine.receive_with(peer(1), &request(GET).bytes(), |incoming| {
        ticket = incoming.defer_separately().ok();
    });
    assert_eq!(sent, [empty_acknowledgement(0x0707)]);
    let ticket = ticket.expect("there is room");
    assert_eq!(engine.endpoint.respond(engine.now, ticket, &DONE), Ok(()));
    assert_eq!(Answer::only(&engine.drain().0).kind, MessageType::Confirmable);
}

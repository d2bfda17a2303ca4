//! RFC 7641 §4.2: an observer is told the last state, or that there is none any more, also where there is no room for it
//! at first.

use twite::base::Duration;
use twite::endpoint::FixedStorage;
use twite::exchange::Response;
use twite_tests::engine::{Engine, peer};

use crate::datagram::{Answer, Datagram, GET};

const OBSERVE: u16 = 6;
const RESOURCE: u64 = 7;

/// Ports of two clients that owe an acknowledgement, and so fill a table of two peers.
const BUSY: [u16; 2] = [2, 3];

/// An engine that knows two peers, both busy, and has an observer that it had to forget.
fn crowded<'s>(storage: &'s mut FixedStorage<2, 8, 256>) -> Engine<'s> {
    let mut engine = Engine::on(storage.lend());
    engine.state = Some((0, b"one".to_vec()));
    let observe = Datagram::con(GET, 1).token(b"seen").path("state").option(OBSERVE, b"").bytes();
    let registered = engine.receive_with(peer(1), &observe, |incoming| {
        incoming.observable(RESOURCE).respond(&Response::content(Some(0), b"one"));
    });
    assert!(Answer::only(&registered).option(OBSERVE).is_some(), "it observes");
    for port in BUSY {
        let mut ticket = None;
        let later = Datagram::con(GET, 1).token(b"late").path("later").bytes();
        engine.receive_with(peer(port), &later, |incoming| ticket = incoming.defer_separately().ok());
        let (now, ticket) = (engine.now, ticket.expect("room"));
        engine.endpoint.respond(now, ticket, &Response::content(Some(0), b"late")).expect("it waits");
        let sent = engine.drain().0;
        assert!(
            !sent.is_empty() && sent.iter().all(|bytes| bytes[1] != 0),
            "a response that wants an answer"
        );
    }
    engine
}

/// What the engine says to the observer within so many seconds.
fn told(engine: &mut Engine<'_>, seconds: u64) -> Vec<Answer> {
    let sent = engine.pass_with_times(Duration::from_secs(seconds)).into_iter();
    sent.filter(|sent| sent.peer == peer(1)).map(|sent| Answer::read(&sent.bytes)).collect()
}

#[test]
fn an_observer_for_whom_there_is_no_room_is_told_once_there_is() {
    let mut storage = FixedStorage::new();
    let mut engine = crowded(&mut storage);
    engine.state = Some((0, b"two".to_vec()));
    engine.endpoint.changed(RESOURCE);
    assert_eq!(told(&mut engine, 2).len(), 0, "both places are taken");
    assert_eq!(engine.endpoint.observations(), 1);
    // The others give up after 93 seconds at the latest.
    let told = told(&mut engine, 100);
    assert_eq!(told.first().map(|answer| answer.payload.as_slice()), Some(&b"two"[..]));
}

#[test]
fn an_observation_that_ends_for_want_of_a_resource_is_ended_where_the_observer_hears_it() {
    let mut storage = FixedStorage::new();
    let mut engine = crowded(&mut storage);
    engine.state = None;
    engine.endpoint.changed(RESOURCE);
    assert_eq!(told(&mut engine, 2).len(), 0);
    assert_eq!(engine.endpoint.observations(), 1, "it has not been told yet");
    let told = told(&mut engine, 100);
    assert_eq!(told.first().map(Answer::dotted).as_deref(), Some("4.04"));
    assert_eq!(engine.endpoint.observations(), 0);
}

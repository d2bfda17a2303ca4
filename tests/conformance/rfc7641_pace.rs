//! RFC 7641 §4.5.1: how often an observer is told without being asked for an acknowledgement.

use twite::base::Duration;
use twite::exchange::Response;
use twite::wire::MessageType;
use twite_tests::engine::{DeviceStorage, Engine, peer};

use crate::datagram::{Answer, Datagram, GET, empty_acknowledgement};

const OBSERVE: u16 = 6;
const RESOURCE: u64 = 7;

fn register(engine: &mut Engine<'_>, token: &[u8]) {
    let datagram = Datagram::con(GET, 1).token(token).path("state").option(OBSERVE, b"").bytes();
    engine.receive_with(peer(1), &datagram, |incoming| {
        incoming.observable(RESOURCE).respond(&Response::content(Some(0), b"first"));
    });
}

/// The state changes.
fn change(engine: &mut Engine<'_>, body: &[u8]) -> Vec<Vec<u8>> {
    engine.state = Some((0, body.to_vec()));
    engine.endpoint.changed(RESOURCE);
    engine.drain().0
}

/// An observer whose first notification, a confirmable one, is acknowledged after so many milliseconds.
fn observed(storage: &mut DeviceStorage, round_trip: u64) -> Engine<'_> {
    let mut engine = Engine::new(storage);
    register(&mut engine, b"a");
    let mut sent = change(&mut engine, b"0");
    sent.extend(engine.pass(Duration::from_millis(round_trip)));
    let notification = Answer::read(sent.last().expect("a notification"));
    assert_eq!(notification.kind, MessageType::Confirmable);
    engine.receive(peer(1), &empty_acknowledgement(notification.message_id));
    engine
}

/// After a first one at once, changes come thrice within the pause: the state of the last is told after it.
#[track_caller]
fn tells_every(engine: &mut Engine<'_>, pause: Duration) {
    let first = Answer::only(&change(engine, b"1"));
    assert_eq!(first.kind, MessageType::NonConfirmable);
    let start = engine.now;
    for state in [b"2", b"3", b"4"] {
        assert!(change(engine, state).is_empty());
        engine.now = engine.now + Duration::from_millis(10);
    }
    let later = engine.pass_with_times(pause.times(3));
    let [only] = later.as_slice() else { panic!("{later:?}") };
    let told = Answer::read(&only.bytes);
    assert_eq!((told.kind, told.payload.as_slice()), (MessageType::NonConfirmable, &b"4"[..]));
    let after = only.at.since(start);
    let exactly = Duration::from_millis(1);
    assert!(after + exactly >= pause && after <= pause + exactly, "{after:?}");
}

#[test]
fn section_4_5_1_one_in_a_round_trip() {
    let mut storage = DeviceStorage::new();
    tells_every(&mut observed(&mut storage, 200), Duration::from_millis(200));
}

#[test]
fn section_4_5_1_one_in_three_seconds_where_the_round_trip_is_not_known() {
    let mut storage = DeviceStorage::new();
    // It is not clear which transmission was acknowledged.
    tells_every(&mut observed(&mut storage, 5_000), Duration::from_secs(3));
}

#[test]
fn section_4_5_1_the_observations_of_one_client_take_turns() {
    let mut storage = DeviceStorage::new();
    let mut engine = observed(&mut storage, 200);
    register(&mut engine, b"b");
    let sent = change(&mut engine, b"1");
    assert_eq!(sent.len(), 2, "the first of b is confirmable");
    for sent in sent.iter().map(|sent| Answer::read(sent)).filter(|sent| sent.token == b"b") {
        engine.now = engine.now + Duration::from_millis(200);
        engine.receive(peer(1), &empty_acknowledgement(sent.message_id));
    }
    engine.now = engine.now + Duration::from_millis(100);
    assert_eq!(change(&mut engine, b"2").len(), 1);
    assert_eq!(engine.pass(Duration::from_millis(100)).len(), 0);
    let tokens: Vec<_> =
        engine.pass(Duration::from_secs(1)).iter().map(|bytes| Answer::read(bytes).token).collect();
    assert_eq!(tokens.len(), 1, "{tokens:?}");
}

#[test]
fn section_4_5_1_an_observation_that_ends_while_it_waits_is_told_nothing() {
    let mut storage = DeviceStorage::new();
    let mut engine = observed(&mut storage, 200);
    let first = Answer::only(&change(&mut engine, b"1"));
    assert!(change(&mut engine, b"2").is_empty());
    let [high, low] = first.message_id.to_be_bytes();
    assert!(engine.receive(peer(1), &[0x70, 0, high, low]).is_empty());
    assert!(engine.pass(Duration::from_secs(10)).is_empty());
    register(&mut engine, b"a");
    assert_eq!(change(&mut engine, b"3").len(), 1, "the place is free again");
}

//! RFC 7641: observing resources, served by the engine with fixed storage.

use twite::base::Duration;
use twite::endpoint::{FixedStorage, Output};
use twite::exchange::Response;
use twite::wire::MessageType;
use twite_tests::engine::{DeviceStorage, Engine, peer};

use crate::datagram::{Answer, Datagram, GET};

const OBSERVE: u16 = 6;
const BLOCK2: u16 = 23;
/// The number under which the engine knows the observed resource.
const RESOURCE: u64 = 7;

fn registration(id: u16, token: &[u8]) -> Datagram {
    Datagram::con(GET, id).token(token).path("state").option(OBSERVE, b"")
}

/// Answers a request for the state; whoever wants to may observe it.
#[track_caller]
fn get(engine: &mut Engine<'_>, port: u16, datagram: &Datagram) -> Answer {
    let (format, body) = engine.state.clone().expect("a state");
    let sent = engine.receive_with(peer(port), &datagram.bytes(), |incoming| {
        incoming.observable(RESOURCE).respond(&Response::content(Some(format), &body));
    });
    Answer::only(&sent)
}

fn observed(answer: &Answer) -> Option<u32> {
    answer.uint(OBSERVE)
}

/// The state changes; what goes out.
fn change(engine: &mut Engine<'_>, body: &[u8]) -> Vec<Answer> {
    engine.state = Some((0, body.to_vec()));
    engine.endpoint.changed(RESOURCE);
    engine.drain().0.iter().map(|bytes| Answer::read(bytes)).collect()
}

fn acknowledge(engine: &mut Engine<'_>, port: u16, answer: &Answer) {
    let [high, low] = answer.message_id.to_be_bytes();
    assert!(engine.receive(peer(port), &[0x60, 0, high, low]).is_empty());
}

fn start(storage: &mut DeviceStorage) -> Engine<'_> {
    let mut engine = Engine::new(storage);
    engine.state = Some((0, b"one".to_vec()));
    engine
}

#[test]
fn section_4_1_a_registration_is_answered_with_observe_and_followed_by_notifications() {
    let mut storage = DeviceStorage::new();
    let mut engine = start(&mut storage);
    let first = get(&mut engine, 1, &registration(1, b"tok"));
    assert_eq!((first.dotted().as_str(), first.payload.as_slice()), ("2.05", &b"one"[..]));
    let before = observed(&first).expect("an Observe option");
    let sent = change(&mut engine, b"two");
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].dotted().as_str(), sent[0].payload.as_slice()), ("2.05", &b"two"[..]));
    assert_eq!((sent[0].token.as_slice(), sent[0].kind), (&b"tok"[..], MessageType::Confirmable));
    assert!(observed(&sent[0]).expect("an Observe option") > before);
    acknowledge(&mut engine, 1, &sent[0]);
    let sent = change(&mut engine, b"three");
    assert_eq!(sent[0].kind, MessageType::NonConfirmable, "the observer is there");
}

#[test]
fn section_2_other_values_of_the_option_register_nobody() {
    let mut storage = DeviceStorage::new();
    let mut engine = start(&mut storage);
    for (id, value) in [(1, &[2][..]), (2, &[0xff, 0xff, 0xff]), (3, &[1])] {
        let plain = Datagram::con(GET, id).token(b"t").path("state").option(OBSERVE, value);
        assert_eq!(observed(&get(&mut engine, 1, &plain)), None);
    }
    assert_eq!(engine.endpoint.observations(), 0);
    assert!(change(&mut engine, b"two").is_empty());
}

#[test]
fn section_4_1_the_same_token_renews_and_another_adds() {
    let mut storage = DeviceStorage::new();
    let mut engine = start(&mut storage);
    get(&mut engine, 1, &registration(1, b"a"));
    get(&mut engine, 1, &registration(2, b"a"));
    assert_eq!(engine.endpoint.observations(), 1);
    get(&mut engine, 1, &registration(3, b"b"));
    get(&mut engine, 2, &registration(3, b"a"));
    assert_eq!(engine.endpoint.observations(), 3);
    let sent = change(&mut engine, b"two");
    assert_eq!(sent.len(), 2, "one message at a time to each peer (RFC 7252 §4.7)");
    let [high, low] =
        sent.iter().find(|answer| answer.token == b"b").expect("the latest").message_id.to_be_bytes();
    let third = engine.receive(peer(1), &[0x60, 0, high, low]);
    assert_eq!(Answer::only(&third).token, b"a");
}

#[test]
fn section_4_1_beyond_the_bound_the_request_is_a_plain_get() {
    let mut storage = FixedStorage::<8, 4, 512>::new();
    let mut engine = Engine::on(storage.lend());
    engine.state = Some((0, b"one".to_vec()));
    for port in 1..=4 {
        assert!(observed(&get(&mut engine, port, &registration(1, b"t"))).is_some());
    }
    let refused = get(&mut engine, 5, &registration(1, b"t"));
    assert_eq!((refused.dotted().as_str(), observed(&refused)), ("2.05", None));
    assert_eq!(engine.endpoint.counters().observers_refused, 1);
}

#[test]
fn section_3_6_deregistration_by_observe_1_and_by_reset() {
    let mut storage = DeviceStorage::new();
    let mut engine = start(&mut storage);
    get(&mut engine, 1, &registration(1, b"a"));
    let stop = Datagram::con(GET, 2).token(b"a").path("state").option(OBSERVE, &[1]);
    assert_eq!(observed(&get(&mut engine, 1, &stop)), None);
    assert_eq!(engine.endpoint.observations(), 0);

    get(&mut engine, 1, &registration(3, b"b"));
    let sent = change(&mut engine, b"two");
    let [high, low] = sent[0].message_id.to_be_bytes();
    assert!(engine.receive(peer(1), &[0x70, 0, high, low]).is_empty());
    assert_eq!(engine.endpoint.observations(), 0, "Reset to a confirmable notification");

    get(&mut engine, 1, &registration(4, b"c"));
    let sent = change(&mut engine, b"three");
    acknowledge(&mut engine, 1, &sent[0]);
    let sent = change(&mut engine, b"four");
    assert_eq!(sent[0].kind, MessageType::NonConfirmable);
    let [high, low] = sent[0].message_id.to_be_bytes();
    assert!(engine.receive(peer(2), &[0x70, 0, high, low]).is_empty());
    assert_eq!(engine.endpoint.observations(), 1, "somebody else's Reset");
    assert!(engine.receive(peer(1), &[0x70, 0, high, low]).is_empty());
    assert_eq!(engine.endpoint.observations(), 0, "Reset to a Non-confirmable notification");
}

#[test]
fn section_4_5_a_silent_observer_is_removed_after_the_last_retransmission() {
    let mut storage = DeviceStorage::new();
    let mut engine = start(&mut storage);
    get(&mut engine, 1, &registration(1, b"a"));
    let sent = change(&mut engine, b"two");
    assert_eq!(sent[0].kind, MessageType::Confirmable);
    let again = engine.pass(Duration::from_secs(93));
    assert_eq!(again.len(), 4, "MAX_RETRANSMIT");
    assert_eq!(engine.endpoint.observations(), 0);
    assert!(change(&mut engine, b"three").is_empty());
}

#[test]
fn section_4_5_1_one_notification_in_flight_and_the_latest_state_after_it() {
    let mut storage = DeviceStorage::new();
    let mut engine = start(&mut storage);
    get(&mut engine, 1, &registration(1, b"a"));
    let first = change(&mut engine, b"two");
    assert_eq!(first.len(), 1);
    assert!(change(&mut engine, b"three").is_empty(), "the first is not acknowledged yet");
    assert!(change(&mut engine, b"four").is_empty());
    acknowledge_and_expect(&mut engine, &first[0], b"four");
}

#[track_caller]
fn acknowledge_and_expect(engine: &mut Engine<'_>, notification: &Answer, body: &[u8]) {
    let [high, low] = notification.message_id.to_be_bytes();
    let sent = engine.receive(peer(1), &[0x60, 0, high, low]);
    assert_eq!(Answer::only(&sent).payload, body, "the latest state, once");
    assert!(engine.drain().0.is_empty());
}

#[test]
fn section_4_5_2_a_retransmission_carries_the_newest_state_and_keeps_its_back_off() {
    let mut storage = DeviceStorage::new();
    let mut engine = start(&mut storage);
    get(&mut engine, 1, &registration(1, b"a"));
    let first = change(&mut engine, b"two");
    change(&mut engine, b"three");
    let sent: Vec<Answer> =
        engine.pass(Duration::from_secs(93)).iter().map(|bytes| Answer::read(bytes)).collect();
    assert_eq!(sent.len(), 4, "five transmissions in all");
    assert!(sent.iter().all(|answer| answer.payload == b"three"));
    assert_ne!(sent[0].message_id, first[0].message_id);
    assert!(observed(&sent[0]) > observed(&first[0]));
    assert_eq!(engine.endpoint.observations(), 0, "and then it is given up");
}

#[test]
fn section_4_5_at_least_every_16th_notification_and_one_a_day_is_confirmable() {
    let mut storage = DeviceStorage::new();
    let mut engine = start(&mut storage);
    get(&mut engine, 1, &registration(1, b"a"));
    let first = change(&mut engine, b"0");
    acknowledge(&mut engine, 1, &first[0]);
    let mut since = 0;
    for round in 0_u8..64 {
        let sent = change(&mut engine, &[round]);
        if sent[0].kind == MessageType::Confirmable {
            assert_eq!(since, 15);
            since = 0;
            acknowledge(&mut engine, 1, &sent[0]);
        } else {
            since += 1;
        }
    }
    engine.pass(Duration::from_secs(24 * 3600));
    assert_eq!(change(&mut engine, b"x")[0].kind, MessageType::Confirmable, "a day later");
}

#[test]
fn section_4_2_an_error_or_another_format_ends_the_observation() {
    let mut storage = DeviceStorage::new();
    let mut engine = start(&mut storage);
    get(&mut engine, 1, &registration(1, b"a"));
    engine.state = Some((60, b"\xa0".to_vec()));
    engine.endpoint.changed(RESOURCE);
    let answer = Answer::only(&engine.drain().0);
    assert_eq!((answer.dotted().as_str(), observed(&answer)), ("4.06", None));
    assert_eq!(engine.endpoint.observations(), 0);

    engine.state = Some((0, b"one".to_vec()));
    get(&mut engine, 2, &registration(1, b"a"));
    engine.state = None;
    engine.endpoint.changed(RESOURCE);
    let answer = Answer::only(&engine.drain().0);
    assert_eq!((answer.dotted().as_str(), observed(&answer)), ("4.04", None));
    assert_eq!(engine.endpoint.observations(), 0);
}

#[test]
fn rfc_7959_section_2_6_a_large_resource_is_notified_with_its_first_block() {
    let mut storage = DeviceStorage::new();
    let mut engine = start(&mut storage);
    engine.state = Some((0, vec![b'x'; 200]));
    let asked = registration(1, b"a").option(BLOCK2, &[2]);
    assert_eq!(get(&mut engine, 1, &asked).uint(BLOCK2), Some(0x0a), "block 0 of 64 bytes, more");
    engine.state = Some((0, vec![b'y'; 200]));
    engine.endpoint.changed(RESOURCE);
    let answer = Answer::only(&engine.drain().0);
    assert_eq!((answer.uint(BLOCK2), answer.payload), (Some(0x0a), vec![b'y'; 64]));
    let rest = Datagram::con(GET, 2).token(b"b").path("state").option(BLOCK2, &[0x12]);
    assert_eq!(observed(&get(&mut engine, 1, &rest)), None, "the rest is a plain GET");
    assert_eq!(engine.endpoint.observations(), 1);
    let late = registration(3, b"c").option(BLOCK2, &[0x12]);
    assert_eq!(observed(&get(&mut engine, 1, &late)), None, "an observation is of the whole resource");
}

#[test]
fn a_change_during_the_round_reaches_everybody() {
    let mut storage = DeviceStorage::new();
    let mut engine = start(&mut storage);
    for port in 1..=8 {
        get(&mut engine, port, &registration(1, b"t"));
    }
    engine.state = Some((0, b"two".to_vec()));
    engine.endpoint.changed(RESOURCE);
    engine.endpoint.changed(RESOURCE);
    let sent = engine.pass_with_times(Duration::ZERO);
    assert_eq!(sent.len(), 8, "each has one in flight");
    engine.state = Some((0, b"three".to_vec()));
    engine.endpoint.changed(RESOURCE);
    assert!(engine.drain().0.is_empty());
    for notification in &sent {
        let [high, low] = Answer::read(&notification.bytes).message_id.to_be_bytes();
        let newer = engine.receive(notification.peer, &[0x60, 0, high, low]);
        assert_eq!(Answer::only(&newer).payload, b"three");
    }
}

#[test]
fn section_4_5_a_notification_is_confirmable_where_the_application_demands_it() {
    let mut storage = DeviceStorage::new();
    let mut engine = start(&mut storage);
    get(&mut engine, 1, &registration(1, b"a"));
    for body in [b"two", b"six"] {
        engine.endpoint.changed(RESOURCE);
        let Output::Notify(notification) = engine.endpoint.poll_output(engine.now) else {
            panic!("a change")
        };
        notification.confirmable().respond(&Response::content(Some(0), body));
        let sent = Answer::only(&engine.drain().0);
        assert_eq!((sent.kind, sent.payload.as_slice()), (MessageType::Confirmable, &body[..]));
        acknowledge(&mut engine, 1, &sent);
    }
}

#[test]
fn section_3_3_1_forgotten_observers_hear_nothing_and_register_again() {
    let mut storage = DeviceStorage::new();
    let mut engine = start(&mut storage);
    get(&mut engine, 1, &registration(1, b"a"));
    get(&mut engine, 2, &registration(1, b"a"));
    assert_eq!(change(&mut engine, b"two").len(), 2);
    engine.endpoint.forget_observers();
    assert_eq!((engine.endpoint.observations(), engine.endpoint.is_observed(RESOURCE)), (0, false));
    assert!(engine.pass(Duration::from_secs(100)).is_empty(), "what was in flight is forgotten as well");
    assert!(change(&mut engine, b"three").is_empty());
    assert!(observed(&get(&mut engine, 1, &registration(2, b"a"))).is_some());
    assert_eq!(change(&mut engine, b"four").len(), 1);
}

//! Scenarios of `vectors/malformed.json` in which many come, or come back, and nothing may be left behind.

use twite::base::Duration;
use twite::exchange::Response;
use twite_tests::engine::{DeviceStorage, Engine, peer};

use crate::datagram::{Answer, Datagram, GET, PUT};

const OBSERVE: u16 = 6;
const BLOCK2: u16 = 23;
const RESOURCE: u64 = 7;

#[test]
fn s026_a_spoofed_observer_costs_one_notification() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let registration = Datagram::non(GET, 1).token(b"t").path("o").option(OBSERVE, b"");
    let sent = engine.receive_with(peer(1), &registration.bytes(), |incoming| {
        incoming.observable(RESOURCE).respond(&Response::content(Some(0), b"state"));
    });
    assert!(Answer::only(&sent).uint(OBSERVE).is_some());
    let mut heard = Vec::new();
    for change in 0..1_000_u16 {
        engine.state = Some((0, change.to_be_bytes().to_vec()));
        engine.endpoint.changed(RESOURCE);
        heard.extend(engine.pass(Duration::from_millis(100)));
    }
    assert_eq!(heard.len(), 5, "one confirmable notification, sent until it is given up");
    assert_eq!(engine.endpoint.observations(), 0);
    assert!(engine.drain().1.is_none(), "no timer is left");
}

#[test]
fn s045_downloads_that_stop_leave_nothing_behind() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    for port in 1..=10_000 {
        let first = Datagram::con(GET, 1).path("b").option(BLOCK2, &[0x02]);
        let answer = Answer::only(&engine.receive(peer(port), &first.bytes()));
        assert_eq!((answer.dotted().as_str(), answer.payload.len()), ("2.05", 64), "client {port}");
        assert!(engine.drain().1.is_none(), "no timer runs for a download");
    }
    let next = Datagram::con(GET, 2).path("b").option(BLOCK2, &[0x12]);
    assert_eq!(Answer::only(&engine.receive(peer(1), &next.bytes())).dotted(), "2.05", "the first goes on");
}

#[test]
fn a_response_with_the_message_id_of_a_request_takes_its_place_and_no_other() {
    let mut storage = twite::endpoint::FixedStorage::<2, 2, 256>::new();
    let mut engine = Engine::on(storage.lend());
    let mut served = 0;
    let mut put = |engine: &mut Engine<'_>, id: u16| {
        engine.receive_with(peer(1), &Datagram::con(PUT, id).path("t").bytes(), |incoming| {
            served += 1;
            incoming.respond(&Response::new(twite::wire::ResponseType::Changed));
        });
    };
    put(&mut engine, 4);
    put(&mut engine, 5);
    let get = twite::exchange::Outgoing::new(twite::wire::RequestType::Get, &[b"t"]);
    engine.endpoint.request(engine.now, peer(1), &get).expect("room");
    let request = Answer::only(&engine.drain().0);
    engine.hear(peer(1), &Datagram::con(0x45, 5).token(&request.token).bytes());
    put(&mut engine, 4);
    assert_eq!(served, 2, "the other request is still known");
}

//! RFC 7252 §4.8.1: transmission parameters that hold for the peers of a network.

use twite::base::{Duration, Instant};
use twite::exchange::{Outgoing, Response};
use twite::reliability::{Network, Peer, Prefix, Timing, Timings};
use twite::wire::RequestType;
use twite_tests::engine::{DeviceStorage, Engine, Sent};

use crate::datagram::Datagram;

const GET: Outgoing<'static> = Outgoing::new(RequestType::Get, &[b"t"]);

fn near() -> Peer {
    Peer::new(([192, 0, 2, 1], 5683).into())
}

/// A peer of the slow network.
fn far() -> Peer {
    Peer::new(([10, 64, 0, 1], 5683).into())
}

fn networks() -> [Network; 1] {
    let prefix = Prefix::new([10, 64, 0, 0].into(), 10).expect("ten bits");
    [Network { prefix, timing: Timing { nstart: 2, ..Timing::SLOW } }]
}

fn engine<'s>(storage: &'s mut DeviceStorage, networks: &'s [Network]) -> Engine<'s> {
    Engine::timed(storage.lend(), Timings { default: Timing::DEFAULT, networks })
}

/// The pause between the first transmission and the second.
fn first_timeout(sent: &[Sent]) -> Duration {
    sent[1].at.since(sent[0].at)
}

#[test]
fn section_4_8_1_each_network_has_its_timeout_and_its_nstart() {
    let (mut storage, networks) = (DeviceStorage::new(), networks());
    let mut engine = engine(&mut storage, &networks);
    for (peer, seconds, nstart) in [(near(), 2, 1), (far(), 10, 2)] {
        let ids: Vec<_> =
            (0..3).map(|_| engine.endpoint.request(engine.now, peer, &GET).expect("room")).collect();
        assert_eq!(engine.drain().0.len(), nstart);
        ids[1..].iter().for_each(|id| engine.endpoint.cancel(*id));
        let start = engine.now;
        let again = engine.pass_with_times(Duration::from_secs(20));
        let timeout = again[0].at.since(start);
        let range = Duration::from_secs(seconds)..=Duration::from_millis(seconds * 1_500);
        assert!(range.contains(&timeout), "{timeout:?}");
        engine.endpoint.cancel(ids[0]);
    }
}

#[test]
fn section_5_2_2_an_acknowledgement_waits_as_long_as_the_network_allows() {
    let (mut storage, networks) = (DeviceStorage::new(), networks());
    let mut engine = engine(&mut storage, &networks);
    for (peer, piggyback) in [(near(), Timing::DEFAULT.piggyback), (far(), Timing::SLOW.piggyback)] {
        let start = engine.now;
        let datagram = Datagram::con(2, 1).token(b"s").path("slow").bytes();
        let mut ticket = None;
        engine.receive_with(peer, &datagram, |incoming| ticket = incoming.defer().ok());
        let sent = engine.pass_with_times(Duration::from_secs(5));
        assert_eq!(sent[0].at.since(start), piggyback);
        let now = engine.now;
        let response = Response::new(twite::wire::ResponseType::Changed);
        engine.endpoint.respond(now, ticket.expect("room"), &response).expect("it waits");
        engine.drain();
    }
}

#[test]
fn section_4_8_2_duplicates_are_known_for_the_longest_lifetime() {
    let (mut storage, networks) = (DeviceStorage::new(), networks());
    let mut engine = engine(&mut storage, &networks);
    let post = Datagram::con(2, 77).token(b"p").path("c").bytes();
    let first = engine.receive(far(), &post);
    let lifetime = Timing::SLOW.exchange_lifetime();
    engine.now = Instant::from_millis(1) + (lifetime - Duration::from_secs(1));
    assert_eq!(engine.receive(far(), &post), first);
    engine.now = Instant::from_millis(1) + lifetime;
    assert_ne!(engine.receive(far(), &post), first, "another request");
}

#[test]
fn section_4_7_probing_rate_of_a_network() {
    let mut storage = DeviceStorage::new();
    let [network] = networks();
    let networks = [Network { timing: Timing { probing_rate: 28, nstart: 1, ..network.timing }, ..network }];
    let mut engine = engine(&mut storage, &networks);
    let probe = Outgoing { confirmable: false, ..GET };
    (0..2).for_each(|_| {
        engine.endpoint.request(engine.now, far(), &probe).expect("room");
    });
    let sent = engine.pass_with_times(Duration::from_secs(2));
    assert_eq!(first_timeout(&sent), Duration::from_millis(500), "14 bytes at 28 bytes/s");
}

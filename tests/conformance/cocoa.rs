//! CoCoA, draft-ietf-core-cocoa-03: retransmission timeouts by measured round trips.

use coap_lite::MessageType;
use twite::base::{Duration, Instant, Lent, Links, Slot};
use twite::exchange::Outgoing;
use twite::reliability::{Estimate, Peer, Timing};
use twite::wire::RequestType;
use twite_tests::engine::{DeviceStorage, Engine, Heard, peer};

use crate::datagram::{Answer, Datagram};

const GET: Outgoing<'static> = Outgoing::new(RequestType::Get, &[b"t"]);

type Estimates = ([Slot<Peer, Estimate>; 2], [Links; 2]);

const NO_ESTIMATES: Estimates = ([Slot::EMPTY; 2], [[0; 4]; 2]);

/// An engine with memory for estimates of two peers.
fn engine<'s>(storage: &'s mut DeviceStorage, estimates: &'s mut Estimates) -> Engine<'s> {
    let mut lent = storage.lend();
    lent.tables.estimates = Lent::new(&mut estimates.0, &mut estimates.1);
    Engine::timed(lent, Timing::DEFAULT)
}

/// One exchange over a link with this round trip: how often the request was sent.
fn exchange(engine: &mut Engine<'_>, port: u16, round_trip: Duration) -> usize {
    engine.endpoint.request(engine.now, peer(port), &GET).expect("room");
    let start = engine.now;
    let mut sent = engine.drain().0;
    sent.extend(engine.pass(round_trip));
    assert_eq!(engine.now.since(start), round_trip);
    let request = Answer::read(&sent[0]);
    let response =
        Datagram::new(MessageType::Acknowledgement, 0x45, request.message_id).token(&request.token).bytes();
    assert!(matches!(engine.hear(peer(port), &response).0, Heard::Response(..)));
    sent.len()
}

/// A request whose first transmission is lost: when each goes out, from the first on.
fn lost(engine: &mut Engine<'_>, port: u16) -> Vec<Duration> {
    let id = engine.endpoint.request(engine.now, peer(port), &GET).expect("room");
    let start = engine.now;
    let sent = engine.pass_with_times(Duration::from_secs(900));
    engine.endpoint.cancel(id);
    sent.iter().map(|sent| sent.at.since(start)).collect()
}

#[test]
fn on_a_slow_link_spurious_retransmissions_stop_after_few_exchanges() {
    let (mut storage, mut estimates) = (DeviceStorage::new(), NO_ESTIMATES);
    let mut engine = engine(&mut storage, &mut estimates);
    let slow = Duration::from_secs(8);
    let sent: Vec<usize> = (0..20).map(|_| exchange(&mut engine, 1, slow)).collect();
    assert!(sent[0] > 1, "nothing is known at first: {sent:?}");
    assert!(sent[4..].iter().all(|&times| times == 1), "{sent:?}");
}

#[test]
fn without_estimates_a_slow_link_sees_spurious_retransmissions_for_ever() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    assert!((0..20).all(|_| exchange(&mut engine, 1, Duration::from_secs(8)) > 1));
}

#[test]
fn on_a_fast_link_a_lost_message_is_sent_again_soon() {
    let (mut storage, mut estimates) = (DeviceStorage::new(), NO_ESTIMATES);
    let mut engine = engine(&mut storage, &mut estimates);
    for _ in 0..8 {
        assert_eq!(exchange(&mut engine, 1, Duration::from_millis(50)), 1);
    }
    let times = lost(&mut engine, 1);
    assert_eq!(times.len(), 5);
    let first = times[1];
    assert!((Duration::from_millis(100)..Duration::from_millis(500)).contains(&first), "{times:?}");
    let pauses: Vec<u64> =
        times.windows(2).map(|pair| (pair[1] - pair[0]).as_micros() / first.as_micros()).collect();
    assert_eq!(pauses, [1, 3, 9, 27], "a short timeout backs off by three");
}

#[test]
fn the_timeout_is_bounded_on_both_sides() {
    for (round_trip, shortest, longest) in [(0, 100, 150), (20_000, 20_000, 48_000)] {
        let (mut storage, mut estimates) = (DeviceStorage::new(), NO_ESTIMATES);
        let mut engine = engine(&mut storage, &mut estimates);
        for _ in 0..30 {
            exchange(&mut engine, 1, Duration::from_millis(round_trip));
        }
        let first = lost(&mut engine, 1)[1];
        let range = Duration::from_millis(shortest)..=Duration::from_millis(longest);
        assert!(range.contains(&first), "{first:?}");
    }
}

#[test]
fn the_peer_measured_longest_ago_makes_room() {
    let (mut storage, mut estimates) = (DeviceStorage::new(), NO_ESTIMATES);
    let mut engine = engine(&mut storage, &mut estimates);
    let fast = Duration::from_millis(10);
    for port in [1, 1, 1, 1, 1, 2, 1, 3] {
        exchange(&mut engine, port, fast);
    }
    assert!(lost(&mut engine, 1)[1] < Duration::from_millis(600));
    assert!(lost(&mut engine, 2)[1] >= Duration::from_secs(2), "forgotten: ACK_TIMEOUT");
}

#[test]
fn message_ids_outlive_the_longest_timeout_that_may_be_estimated() {
    let (mut storage, mut estimates) = (DeviceStorage::new(), NO_ESTIMATES);
    let mut engine = engine(&mut storage, &mut estimates);
    let post = Datagram::con(2, 77).token(b"p").path("c").bytes();
    let first = engine.receive(peer(1), &post);
    engine.now = Instant::from_millis(1) + Duration::from_secs(591);
    assert_eq!(engine.receive(peer(1), &post), first);
}

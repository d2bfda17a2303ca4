//! RFC 7252 §4.2 to §4.4: reliable and unreliable messages, message ids.

use std::collections::HashSet;

use coap_lite::MessageType;
use twite::base::Duration;
use twite::endpoint::Failure;
use twite::exchange::Outgoing;
use twite::reliability::Peer;
use twite::wire::RequestType;
use twite_tests::engine::{DeviceStorage, Engine, Heard, peer};

use crate::datagram::{Answer, Datagram, GET, POST, empty_acknowledgement, reset};

const TIME: &[&[u8]] = &[b"t"];

/// What makes a message malformed when it stands behind the header of a request.
const MALFORMED: &[(&str, &[u8])] = &[
    ("an option longer than the datagram", b"\xb5abc"),
    ("an option length of 15", b"\xbf"),
    ("an option delta of 15", b"\xf0"),
    ("an extended delta that is cut", b"\xe0\x01"),
    ("an extended length that is cut", b"\xbd"),
    ("option numbers beyond 65535", b"\xe0\xff\xff\xd0\x00"),
    ("a payload marker without payload", b"\xb1t\xff"),
];

#[test]
fn section_4_2_a_confirmable_message_is_sent_five_times_with_doubling_gaps_and_given_up() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let start = engine.now;
    let outgoing = Outgoing::new(RequestType::Get, TIME);
    let id = engine.endpoint.request(start, peer(1), &outgoing).expect("room");
    let sent = engine.pass_with_times(Duration::from_secs(44));
    assert_eq!(sent.len() + engine.pass(Duration::from_secs(2)).len(), 5);
    assert!(sent.iter().all(|copy| copy.bytes == sent[0].bytes && copy.peer == peer(1)));
    assert_eq!(sent[0].at, start);
    let first = sent[1].at.since(start);
    assert!((Duration::from_secs(2)..=Duration::from_secs(3)).contains(&first), "{first:?}");
    for (factor, pair) in [2, 4].into_iter().zip(sent[1..].windows(2)) {
        assert_eq!(pair[1].at.since(pair[0].at), first.times(factor));
    }
    let give_up = first.times(31);
    let before = give_up - engine.now.since(start) - Duration::from_micros(1);
    assert_eq!(engine.pass(before), Vec::<Vec<u8>>::new());
    assert_eq!(engine.failed, []);
    assert_eq!(engine.pass(Duration::from_micros(1)), Vec::<Vec<u8>>::new());
    assert_eq!(engine.failed, [(id, Failure::TimedOut)]);
    assert_eq!(engine.drain(), (vec![], None), "no timer is left");
    assert_eq!(engine.endpoint.counters().retransmissions, 4);
    assert_eq!(engine.endpoint.counters().gave_up, 1);
}

#[test]
fn section_4_2_only_the_acknowledgement_of_this_peer_and_message_id_ends_the_retransmission() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let outgoing = Outgoing::new(RequestType::Get, TIME);
    engine.endpoint.request(engine.now, peer(1), &outgoing).expect("room");
    let request = Answer::only(&engine.drain().0);
    let id = request.message_id;
    for (from, datagram) in [
        (peer(2), empty_acknowledgement(id)),
        (peer(1), empty_acknowledgement(id.wrapping_add(1))),
        (peer(2), reset(id)),
        (peer(1), reset(id.wrapping_add(1))),
    ] {
        assert_eq!(engine.hear(from, &datagram), (Heard::Nothing, vec![]));
    }
    assert_eq!(engine.pass(Duration::from_secs(3)).len(), 1, "sent again all the same");
    assert_eq!(engine.hear(peer(1), &empty_acknowledgement(id)), (Heard::Nothing, vec![]));
    assert_eq!(engine.pass(Duration::from_secs(200)), Vec::<Vec<u8>>::new());
    assert_eq!(engine.failed, [], "the response may take its time");
    assert_eq!(engine.endpoint.counters().unsolicited, 4);
}

#[test]
fn section_4_2_a_reset_ends_the_request() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let outgoing = Outgoing::new(RequestType::Get, TIME);
    let id = engine.endpoint.request(engine.now, peer(1), &outgoing).expect("room");
    let request = Answer::only(&engine.drain().0);
    let rejected = engine.hear(peer(1), &reset(request.message_id));
    assert_eq!(rejected, (Heard::Failed(id, Failure::Reset), vec![]));
    assert_eq!(engine.hear(peer(1), &reset(request.message_id)), (Heard::Nothing, vec![]));
    assert_eq!(engine.drain(), (vec![], None));
}

#[test]
fn section_4_2_acknowledgement_and_reset_are_never_answered() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let rests = MALFORMED.iter().map(|&(_, rest)| rest).chain([&b""[..], b"\xb1t", b"\xb1t\xffbody"]);
    for rest in rests {
        for first in (0x60..=0x7f).filter(|first| first & 0x0f != 0x0f) {
            for code in 0..=255 {
                let datagram = [&[first, code, 0x12, 0x34][..], rest].concat();
                assert_eq!(engine.receive(peer(1), &datagram), Vec::<Vec<u8>>::new(), "{datagram:02x?}");
            }
        }
    }
    assert_eq!(engine.endpoint.counters().requests, 0);
    assert_eq!(engine.pass(Duration::from_secs(300)), Vec::<Vec<u8>>::new());
}

#[test]
fn section_4_2_a_malformed_confirmable_message_is_reset_and_a_non_confirmable_one_ignored() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    for (name, rest) in MALFORMED {
        for code in [GET, POST, 0x45] {
            let datagram = |first: u8| [&[first, code, 0x12, 0x34][..], rest].concat();
            assert_eq!(engine.receive(peer(1), &datagram(0x40)), [reset(0x1234)], "{name}");
            assert_eq!(engine.receive(peer(1), &datagram(0x50)), Vec::<Vec<u8>>::new(), "{name}");
        }
    }
    for (first, code, what) in
        [(0x49, GET, "token length 9"), (0x4f, GET, "token length 15"), (0x41, 0, "an Empty token")]
    {
        let datagram = [first, code, 0x12, 0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(engine.receive(peer(1), &datagram), [reset(0x1234)], "{what}");
    }
    for code in (0x20..=0x3f).chain(0x60..=0x7f).chain(0xc0..=0xff) {
        assert_eq!(engine.receive(peer(1), &[0x40, code, 0x12, 0x34]), [reset(0x1234)], "reserved {code}");
        assert_eq!(engine.receive(peer(1), &[0x50, code, 0x12, 0x34]), Vec::<Vec<u8>>::new());
    }
    assert_eq!(engine.endpoint.counters().requests, 0);
}

#[test]
fn section_3_less_than_a_header_or_another_version_is_ignored() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let whole = Datagram::con(GET, 1).path("t").bytes();
    for length in 0..4 {
        assert_eq!(engine.receive(peer(1), &whole[..length]), Vec::<Vec<u8>>::new());
    }
    for version in [0x00, 0x80, 0xc0] {
        let mut other = whole.clone();
        other[0] = version;
        assert_eq!(engine.receive(peer(1), &other), Vec::<Vec<u8>>::new());
    }
    assert_eq!(engine.endpoint.counters().format_errors, 7);
}

#[test]
fn section_4_3_an_empty_confirmable_message_is_a_ping() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    assert_eq!(engine.receive(peer(1), &[0x40, 0, 0xab, 0xcd]), [reset(0xabcd)]);
    assert_eq!(engine.receive(peer(1), &[0x50, 0, 0xab, 0xcd]), Vec::<Vec<u8>>::new());
    let id = engine.endpoint.ping(engine.now, peer(1)).expect("room");
    let ping = engine.drain().0;
    assert_eq!(ping[0][..2], [0x40, 0]);
    let pong = reset(Answer::only(&ping).message_id);
    assert_eq!(engine.hear(peer(1), &pong), (Heard::Pong(id), vec![]));
}

#[test]
fn section_4_3_a_non_confirmable_message_is_sent_once() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let outgoing = Outgoing { confirmable: false, ..Outgoing::new(RequestType::Get, TIME) };
    let id = engine.endpoint.request(engine.now, peer(1), &outgoing).expect("room");
    let request = Answer::only(&engine.pass(Duration::from_secs(246)));
    assert_eq!(request.kind, MessageType::NonConfirmable);
    assert_eq!(engine.failed, []);
    assert_eq!(engine.pass(Duration::from_secs(1)), Vec::<Vec<u8>>::new());
    assert_eq!(engine.failed, [(id, Failure::TimedOut)]);
}

#[test]
fn section_4_4_an_acknowledgement_has_the_message_id_of_what_it_acknowledges() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    for message_id in [0, 1, 0x7fff, 0x8000, 0xffff] {
        let answer =
            Answer::only(&engine.receive(peer(1), &Datagram::con(GET, message_id).path("t").bytes()));
        assert_eq!((answer.kind, answer.message_id), (MessageType::Acknowledgement, message_id));
    }
}

#[test]
fn section_4_4_no_message_id_goes_to_one_peer_twice_within_a_lifetime() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let get = Datagram::non(GET, 1).path("t").bytes();
    let mut used = HashSet::new();
    for _ in 0..70_000 {
        for answer in engine.receive(peer(1), &get) {
            assert!(used.insert([answer[2], answer[3]]), "message id used twice: {answer:02x?}");
        }
    }
    assert!(used.len() > 32_768, "{} message ids", used.len());
    assert_eq!(engine.endpoint.counters().message_ids_exhausted as usize, 70_000 - used.len());
    assert_eq!(engine.receive(peer(2), &get).len(), 1, "another peer has its own");
    engine.pass(Duration::from_secs(246));
    assert_eq!(engine.receive(peer(1), &get).len(), 0);
    engine.pass(Duration::from_secs(1));
    assert_eq!(engine.receive(peer(1), &get).len(), 1);
}

#[test]
fn section_4_4_message_ids_start_at_random_for_each_peer_and_local_address() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let get = Datagram::non(GET, 1).path("t").bytes();
    let local = |last| Peer { local: Some([127, 0, 0, last].into()), ..peer(1) };
    let first = [local(1), local(2), peer(1), peer(2)]
        .map(|from| Answer::only(&engine.receive(from, &get)).message_id);
    for (position, id) in first.iter().enumerate() {
        assert!(first[position + 1..].iter().all(|other| other.abs_diff(*id) > 1), "{first:?}");
    }
}

#[test]
fn section_11_3_a_flood_of_pings_gets_few_resets_and_silences_no_one_else() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let resets: usize =
        (0..100_000_u32).map(|id| engine.receive(peer(1), &[0x40, 0, (id >> 8) as u8, id as u8]).len()).sum();
    assert_eq!(resets, 513, "a burst, no more within its time");
    assert_eq!(engine.endpoint.counters().resets_withheld, 100_000 - 513);
    let other = Peer::new(([10, 7, 7, 7], 1).into());
    assert_eq!(engine.receive(other, &[0x40, 0, 0, 9]), [[0x70, 0, 0, 9]], "another address");
    engine.pass(Duration::from_secs(1));
    assert_eq!(engine.receive(peer(1), &[0x40, 0, 0, 9]), [[0x70, 0, 0, 9]], "later");
}

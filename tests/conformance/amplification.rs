//! RFC 7252 §11.3 and RFC 9175 §2.4: an address that nobody vouched for gets three times what came from it at most.

use twite::base::Duration;
use twite::endpoint::Limits;
use twite::exchange::{Echo, Outgoing, Response};
use twite::reliability::Peer;
use twite::wire::{RequestType, ResponseType};
use twite_tests::engine::{DeviceStorage, Engine, Heard, Sent};

use crate::datagram::{Answer, Datagram, GET, POST, empty_acknowledgement};

const OBSERVE: u16 = 6;
const BLOCK2: u16 = 23;
const ECHO: u16 = 252;
const LOWER_LAYERS: usize = 42;
const RESOURCE: u64 = 7;

/// A stranger, not on this host.
fn stranger(port: u16) -> Peer {
    Peer::new(([192, 0, 2, 1], port).into())
}

fn get(id: u16) -> Datagram {
    Datagram::con(GET, id).token(b"token").path("large")
}

/// Serves a datagram with this body; what goes back.
fn serve(engine: &mut Engine<'_>, from: Peer, datagram: &Datagram, body: &[u8]) -> Vec<Vec<u8>> {
    engine.receive_with(from, &datagram.bytes(), |incoming| {
        incoming.observable(RESOURCE).respond(&Response::content(Some(0), body));
    })
}

fn bytes<'d>(datagrams: impl IntoIterator<Item = &'d Vec<u8>>) -> usize {
    datagrams.into_iter().map(|datagram| datagram.len() + LOWER_LAYERS).sum()
}

fn is_within(sent: &[Vec<u8>], datagram: &Datagram) -> bool {
    bytes(sent) <= 3 * bytes([&datagram.bytes()])
}

#[test]
fn a_large_answer_is_given_once_an_echo_value_came_back() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    engine.endpoint.limit(Limits { echo: Some(Echo::new([3; 32])), ..Limits::default() });
    let sent = serve(&mut engine, stranger(1), &get(1), &[7; 256]);
    assert!(is_within(&sent, &get(1)), "{sent:02x?}");
    let challenge = Answer::only(&sent);
    assert_eq!(challenge.dotted(), "4.01");
    let value = challenge.option(ECHO).expect("a value").to_vec();
    let with_value = get(2).option(ECHO, &value);
    let other = Answer::only(&serve(&mut engine, stranger(2), &with_value, &[7; 256]));
    assert_eq!(other.dotted(), "4.01", "the value is good for its address only");
    let answer = Answer::only(&serve(&mut engine, stranger(1), &with_value, &[7; 256]));
    assert_eq!((answer.dotted().as_str(), answer.payload.len()), ("2.05", 256));
    let answer = Answer::only(&serve(&mut engine, stranger(1), &get(3), &[7; 256]));
    assert_eq!(answer.payload.len(), 256, "from now on without a value");
    assert_eq!(engine.endpoint.counters().challenged, 2);
}

#[test]
fn who_knows_no_echo_gets_smaller_blocks() {
    for echo in [None, Some(Echo::new([3; 32]))] {
        let mut storage = DeviceStorage::new();
        let mut engine = Engine::new(&mut storage);
        let first = u16::from(echo.is_some());
        engine.endpoint.limit(Limits { echo, ..Limits::default() });
        let body: Vec<u8> = (0..=255).collect();
        let (mut came, mut went) = (0, 0);
        if first != 0 {
            let sent = serve(&mut engine, stranger(1), &get(0), &body);
            assert_eq!(Answer::only(&sent).dotted(), "4.01", "is challenged once");
            (came, went) = (bytes([&get(0).bytes()]), bytes(&sent));
        }
        let mut received: Vec<u8> = Vec::new();
        let mut next = get(first);
        loop {
            let sent = serve(&mut engine, stranger(1), &next, &body);
            (came, went) = (came + bytes([&next.bytes()]), went + bytes(&sent));
            assert!(went <= 3 * came || received.is_empty() && sent[0].len() <= 136, "{went} for {came}");
            let answer = Answer::only(&sent);
            assert_eq!(answer.dotted(), "2.05");
            let block = answer.uint(BLOCK2).expect("a block");
            assert_eq!((block as usize >> 4) << ((block & 7) + 4), received.len());
            received.extend(&answer.payload);
            if block & 8 == 0 {
                break;
            }
            let number = (received.len() >> ((block & 7) + 4)) as u32;
            let option = (number << 4 | block & 7).to_be_bytes();
            next = get(100 + number as u16).option(BLOCK2, &option[2..]);
        }
        assert_eq!(received, body);
    }
}

#[test]
fn a_first_answer_may_have_136_bytes() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let short = Datagram::con(GET, 1);
    // 4 bytes of header, 1 of the marker; Content-Format 0 takes another.
    let sent = serve(&mut engine, stranger(1), &short, &[7; 130]);
    assert_eq!((Answer::only(&sent).payload.len(), sent[0].len()), (130, 136));
    let sent = serve(&mut engine, stranger(1), &Datagram::con(GET, 2), &[7; 130]);
    assert!(is_within(&sent, &short), "the second one may not: {sent:02x?}");
}

#[test]
fn a_repeated_answer_to_post_is_kept_within_bounds() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let post = Datagram::con(POST, 1).path("c");
    let mut served = 0;
    let mut sent = Vec::new();
    for _ in 0..50 {
        sent.extend(engine.receive_with(stranger(1), &post.bytes(), |incoming| {
            served += 1;
            incoming.respond(&Response { payload: &[1; 200], ..Response::new(ResponseType::Changed) });
        }));
    }
    assert_eq!(served, 1);
    assert!(bytes(&sent) <= 3 * 50 * bytes([&post.bytes()]), "{}", bytes(&sent));
    assert!(sent.iter().all(|answer| *answer == sent[0]), "each repetition gets the same or nothing");
}

#[test]
fn s026_a_spoofed_observer_gets_no_more_than_its_registration_allows() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let registration = Datagram::non(GET, 1).token(b"t").path("o").option(OBSERVE, b"");
    let mut sent = serve(&mut engine, stranger(1), &registration, b"state");
    for change in 0..1_000_u16 {
        engine.state = Some((0, change.to_be_bytes().to_vec()));
        engine.endpoint.changed(RESOURCE);
        sent.extend(engine.pass(Duration::from_millis(100)));
    }
    assert!(sent.len() > 1, "a notification goes out");
    assert!(is_within(&sent, &registration), "{} bytes", bytes(&sent));
    assert_eq!(engine.endpoint.observations(), 0);
    assert!(engine.endpoint.counters().withheld > 0);
    assert!(engine.drain().1.is_none(), "no timer is left");
}

/// Registers an observer; what it is told of a new state.
fn told(engine: &mut Engine<'_>, state: &[u8]) -> Vec<Sent> {
    engine.state = Some((0, state.to_vec()));
    engine.endpoint.changed(RESOURCE);
    engine.pass_with_times(Duration::from_millis(100))
}

#[test]
fn an_observer_that_acknowledges_is_proved_to_be_there() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let registration = Datagram::con(GET, 1).token(b"t").path("o").option(OBSERVE, b"");
    serve(&mut engine, stranger(1), &registration, b"state");
    let first = Answer::read(&told(&mut engine, b"first")[0].bytes);
    engine.receive(stranger(1), &empty_acknowledgement(first.message_id));
    engine.pass(Duration::from_secs(10));
    let second = Answer::read(&told(&mut engine, &[2; 256])[0].bytes);
    assert_eq!(second.payload.len(), 256, "a large state goes as a whole");
    let other = Answer::only(&serve(&mut engine, stranger(1), &get(2), &[7; 256]));
    assert_eq!(other.payload.len(), 256, "as do other answers");
}

#[test]
fn who_guesses_message_ids_proves_nothing() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let registration = Datagram::con(GET, 1).token(b"t").path("o").option(OBSERVE, b"");
    serve(&mut engine, stranger(1), &registration, b"state");
    let notification = Answer::read(&told(&mut engine, b"first")[0].bytes);
    for guess in 1..=4_000 {
        let id = notification.message_id.wrapping_add(guess);
        engine.receive(stranger(1), &empty_acknowledgement(id));
    }
    engine.receive(stranger(1), &empty_acknowledgement(notification.message_id));
    let sent = serve(&mut engine, stranger(1), &get(2), &[7; 256]);
    assert_eq!(Answer::only(&sent).payload.len(), 256, "it came up for that itself");
    // What it came up for has a bound; then the rule holds.
    let spent = (0..1_000).map(|id| serve(&mut engine, stranger(1), &get(1_000 + id), &[7; 256]));
    let last = spent.last().expect("an answer");
    assert!(Answer::only(&last).payload.len() < 256, "{last:02x?}");
}

#[test]
fn a_separate_response_counts_and_so_do_its_retransmissions() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let mut ticket = None;
    let mut sent = engine.receive_with(stranger(1), &get(1).bytes(), |incoming| {
        ticket = incoming.defer_separately().ok();
    });
    let body = Response::content(Some(0), b"0123456789");
    engine.endpoint.respond(engine.now, ticket.expect("a ticket"), &body).expect("it waits");
    sent.extend(engine.pass(Duration::from_secs(300)));
    assert_eq!(sent.len(), 2, "an acknowledgement, the response, and no retransmission");
    assert!(is_within(&sent, &get(1)));
}

#[test]
fn limits_are_the_owners_choice() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let local = twite_tests::engine::peer(1);
    assert_eq!(Answer::only(&serve(&mut engine, local, &get(1), &[7; 256])).payload.len(), 256);
    engine.endpoint.limit(Limits { trusts_loopback: false, ..Limits::default() });
    let sent = serve(&mut engine, twite_tests::engine::peer(2), &get(1), &[7; 256]);
    assert!(is_within(&sent, &get(1)), "this host is no exception any more");
    engine.endpoint.limit(Limits { amplification: 0, ..Limits::default() });
    assert_eq!(Answer::only(&serve(&mut engine, stranger(3), &get(1), &[7; 256])).payload.len(), 256);
    engine.endpoint.limit(Limits::default());
    engine.endpoint.validated(stranger(4));
    assert_eq!(Answer::only(&serve(&mut engine, stranger(4), &get(1), &[7; 256])).payload.len(), 256);
}

#[test]
fn who_answers_a_request_of_ours_is_there() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    engine.endpoint.limit(Limits { echo: Some(Echo::new([3; 32])), ..Limits::default() });
    let request = Outgoing::new(RequestType::Get, &[b"t"]);
    engine.endpoint.request(engine.now, stranger(1), &request).expect("room");
    let asked = engine.drain().0;
    // 2.05, Non-confirmable, so that only its token proves anything.
    let mut answer = [&[0x58, 0x45, 0x12, 0x34], &asked[0][4..12]].concat();
    answer[11] ^= 1;
    assert_eq!(engine.hear(stranger(1), &answer).0, Heard::Nothing);
    let challenge = Answer::only(&serve(&mut engine, stranger(1), &get(1), &[7; 256]));
    assert_eq!(challenge.dotted(), "4.01", "a token that was guessed proves nothing");
    answer[11] ^= 1;
    assert!(matches!(engine.hear(stranger(1), &answer).0, Heard::Response(..)));
    let large = Answer::only(&serve(&mut engine, stranger(1), &get(2), &[7; 256]));
    assert_eq!((large.dotted().as_str(), large.payload.len()), ("2.05", 256));
}

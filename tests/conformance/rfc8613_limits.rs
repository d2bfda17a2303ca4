//! RFC 8613 and the bounds on what strangers get: who is verified is no stranger.

use twite::base::Duration;
use twite::endpoint::{Event, Incoming, Limits};
use twite::exchange::{Echo, Outgoing, Response};
use twite::oscore::Start;
use twite::reliability::{Peer, Rate, RateSlot};
use twite::wire::{Code, RequestType};
use twite_tests::secure::{Asker, Memory, Secured};

use crate::datagram::{Answer, Datagram, GET};

/// GET /t, confirmable.
const PROTECTED: &[u8] = b"\x41\x01\0\x01\x07\xb1t";

/// An address that is not of this host.
fn stranger(port: u16) -> Peer {
    Peer::new(([192, 0, 2, 1], port).into())
}

fn large(incoming: Incoming<'_, '_>) {
    incoming.respond(&Response::content(Some(0), &[7; 200]));
}

/// What an address is answered that asks for 200 bytes without protection.
fn asked_plainly(server: &mut Secured<'_>, peer: Peer, id: u16) -> Answer {
    Answer::only(&server.receive(peer, &Datagram::con(GET, id).path("t").bytes(), large))
}

#[test]
fn an_address_is_validated_by_a_request_that_is_verified() {
    let (mut memory, mut asker) = (Memory::default(), Asker::new(1));
    asker.peer = stranger(1);
    let (mut server, _) = Secured::with_context(&mut memory, Start::New);
    server.endpoint.limit(Limits { echo: Some(Echo::new([3; 32])), ..Limits::default() });
    let (request, _) = asker.ask(PROTECTED);
    let mut forged = request.clone();
    *forged.last_mut().expect("it has bytes") ^= 1;
    assert_eq!(Answer::only(&server.receive(stranger(1), &forged, large)).dotted(), "4.00");
    assert_eq!(asked_plainly(&mut server, stranger(1), 2).dotted(), "4.01", "a forgery proves nothing");
    let sent = server.receive(asker.peer, &request, large);
    assert_eq!((sent.len(), sent[0][1]), (1, 0x44), "what is verified is answered");
    let answer = asked_plainly(&mut server, stranger(1), 3);
    assert_eq!((answer.dotted().as_str(), answer.payload.len()), ("2.05", 200));
    assert_eq!(asked_plainly(&mut server, stranger(2), 4).dotted(), "4.01", "only that address");
}

#[test]
fn an_address_is_validated_by_a_response_that_is_verified() {
    let (mut memory, mut other) = (Memory::default(), Asker::new(1));
    other.peer = stranger(1);
    let (mut client, id) = Secured::with_context(&mut memory, Start::New);
    client.endpoint.limit(Limits { echo: Some(Echo::new([3; 32])), ..Limits::default() });
    let request = Outgoing::new(RequestType::Get, &[b"t"]);
    client.endpoint.request_protected(client.now, other.peer, id, &request).expect("it is protected");
    let sent = client.drain();
    // Non-confirmable, so that no message id proves anything.
    let (_, responses) = other.serve(&sent[0], &[b"\x50\x45\x12\x34\xff21"]);
    let mut room = [0; 600];
    let mut forged = responses[0].clone();
    *forged.last_mut().expect("it has bytes") ^= 1;
    assert!(client.endpoint.handle_protected(client.now, other.peer, &forged, &mut room).is_none());
    assert_eq!(asked_plainly(&mut client, stranger(1), 1).dotted(), "4.01", "a forgery proves nothing");
    {
        let heard = client.endpoint.handle_protected(client.now, other.peer, &responses[0], &mut room);
        assert!(matches!(heard, Some(Event::Response { .. })));
    }
    let answer = asked_plainly(&mut client, stranger(1), 2);
    assert_eq!((answer.dotted().as_str(), answer.payload.len()), ("2.05", 200));
}

const MAX_AGE: u16 = 14;

/// A server on which a source may ask four times a second and err twice; it has the contexts of 01 and 03.
fn limited<'s>(memory: &'s mut Memory, rates: &'s mut [RateSlot]) -> Secured<'s> {
    let (mut server, _) = Secured::with_context(memory, Start::New);
    server.add(3, Start::New);
    server.endpoint.limit(Limits {
        requests: Rate { per_second: 4, burst: 1 },
        errors: Rate { per_second: 2, burst: 1 },
        rates,
        ..Limits::default()
    });
    server
}

/// What a GET with this message id from this address is answered, by its code, and by its Max-Age if it has one.
fn asked(server: &mut Secured<'_>, asker: &mut Asker, from: Peer, id: u8) -> (Code, Option<Vec<u8>>) {
    let (request, mut awaited) = asker.ask(&[&PROTECTED[..3], &[id], &PROTECTED[4..]].concat());
    let sent = server.receive(from, &request, |incoming| incoming.respond(&Response::content(Some(0), b"x")));
    assert_eq!(server.receive(from, &request, |_| panic!("served again")), sent, "a repetition is no replay");
    let inner = asker.open(&sent[0], &mut awaited);
    (inner.code, inner.option(MAX_AGE).map(<[u8]>::to_vec))
}

#[test]
fn an_identity_has_a_rate_wherever_it_is_and_whoever_else_asks_there() {
    let (mut memory, mut rates) = (Memory::default(), [[0; 2]; 64]);
    let mut server = limited(&mut memory, &mut rates);
    let (mut first, mut second) = (Asker::new(1), Asker::new(3));
    let far = |host: u8| Peer::new(([192, 0, 2, host], 1).into());
    // Somebody who has proved nothing asks there beyond the rate.
    for id in 0..20 {
        server.receive(far(1), &Datagram::con(GET, 1_000 + id).path("t").bytes(), large);
    }
    for id in 0..5 {
        assert_eq!(asked(&mut server, &mut first, far(id), id), (Code(0x45), None), "{id}");
    }
    let refused = (Code(0x9d), Some(vec![1]));
    assert_eq!(asked(&mut server, &mut first, far(1), 5), refused);
    assert_eq!(asked(&mut server, &mut first, far(9), 6), refused, "also from another address");
    assert_eq!(asked(&mut server, &mut second, far(1), 7), (Code(0x45), None), "others have their own");
    server.pass(Duration::from_secs(1));
    assert_eq!(asked(&mut server, &mut first, far(1), 8), (Code(0x45), None));
    assert_eq!(server.endpoint.counters().too_many, 15 + 2);
}

#[test]
fn errors_that_strangers_provoke_keep_none_from_who_is_verified() {
    let (mut memory, mut rates) = (Memory::default(), [[0; 2]; 64]);
    let mut server = limited(&mut memory, &mut rates);
    let mut asker = Asker::new(1);
    let bad = |id| Datagram::con(GET, id).path("t").option(9, b"x").bytes();
    let refused = |server: &mut Secured<'_>, id| server.receive(stranger(1), &bad(id), large).len();
    assert_eq!((0..20).map(|id| refused(&mut server, id)).sum::<usize>(), 3, "the others hear nothing");
    let (request, mut awaited) = asker.ask(b"\x41\x01\0\x63\x07\xe0\xfc\xde");
    let sent = server.receive(stranger(1), &request, large);
    assert_eq!(asker.open(&sent[0], &mut awaited).code, Code(0x82));
    assert_eq!(refused(&mut server, 1_000), 0, "who is verified has not vouched for what is not");
}

//! RFC 8613 in a flood: whatever strangers fill, a quarter of it is left to who is verified, and nothing of that is lost.

use twite::base::Duration;
use twite::endpoint::Incoming;
use twite::exchange::{Outgoing, Response};
use twite::oscore::Start;
use twite::reliability::Peer;
use twite::wire::{Code, Message, RequestType, ResponseType, number};
use twite_tests::secure::{Asker, Memory, Secured};

use crate::datagram::{Answer, Datagram, GET, POST, PUT};

const OBSERVE: u16 = 6;
const BLOCK1: u16 = 27;

/// POST /t with the body "x", confirmable.
const PROTECTED_POST: &[u8] = b"\x41\x02\0\x01\x07\xb1t\xffx";
/// GET /t that observes, confirmable.
const PROTECTED_OBSERVE: &[u8] = b"\x41\x01\0\x02\x07\x60\x51t";

fn stranger(number: u16) -> Peer {
    let [high, low] = number.to_be_bytes();
    Peer::new(([198, 51, high, low], 1_000).into())
}

fn content(incoming: Incoming<'_, '_>) {
    incoming.observable(7).respond(&Response::content(Some(0), b"hello"));
}

#[expect(clippy::needless_pass_by_value, reason = "in place of what takes it")]
fn nobody(incoming: Incoming<'_, '_>) {
    panic!("{incoming:?} is served");
}

/// Who may ask for what under the context of 01.
fn server(memory: &mut Memory) -> (Secured<'_>, Asker) {
    let mut asker = Asker::new(1);
    asker.peer = Peer::new(([192, 0, 2, 1], 5_001).into());
    (Secured::with_context(memory, Start::New).0, asker)
}

/// Requests of two thousand strangers, of every kind that takes room; whoever observes is told something, if that is wanted.
fn flood(server: &mut Secured<'_>, tells: bool) {
    for number in 0..2_000 {
        let from = stranger(number);
        for datagram in [
            Datagram::con(PUT, 1).path("t"),
            Datagram::con(POST, 2).path("t"),
            Datagram::non(GET, 3).path("t").option(OBSERVE, b""),
            Datagram::con(PUT, 4).path("t").option(BLOCK1, &[0x08]).body(0, &[b'x'; 16]),
        ] {
            server.receive(from, &datagram.bytes(), content);
        }
        // Some of them are put off, for ever.
        server.receive(from, &Datagram::con(GET, 5).path("t").bytes(), |incoming| {
            let _ = incoming.defer();
        });
        if tells {
            server.endpoint.changed(7);
            server.drain();
        }
    }
}

#[test]
fn who_was_verified_before_a_flood_has_lost_nothing_after_it() {
    let mut memory = Memory::default();
    let (mut server, mut asker) = server(&mut memory);
    let (post, mut posted) = asker.ask(PROTECTED_POST);
    let created = server.receive(asker.peer, &post, |incoming| {
        incoming.respond(&Response::new(ResponseType::Created));
    });
    let (observe, mut observed) = asker.ask(PROTECTED_OBSERVE);
    let registered = server.receive(asker.peer, &observe, content);
    assert!(asker.open(&registered[0], &mut observed).option(OBSERVE).is_some());
    flood(&mut server, true);
    // What came before is recognized, and answered byte for byte.
    assert_eq!(server.receive(asker.peer, &post, nobody), created);
    assert_eq!(asker.open(&created[0], &mut posted).code, Code(0x41));
    assert_eq!(server.receive(asker.peer, &observe, nobody), registered);
    // Its address is still proved: to that of a stranger less may go.
    assert_eq!((gets_all(&mut server, asker.peer), gets_all(&mut server, stranger(3_000))), (true, false));
    // The observation goes on.
    let mut told = server.pass(Duration::from_secs(10));
    told.retain(|datagram| is_protected(datagram));
    assert_eq!(asker.open(&told[0], &mut observed).payload, b"21");
    server.receive(asker.peer, &[0x60, 0, told[0][2], told[0][3]], nobody);
    server.state = b"22";
    server.endpoint.changed(7);
    let mut told = server.pass(Duration::from_secs(3));
    told.retain(|datagram| is_protected(datagram));
    assert_eq!(asker.open(&told[0], &mut observed).payload, b"22");
}

/// Whether this address is sent 200 bytes for a short request.
fn gets_all(server: &mut Secured<'_>, from: Peer) -> bool {
    let sent = server.receive(from, &Datagram::con(GET, 9).path("t").bytes(), |incoming| {
        incoming.respond(&Response::content(Some(0), &[7; 200]));
    });
    sent.iter().any(|datagram| datagram.len() > 200)
}

fn is_protected(datagram: &[u8]) -> bool {
    Message::parse(datagram).expect("well-formed").values(number::OSCORE).next().is_some()
}

#[test]
fn who_was_verified_by_a_response_is_not_forgotten_in_a_flood() {
    let (mut memory, mut asker) = (Memory::default(), Asker::new(1));
    asker.peer = Peer::new(([192, 0, 2, 1], 5_001).into());
    let (mut server, id) = Secured::with_context(&mut memory, Start::New);
    let request = Outgoing::new(RequestType::Get, &[b"t"]);
    server.endpoint.request_protected(server.now, asker.peer, id, &request).expect("it is protected");
    let sent = server.drain();
    let (_, responses) = asker.serve(&sent[0], &[b"\x50\x45\x12\x34\xff21"]);
    let heard =
        server.endpoint.handle_protected(server.now, asker.peer, &responses[0], &mut [0; 600]).is_some();
    assert!(heard);
    flood(&mut server, false);
    assert_eq!((gets_all(&mut server, asker.peer), gets_all(&mut server, stranger(3_000))), (true, false));
}

#[test]
fn who_is_verified_in_a_flood_is_served_as_ever() {
    let mut memory = Memory::default();
    let (mut server, mut asker) = server(&mut memory);
    flood(&mut server, false);
    let occupancy = server.endpoint.occupancy();
    assert_eq!((occupancy.peers, occupancy.deferred, occupancy.observations), (3, 6, 6), "three quarters");
    let (post, mut posted) = asker.ask(PROTECTED_POST);
    let mut ticket = None;
    assert!(server.receive(asker.peer, &post, |incoming| ticket = incoming.defer().ok()).is_empty());
    let ticket = ticket.expect("there is a place for it");
    server.endpoint.respond(server.now, ticket, &Response::new(ResponseType::Created)).expect("it waits");
    assert_eq!(asker.open(&server.drain()[0], &mut posted).code, Code(0x41));
    let (observe, mut observed) = asker.ask(PROTECTED_OBSERVE);
    let registered = server.receive(asker.peer, &observe, content);
    assert!(asker.open(&registered[0], &mut observed).option(OBSERVE).is_some());
    // PUT /t, Block1 0/1/16 and 1/0/16: the only place for a body is a stranger's.
    for (id, option, expected) in [(3, 0x08, 0x5f), (4, 0x10, 0x44)] {
        let block =
            [&[0x41, 0x03, 0, id, 0x07, 0xb1, b't', 0xd1, 0x03, option, 0xff][..], &[b'y'; 16]].concat();
        let (block, mut awaited) = asker.ask(&block);
        let sent = server.receive(asker.peer, &block, |incoming| {
            assert_eq!(incoming.body(), [b'y'; 32]);
            incoming.respond(&Response::new(ResponseType::Changed));
        });
        assert_eq!(asker.open(&sent[0], &mut awaited).code, Code(expected));
        // Nor does a stranger take it back.
        let stray = Datagram::con(PUT, id.into()).path("t").option(BLOCK1, &[0x08]).body(0, &[b'x'; 16]);
        let answer = Answer::only(&server.receive(stranger(9), &stray.bytes(), content));
        assert_eq!(answer.dotted(), if id == 3 { "5.03" } else { "2.31" });
    }
}

#[test]
fn nobody_uses_up_the_share_of_another_in_its_name() {
    let mut memory = Memory::default();
    let (mut server, mut asker) = server(&mut memory);
    let peer = asker.peer;
    let mut ask = |server: &mut Secured<'_>, text: &[u8], id: u8| {
        let (request, mut awaited) = asker.ask(&[&text[..3], &[id], &text[4..]].concat());
        let sent = server.receive(asker.peer, &request, content);
        let inner = asker.open(&sent[0], &mut awaited);
        assert_eq!((inner.code, inner.option(OBSERVE).is_some()), (Code(0x45), text == PROTECTED_OBSERVE));
        assert_eq!(server.receive(asker.peer, &request, nobody), sent, "{id}");
    };
    ask(&mut server, PROTECTED_POST, 250);
    // With the address and every message id of who will ask.
    for id in 0..200 {
        for datagram in [
            Datagram::con(POST, id).path("t"),
            Datagram::con(PUT, id).path("t"),
            Datagram::con(GET, id).token(&id.to_be_bytes()).path("t").option(OBSERVE, b""),
        ] {
            server.receive(peer, &datagram.bytes(), content);
        }
    }
    // Of those 0 to 7 are remembered as POST, 192 to 199 as PUT.
    for (id, text) in [(1, PROTECTED_POST), (2, PROTECTED_OBSERVE), (199, PROTECTED_POST)] {
        ask(&mut server, text, id);
    }
}

#[test]
fn those_who_are_verified_leave_a_quarter_to_strangers() {
    let mut memory = Memory::default();
    let (mut server, mut asker) = server(&mut memory);
    // One client from many addresses.
    for host in 1..=50 {
        let text = [&PROTECTED_POST[..3], &[host], &PROTECTED_POST[4..]].concat();
        let (request, mut awaited) = asker.ask(&text);
        let sent = server.receive(Peer::new(([192, 0, 2, host], 1).into()), &request, content);
        let code = asker.open(&sent[0], &mut awaited).code;
        assert!(code == Code(0x45) || code == Code(0xa3), "{code}");
    }
    for number in 0..50 {
        let sent = server.receive(stranger(number), &Datagram::non(GET, 1).path("t").bytes(), content);
        assert_eq!(Answer::only(&sent).dotted(), "2.05", "{number}");
    }
    let last = |host: u8| Peer::new(([192, 0, 2, host], 1).into());
    assert!(gets_all(&mut server, last(50)), "who was verified last is still known");
    assert!(!gets_all(&mut server, last(1)), "who was so first is a stranger again");
}

#[test]
fn responses_to_strangers_leave_a_quarter_of_what_may_be_in_flight() {
    let mut memory = Memory::default();
    let (mut server, mut asker) = server(&mut memory);
    let late = |server: &mut Secured<'_>, from: Peer, request: &[u8]| {
        let mut ticket = None;
        server.receive(from, request, |incoming| ticket = incoming.defer_separately().ok());
        server.drain();
        let content = Response::content(Some(0), b"late");
        server.endpoint.respond(server.now, ticket.expect("a place"), &content).expect("it waits");
        server.drain()
    };
    let types: Vec<u8> = (0..8)
        .flat_map(|id| late(&mut server, stranger(id % 2), &Datagram::con(GET, id).path("t").bytes()))
        .map(|datagram| datagram[0] >> 4 & 3)
        .collect();
    assert_eq!(
        types,
        [0, 0, 1, 1],
        "one for each at once, four wait, and what finds no place is not confirmable"
    );
    let (post, mut posted) = asker.ask(PROTECTED_POST);
    let sent = late(&mut server, asker.peer, &post);
    assert_eq!((sent.len(), sent[0][0] >> 4 & 3), (1, 0));
    assert_eq!(asker.open(&sent[0], &mut posted).payload, b"late");
}

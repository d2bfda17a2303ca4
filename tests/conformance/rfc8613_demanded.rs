//! RFC 8613: an endpoint that serves protected requests only.

use twite::exchange::Response;
use twite::oscore::Start;
use twite::reliability::Peer;
use twite::wire::{Code, Message, number};
use twite_tests::secure::{Asker, Memory, Secured};

/// GET /t, confirmable.
const GET: &[u8] = b"\x41\x01\0\x01\x07\xb1t";
/// POST /t, confirmable.
const POST: &[u8] = b"\x41\x02\0\x01\x07\xb1t";

fn answered(server: &mut Secured<'_>, peer: Peer, datagram: &[u8]) -> Vec<Vec<u8>> {
    server.receive(peer, datagram, |incoming| {
        assert!(incoming.context().is_some(), "it was protected");
        incoming.respond(&Response::content(Some(0), b"hello"));
    })
}

#[test]
fn what_is_not_protected_is_refused_and_takes_no_place() {
    let (mut memory, mut asker) = (Memory::default(), Asker::new(1));
    let (mut server, _) = Secured::with_context(&mut memory, Start::New);
    server.endpoint.demand_protection();
    for message_id in 0..200 {
        for text in [GET, POST] {
            let datagram = [&text[..3], &[message_id], &text[4..]].concat();
            let sent = answered(&mut server, asker.peer, &datagram);
            let refusal = Message::parse(&sent[0]).expect("well-formed");
            assert_eq!(
                (refusal.code(), refusal.payload()),
                (Code::UNAUTHORIZED, &b"Protection demanded"[..])
            );
            assert_eq!(refusal.token(), [7]);
            assert_eq!(refusal.values(number::OSCORE).count(), 0);
        }
    }
    let (request, mut awaited) = asker.ask(POST);
    let sent = answered(&mut server, asker.peer, &request);
    assert_eq!(asker.open(&sent[0], &mut awaited).payload, b"hello");
    // A ping, and the token and options of what is malformed, are as ever.
    assert_eq!(answered(&mut server, asker.peer, &[0x40, 0, 0, 9]), [[0x70, 0, 0, 9]]);
}

#[test]
fn a_group_hears_nothing() {
    let mut memory = Memory::default();
    let (mut server, _) = Secured::with_context(&mut memory, Start::New);
    let group = Peer { local: Some([224, 0, 1, 187].into()), ..Asker::new(1).peer };
    let get = [&[0x51], &GET[1..]].concat();
    let ask = |server: &mut Secured<'_>| {
        server.receive(group, &get, |incoming| incoming.respond(&Response::content(Some(0), b"hello")));
        server.pass(twite::base::Duration::from_secs(10)).len()
    };
    server.endpoint.demand_protection();
    assert_eq!(ask(&mut server), 0);
    let mut memory = Memory::default();
    let (mut server, _) = Secured::with_context(&mut memory, Start::New);
    assert_eq!(ask(&mut server), 1, "else it does");
}

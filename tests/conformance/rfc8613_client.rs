//! RFC 8613 §8.1 and §8.4: the endpoint as a client under security contexts.

use twite::base::Duration;
use twite::endpoint::{ContextId, Event, Failure, RequestId};
use twite::exchange::Outgoing;
use twite::oscore::{ProtectError, Start};
use twite::wire::{Code, Message, RawOption, RequestType, number};
use twite_tests::oscore::{context, vectors};
use twite_tests::secure::{Asker, Inner, Memory, Secured, partial_iv, take_apart};

const GET: Outgoing<'static> = Outgoing::new(RequestType::Get, &[b"t"]);
const OBSERVE: Outgoing<'static> = Outgoing { options: &[RawOption { number: 6, value: b"" }], ..GET };

/// A response as a server would write it, without its token: 2.05 with "21", piggybacked on this message id.
fn content(request: &[u8]) -> Vec<u8> {
    [&[0x60, 0x45, request[2], request[3]][..], b"\xff21"].concat()
}

/// What came of a datagram.
#[derive(PartialEq, Eq, Debug)]
enum Heard {
    Nothing,
    Response(RequestId, Inner),
    Failed(RequestId, Failure),
}

fn hear(client: &mut Secured<'_>, server: &Asker, datagram: &[u8]) -> (Heard, Vec<Vec<u8>>) {
    let mut room = [0; 600];
    let heard = match client.endpoint.handle_protected(client.now, server.peer, datagram, &mut room) {
        None => Heard::Nothing,
        Some(Event::Response { id, message }) => Heard::Response(id, take_apart(&message)),
        Some(Event::Failed { id, failure }) => Heard::Failed(id, failure),
        Some(event) => panic!("{event:?}"),
    };
    (heard, client.drain())
}

/// Sends a request; the datagram.
fn ask(
    client: &mut Secured<'_>,
    id: ContextId,
    server: &Asker,
    request: &Outgoing<'_>,
) -> (RequestId, Vec<u8>) {
    let id =
        client.endpoint.request_protected(client.now, server.peer, id, request).expect("it is protected");
    let sent = client.drain();
    assert_eq!(sent.len(), 1);
    (id, sent[0].clone())
}

/// An answer without protection.
fn unprotected(request: &[u8], code: u8) -> Vec<u8> {
    [&[0x68, code, request[2], request[3]][..], &request[4..12]].concat()
}

#[test]
fn section_8_1_a_request_goes_out_protected_and_again_as_it_was() {
    let (mut memory, mut server) = (Memory::default(), Asker::new(1));
    let (mut client, context) = Secured::with_context(&mut memory, Start::New);
    let (id, request) = ask(&mut client, context, &server, &GET);
    assert_eq!(request[1], 0x02, "a POST outside");
    let again = client.pass(Duration::from_secs(10));
    assert!(again.len() > 1 && again.iter().all(|datagram| *datagram == request));
    let (inner, responses) = server.serve(&request, &[&content(&request)]);
    assert_eq!((inner.code, inner.option(number::URI_PATH)), (Code::GET, Some(&b"t"[..])));
    let (heard, _) = hear(&mut client, &server, &responses[0]);
    let Heard::Response(which, inner) = heard else { panic!("{heard:?}") };
    assert_eq!((which, inner.code, inner.payload.as_slice()), (id, Code(0x45), &b"21"[..]));
    assert_eq!(client.pass(Duration::from_secs(300)), [[0; 0]; 0], "the exchange is over");
    let (_, other) = ask(&mut client, context, &server, &GET);
    assert_ne!(partial_iv(&other), partial_iv(&request));
}

#[test]
fn section_8_4_what_is_not_protected_under_the_context_is_no_response() {
    let (mut memory, mut server) = (Memory::default(), Asker::new(1));
    let (mut client, context) = Secured::with_context(&mut memory, Start::New);
    let (cancelled, earlier) = ask(&mut client, context, &server, &GET);
    client.endpoint.cancel(cancelled);
    let (id, request) = ask(&mut client, context, &server, &GET);
    let (_, responses) = server.serve(&request, &[&content(&request)]);
    let (_, of_another) = server.serve(&earlier, &[&content(&request)]);
    let mut forged =
        vec![unprotected(&request, 0x45), unprotected(&request, 0x84), unprotected(&request, 0xa3)];
    for at in 12..responses[0].len() {
        let mut changed = responses[0].clone();
        changed[at] ^= 1;
        forged.push(changed);
    }
    // The protected response to another request, under the token of this one.
    let mut swapped = of_another[0].clone();
    swapped[4..12].copy_from_slice(&request[4..12]);
    forged.push(swapped);
    for datagram in &forged {
        assert_eq!(hear(&mut client, &server, datagram).0, Heard::Nothing, "{datagram:02x?}");
    }
    // Nor is anything opened where there is no room for it.
    assert!(client.endpoint.handle_input(client.now, server.peer, &responses[0]).is_none());
    assert!(matches!(hear(&mut client, &server, &responses[0]).0, Heard::Response(which, _) if which == id));
    assert_eq!(hear(&mut client, &server, &responses[0]).0, Heard::Nothing, "once");
}

#[test]
fn section_8_2_an_unprotected_refusal_ends_the_request() {
    let (mut memory, server) = (Memory::default(), Asker::new(1));
    let (mut client, context) = Secured::with_context(&mut memory, Start::New);
    for code in [0x81, 0x82, 0x80, 0x8d, 0xa2, 0xa4, 0xa5] {
        let (id, request) = ask(&mut client, context, &server, &GET);
        let (heard, _) = hear(&mut client, &server, &unprotected(&request, code));
        assert_eq!(heard, Heard::Failed(id, Failure::Unprotected(Code(code))));
        assert_eq!(client.pass(Duration::from_secs(100)), [[0; 0]; 0], "it is not sent again");
    }
}

#[test]
fn section_7_4_1_notifications_are_newer_than_all_before() {
    let (mut memory, mut server) = (Memory::default(), Asker::new(1));
    let (mut client, context) = Secured::with_context(&mut memory, Start::New);
    let (id, request) = ask(&mut client, context, &server, &OBSERVE);
    assert_eq!(request[1], 0x05, "a FETCH outside");
    let first = [&[0x60, 0x45, request[2], request[3]][..], b"\x61\x07\xff20"].concat();
    let told =
        |id: u8, kind: u8, value: u8| [&[kind, 0x45, 0x50, id][..], &[0x61, value], b"\xff21"].concat();
    let (_, responses) = server.serve(
        &request,
        &[&first, &told(1, 0x50, 8), &told(2, 0x40, 9), &told(3, 0x50, 10), b"\x50\x84\x50\x04"],
    );
    let order = |heard: &Heard| match heard {
        Heard::Response(which, inner) if *which == id => inner.option(number::OBSERVE).map(<[u8]>::to_vec),
        _ => panic!("{heard:?}"),
    };
    assert_eq!(order(&hear(&mut client, &server, &responses[0]).0), Some(vec![]));
    let (heard, sent) = hear(&mut client, &server, &responses[2]);
    assert_eq!((order(&heard), sent), (Some(vec![2]), vec![vec![0x60, 0, 0x50, 2]]), "the Partial IV orders");
    // Again, since its acknowledgement was lost; then one that is older; then a lie.
    assert_eq!(hear(&mut client, &server, &responses[2]), (Heard::Nothing, vec![vec![0x60, 0, 0x50, 2]]));
    assert_eq!(hear(&mut client, &server, &responses[1]).0, Heard::Nothing);
    let lie = [&[0x58, 0x81, 0x50, 9][..], &request[4..12]].concat();
    assert_eq!(hear(&mut client, &server, &lie), (Heard::Nothing, vec![]));
    assert_eq!(order(&hear(&mut client, &server, &responses[3]).0), Some(vec![3]));
    // The end, protected.
    let (heard, _) = hear(&mut client, &server, &responses[4]);
    assert!(matches!(&heard, Heard::Response(which, inner) if *which == id && inner.code == Code(0x84)));
    assert_eq!(hear(&mut client, &server, &responses[3]).0, Heard::Nothing);
}

#[test]
fn section_7_2_1_without_a_number_nothing_is_sent() {
    let (mut memory, server) = (Memory::default(), Asker::new(1));
    let mut client = Secured::new(&mut memory);
    let unstored = context(&vectors()["negative_context"], &[2], &[1], Start::New);
    let id = client.endpoint.add_context(unstored).expect("room for it");
    let request = |client: &mut Secured<'_>| {
        client.endpoint.request_protected(client.now, server.peer, id, &GET).map(|_| ())
    };
    assert_eq!(request(&mut client), Err(ProtectError::NotReserved));
    assert_eq!(client.drain(), [[0; 0]; 0]);
    client.reserve();
    assert_eq!(request(&mut client), Ok(()));
    assert_eq!(client.drain().len(), 1);
    client.endpoint.remove_context(id).expect("it was there");
    assert_eq!(request(&mut client), Err(ProtectError::ContextNotFound));
}

#[test]
fn two_endpoints_talk_and_a_restarted_server_is_shown_freshness() {
    let (mut memory, mut other) = (Memory::default(), Memory::default());
    let (mut client, context_id) = Secured::with_context(&mut memory, Start::Ephemeral);
    let mut server = Secured::new(&mut other);
    let theirs = context(&vectors()["negative_context"], &[1], &[2], Start::Stored(256));
    server.endpoint.add_context(theirs).expect("room for it");
    server.reserve();
    let there = Asker::new(1);
    let (_, request) = ask(&mut client, context_id, &there, &GET);
    let challenge = server.receive(there.peer, &request, |_| panic!("it is not fresh"));
    let (heard, _) = hear(&mut client, &there, &challenge[0]);
    let Heard::Response(_, inner) = heard else { panic!("{heard:?}") };
    let echo = inner.option(number::ECHO).expect("an Echo value").to_vec();
    let options = [RawOption { number: number::ECHO, value: &echo }];
    let (id, request) = ask(&mut client, context_id, &there, &Outgoing { options: &options, ..GET });
    let mut served = None;
    let sent = server.receive(there.peer, &request, |incoming| {
        served = incoming.context();
        incoming.respond(&twite::exchange::Response::content(Some(0), b"hello"));
    });
    assert!(served.is_some());
    let (heard, _) = hear(&mut client, &there, &sent[0]);
    assert!(matches!(&heard, Heard::Response(which, inner) if *which == id && inner.payload == b"hello"));
    assert!(Message::parse(&sent[0]).is_ok_and(|outer| outer.values(number::CONTENT_FORMAT).count() == 0));
}

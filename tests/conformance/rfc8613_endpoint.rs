//! RFC 8613 §8: the endpoint as a server under security contexts.

use std::collections::HashSet;

use twite::base::Duration;
use twite::endpoint::Incoming;
use twite::exchange::{Problem, Response};
use twite::oscore::Start;
use twite::wire::{Code, Message, ResponseType, number};
use twite_tests::oscore::{list, vectors};
use twite_tests::secure::{Asker, Inner, Memory, Secured, partial_iv, take_apart};
use twite_tests::vectors::unhex;

/// GET /t, confirmable.
const GET: &[u8] = b"\x41\x01\0\x01\x07\xb1t";
/// POST /t with the body "x".
const POST: &[u8] = b"\x41\x02\0\x01\x07\xb1t\xffx";
/// GET /t that observes.
const OBSERVE: &[u8] = b"\x41\x01\0\x01\x07\x60\x51t";

fn content(incoming: Incoming<'_, '_>) {
    assert!(incoming.context().is_some(), "it was protected");
    incoming.respond(&Response::content(Some(0), b"hello"));
}

#[expect(clippy::needless_pass_by_value, reason = "in place of what takes it")]
fn nobody(incoming: Incoming<'_, '_>) {
    panic!("{incoming:?} is served");
}

fn plain(datagrams: &[Vec<u8>]) -> Inner {
    let [datagram] = datagrams else { panic!("{datagrams:02x?}") };
    let message = Message::parse(datagram).expect("well-formed");
    assert_eq!(message.values(number::OSCORE).count(), 0, "it is not protected");
    take_apart(&message)
}

#[test]
fn section_8_2_the_inner_request_is_served_and_its_response_protected() {
    let (mut memory, mut asker) = (Memory::default(), Asker::new(1));
    let (mut server, id) = Secured::with_context(&mut memory, Start::New);
    for (message_id, text) in [(1, GET), (2, POST), (3, OBSERVE)] {
        let text = &[&text[..3], &[message_id], &text[4..]].concat();
        let (request, mut awaited) = asker.ask(text);
        let sent = server.receive(asker.peer, &request, |incoming| {
            assert_eq!(incoming.context(), Some(id));
            assert_eq!(
                take_apart(incoming.request().message()),
                take_apart(&Message::parse(text).expect("well-formed"))
            );
            content(incoming);
        });
        assert_eq!((sent.len(), sent[0][1]), (1, 0x44), "2.05 stays inside");
        assert_eq!(partial_iv(&sent[0]), None);
        let inner = asker.open(&sent[0], &mut awaited);
        assert_eq!((inner.code, inner.payload.as_slice()), (Code(0x45), &b"hello"[..]));
        // The same datagram again: from memory, byte for byte, nothing is opened.
        assert_eq!(server.receive(asker.peer, &request, nobody), sent);
    }
}

#[test]
fn section_8_2_what_is_not_protected_has_no_context_and_no_protected_answer() {
    let mut memory = Memory::default();
    let (mut server, _) = Secured::with_context(&mut memory, Start::New);
    let sent = server.receive(Asker::new(1).peer, GET, |incoming| {
        assert_eq!((incoming.context(), incoming.scope()), (None, 0));
        incoming.respond(&Response::content(Some(0), b"hello"));
    });
    assert_eq!(plain(&sent).code, Code(0x45));
}

#[test]
fn section_8_2_refusals_are_told_unprotected_with_a_max_age_of_0() {
    let file = vectors();
    let mut checked = 0;
    for entry in list(&file, "negative") {
        let Some(datagram) = entry["message"].as_str().map(unhex) else { continue };
        let expected = entry["expect_code"].as_str().expect("a code");
        let mut memory = Memory::default();
        let (mut server, _) = Secured::with_context(&mut memory, Start::New);
        let sent = server.receive(Asker::new(1).peer, &datagram, nobody);
        checked += 1;
        if expected.contains("protected") {
            assert_eq!((sent.len(), sent[0][1]), (1, 0x44), "{}", entry["name"]);
            continue;
        }
        let answer = plain(&sent);
        assert!(expected.contains(&answer.code.to_string()), "{}: {}", entry["name"], answer.code);
        assert_eq!(answer.option(number::MAX_AGE), Some(&[][..]), "{}", entry["name"]);
        // A Partial IV with zeros in front may be refused as what it is.
        if let Some(diagnostic) = entry["expect_diagnostic"].as_str().filter(|_| expected != "4.00 (or 4.02)")
        {
            let text = String::from_utf8(answer.payload).expect("text");
            assert!(diagnostic.contains(&text), "{}: {text}", entry["name"]);
        }
    }
    assert!(checked >= 30, "{checked}");
}

#[test]
fn section_8_3_errors_inside_are_protected() {
    let (mut memory, mut asker) = (Memory::default(), Asker::new(1));
    let (mut server, _) = Secured::with_context(&mut memory, Start::New);
    // An unknown critical option 65003, an unknown method, and an answer that is given up.
    for (text, code) in
        [(&b"\x41\x01\0\x03\x07\xe0\xfc\xde"[..], 0x82), (b"\x41\x1f\0\x02\x07\xb1t", 0x85), (GET, 0xa0)]
    {
        let (request, mut awaited) = asker.ask(text);
        let sent = server.receive(asker.peer, &request, |incoming| drop(incoming));
        assert_eq!(sent[0][1], 0x44);
        assert_eq!(asker.open(&sent[0], &mut awaited).code, Code(code));
        assert_eq!(server.receive(asker.peer, &request, nobody), sent, "a repetition is no replay");
    }
}

#[test]
fn section_7_4_a_replay_under_another_message_id_is_refused() {
    let (mut memory, mut asker) = (Memory::default(), Asker::new(1));
    let (mut server, _) = Secured::with_context(&mut memory, Start::New);
    let (mut request, _) = asker.ask(GET);
    assert_eq!(server.receive(asker.peer, &request, content).len(), 1);
    request[3] = 9;
    let answer = plain(&server.receive(asker.peer, &request, nobody));
    assert_eq!((answer.code, answer.payload.as_slice()), (Code::UNAUTHORIZED, &b"Replay detected"[..]));
}

#[test]
fn section_4_1_3_5_notifications_have_numbers_of_their_own_and_are_repeated_as_they_are() {
    let (mut memory, mut asker) = (Memory::default(), Asker::new(1));
    let (mut server, _) = Secured::with_context(&mut memory, Start::New);
    let (request, mut awaited) = asker.ask(OBSERVE);
    let first = server.receive(asker.peer, &request, |incoming| content(incoming.observable(7)));
    assert_eq!((first[0][1], partial_iv(&first[0])), (0x45, Some(0)));
    assert_eq!(asker.open(&first[0], &mut awaited).option(number::OBSERVE), Some(&[][..]));
    let mut numbers = HashSet::new();
    for _ in 0..40 {
        server.pass(Duration::from_secs(5));
        server.endpoint.changed(7);
        let told = server.drain();
        assert!(numbers.insert(partial_iv(&told[0])) && partial_iv(&told[0]).is_some());
        let inner = asker.open(&told[0], &mut awaited);
        assert_eq!((inner.code, inner.payload.as_slice()), (Code(0x45), &b"21"[..]));
        if told[0][0] >> 4 & 3 == 0 {
            let again = server.pass(Duration::from_secs(4));
            assert!(again.iter().all(|datagram| datagram == &told[0]) && !again.is_empty());
            let acknowledgement = [0x60, 0, told[0][2], told[0][3]];
            server.receive(asker.peer, &acknowledgement, nobody);
        }
    }
    // The end is protected, too, under a number of its own.
    server.pass(Duration::from_secs(5));
    server.endpoint.changed(7);
    let told = server.drain_with(|_, notification| {
        assert!(notification.context().is_some());
        notification.fail(&Response::new(ResponseType::NotFound), &Problem::titled("gone"));
    });
    assert!(numbers.insert(partial_iv(&told[0])) && partial_iv(&told[0]).is_some());
    assert_eq!(asker.open(&told[0], &mut awaited).code, Code(0x84));
    assert_eq!(server.endpoint.observations(), 0);
}

#[test]
fn section_4_1_3_5_an_observation_is_ended_by_nobody_else() {
    let (mut memory, mut asker) = (Memory::default(), Asker::new(1));
    let (mut server, id) = Secured::with_context(&mut memory, Start::New);
    server.add(3, Start::New);
    let (request, _) = asker.ask(OBSERVE);
    server.receive(asker.peer, &request, |incoming| content(incoming.observable(7)));
    // The token can be read on the way: without protection, then under another context.
    let mut other = Asker::new(3);
    let (forged, _) = other.ask(b"\x41\x01\0\x05\x07\x61\x01\x51t");
    for datagram in [&b"\x41\x01\0\x03\x07\x61\x01\x51t"[..], b"\x41\x01\0\x04\x07\x60\x51t", &forged] {
        let answer = server.receive(asker.peer, datagram, |incoming| {
            incoming.observable(7).respond(&Response::content(Some(0), b"hello"));
        });
        assert_eq!(Message::parse(&answer[0]).expect("well-formed").values(number::OBSERVE).count(), 0);
        assert_eq!(server.endpoint.observations(), 1);
    }
    let (own, _) = asker.ask(b"\x41\x01\0\x06\x07\x61\x01\x51t");
    server.receive(asker.peer, &own, content);
    assert_eq!(server.endpoint.observations(), 0);
    // And it goes with its context.
    let (request, _) = asker.ask(b"\x41\x01\0\x07\x07\x60\x51t");
    server.receive(asker.peer, &request, |incoming| content(incoming.observable(7)));
    assert_eq!(server.endpoint.observations(), 1);
    assert!(server.endpoint.remove_context(id).is_some() && server.endpoint.context(id).is_none());
    assert_eq!(server.endpoint.observations(), 0);
}

#[test]
fn section_8_3_separate_responses_are_protected_and_repeated_as_they_are() {
    let (mut memory, mut asker) = (Memory::default(), Asker::new(1));
    let (mut server, _) = Secured::with_context(&mut memory, Start::New);
    let (request, mut awaited) = asker.ask(POST);
    let mut ticket = None;
    server.receive(asker.peer, &request, |incoming| ticket = incoming.defer().ok());
    assert_eq!(server.pass(Duration::from_secs(3)), [[0x60, 0, 0, 1]]);
    let ticket = ticket.expect("room for it");
    server.endpoint.respond(server.now, ticket, &Response::content(Some(0), b"late")).expect("it waits");
    let sent = server.drain();
    let inner = asker.open(&sent[0], &mut awaited);
    assert_eq!((sent[0][1], inner.code, inner.payload.as_slice()), (0x44, Code(0x45), &b"late"[..]));
    let again = server.pass(Duration::from_secs(10));
    assert!(again.len() > 1 && again.iter().all(|datagram| datagram == &sent[0]));
    assert_eq!(
        server.receive(asker.peer, &request, nobody),
        [[0x60, 0, 0, 1]],
        "a repetition is acknowledged"
    );
}

#[test]
fn appendix_b_1_2_after_a_restart_the_first_request_has_to_be_fresh() {
    let (mut memory, mut asker) = (Memory::default(), Asker::new(1));
    let (mut server, _) = Secured::with_context(&mut memory, Start::Stored(512));
    let (old, _) = asker.ask(GET);
    let (request, mut awaited) = asker.ask(b"\x41\x02\0\x02\x07\xb1t\xffx");
    let challenge = server.receive(asker.peer, &request, nobody);
    assert_eq!(partial_iv(&challenge[0]), Some(512), "a number of its own");
    let inner = asker.open(&challenge[0], &mut awaited);
    assert_eq!(inner.code, Code::UNAUTHORIZED);
    let echo = inner.option(number::ECHO).expect("an Echo value").to_vec();
    assert_eq!(server.receive(asker.peer, &request, nobody), challenge, "a repetition");

    // The request again, with the Echo option: 252 is 241 behind Uri-Path.
    let mut again = b"\x41\x02\0\x03\x07\xb1t\xdc\xe4".to_vec();
    again.extend(&echo);
    again.extend(b"\xffx");
    let (fresh, mut awaited) = asker.ask(&again);
    let sent = server.receive(asker.peer, &fresh, content);
    assert_eq!(asker.open(&sent[0], &mut awaited).code, Code(0x45));
    // Whatever was made before it is a replay now.
    let mut late = old;
    late[3] = 7;
    assert_eq!(plain(&server.receive(asker.peer, &late, nobody)).payload, b"Replay detected");
    let (next, mut awaited) = asker.ask(b"\x41\x01\0\x08\x07\xb1t");
    let sent = server.receive(asker.peer, &next, content);
    assert_eq!(asker.open(&sent[0], &mut awaited).code, Code(0x45));
}

#[test]
fn appendix_b_1_1_without_a_stored_number_nothing_is_sent_that_needs_one() {
    let (mut memory, mut asker) = (Memory::default(), Asker::new(1));
    let (mut server, _) = Secured::with_context(&mut memory, Start::New);
    let (request, mut awaited) = asker.ask(OBSERVE);
    server.receive(asker.peer, &request, |incoming| content(incoming.observable(7)));
    let mut told = Vec::new();
    for _ in 0..300 {
        server.endpoint.changed(7);
        let sent = server.pass(Duration::from_secs(4));
        for datagram in sent {
            if datagram[0] >> 4 & 3 == 0 {
                server.receive(asker.peer, &[0x60, 0, datagram[2], datagram[3]], nobody);
            }
            told.push(datagram);
        }
    }
    let numbers: HashSet<_> = told.iter().map(|datagram| partial_iv(datagram)).collect();
    assert!(numbers.iter().all(|number| number.is_some_and(|number| number < 256)), "below the limit");
    assert_eq!(server.endpoint.observations(), 1, "it is told later");
    server.reserve();
    let later = server.pass(Duration::from_secs(10));
    assert_eq!(later.first().map(|datagram| partial_iv(datagram)), Some(Some(256)));
    let newest = asker.open(later.first().expect("a notification"), &mut awaited);
    assert_eq!(newest.payload, b"21");
}

#[test]
fn section_4_1_3_4_inner_blocks_are_assembled_and_identities_never_mix() {
    let (mut memory, mut asker) = (Memory::default(), Asker::new(1));
    let (mut server, _) = Secured::with_context(&mut memory, Start::New);
    // PUT /t, Block1 0/1/16.
    let block = |id: u8, option: u8, body: &[u8; 16]| {
        let mut text = vec![0x41, 0x03, 0, id, 0x07, 0xb1, b't', 0xd1, 0x03, option, 0xff];
        text.extend(body);
        text
    };
    let (first, mut awaited) = asker.ask(&block(1, 0x08, b"0123456789abcdef"));
    let sent = server.receive(asker.peer, &first, nobody);
    assert_eq!(asker.open(&sent[0], &mut awaited).code, Code(0x5f));
    // The next block without protection does not continue it.
    let stray = server.receive(asker.peer, &block(2, 0x10, b"ATTACKATTACKATTA"), nobody);
    assert_eq!(plain(&stray).code, Code(0x88));
    let (second, mut awaited) = asker.ask(&block(3, 0x10, b"ghijklmnopqrstuv"));
    let sent = server.receive(asker.peer, &second, |incoming| {
        assert_eq!(incoming.body(), b"0123456789abcdefghijklmnopqrstuv");
        incoming.respond(&Response::new(ResponseType::Changed));
    });
    assert_eq!(asker.open(&sent[0], &mut awaited).code, Code(0x44));
}

#[test]
fn section_4_1_3_4_a_large_response_goes_in_inner_blocks() {
    let (mut memory, mut asker) = (Memory::default(), Asker::new(1));
    let (mut server, _) = Secured::with_context(&mut memory, Start::New);
    let body: Vec<u8> = (0..1_000_u32).map(|number| number as u8).collect();
    let (mut received, mut number) = (Vec::<u8>::new(), 0_u8);
    loop {
        let mut text = vec![0x41, 0x01, 0, number, 0x07, 0xb1, b't'];
        if number != 0 {
            // Block2 number/0/128.
            text.extend([0xc1, number << 4 | 3]);
        }
        let (request, mut awaited) = asker.ask(&text);
        let sent = server.receive(asker.peer, &request, |incoming| {
            incoming.respond(&Response::content(Some(42), &body));
        });
        assert!(sent[0].len() <= 256, "{}", sent[0].len());
        let inner = asker.open(&sent[0], &mut awaited);
        let option = inner.option(number::BLOCK2).expect("a block")[0];
        assert_eq!(option & 7, 3, "128 bytes fit");
        received.extend(&inner.payload);
        number += 1;
        if option & 8 == 0 {
            break;
        }
    }
    assert_eq!(received, body);
}

#[test]
fn s046_a_protected_message_that_was_cut_on_the_way_is_too_large() {
    let (mut memory, mut asker) = (Memory::default(), Asker::new(1));
    let (mut server, _) = Secured::with_context(&mut memory, Start::New);
    let (request, _) = asker.ask(POST);
    let outer = Message::parse(&request).expect("well-formed");
    let option = outer.values(number::OSCORE).next().expect("an option of ours");
    for (id, block) in [(1, [0, 0x0e]), (2, [0, 0x1e]), (3, [0xff, 0xfe])] {
        // Block1 with 1024 bytes each, as a proxy makes them of a megabyte.
        let mut cut = vec![0x41, 0x02, 1, id, 0x07, 0x90 | option.len() as u8];
        cut.extend(option);
        cut.extend([0xd2, 0x05, block[0], block[1], 0xff]);
        cut.extend([0x5a; 64]);
        let answer = plain(&server.receive(asker.peer, &cut, nobody));
        assert_eq!(answer.code, Code(0x8d));
        assert_eq!(answer.option(number::SIZE1), Some(&[1, 0][..]), "256 bytes are the most");
    }
}

#[test]
fn section_8_2_without_contexts_the_option_is_unknown() {
    let (request, _) = Asker::new(1).ask(GET);
    let mut memory = Memory::default();
    let mut server = Secured::new(&mut memory);
    let answer = plain(&server.receive(Asker::new(1).peer, &request, nobody));
    assert_eq!(
        (answer.code, answer.payload.as_slice()),
        (Code::UNAUTHORIZED, &b"Security context not found"[..])
    );
    // With no room to open it in, it is a critical option like any other.
    let mut other = request;
    other[3] = 8;
    assert!(server.endpoint.handle_input(server.now, Asker::new(1).peer, &other).is_none());
    assert_eq!(plain(&server.drain()).code, Code(0x82));
}

//! RFC 8613 §8.2: what is not opened, and why.

use serde_json::Value;
use twite::exchange::Request;
use twite::oscore::{Compressed, Context, ParameterError, Parameters, ProtectError, Refusal, Start};
use twite::wire::{Code, Message, number};
use twite_tests::oscore::{context, list, vectors};
use twite_tests::vectors::unhex;

use crate::rfc8613_messages::option;

/// Why the request is refused by a server with this context only, or its code if it is not.
fn outcome(server: &mut Context, datagram: &[u8]) -> Result<(), Code> {
    let outer = Message::parse(datagram).expect("a message");
    let mut room = [0; 1024];
    let opened = Compressed::read(option(&outer)).ok_or(Refusal::Decode);
    let opened = opened.and_then(|compressed| server.open_request(&compressed, &outer, &mut room));
    let opened = opened.map_err(|refusal| Code::from(refusal.code()))?;
    Request::check(opened.message).map(|_| ()).map_err(|rejection| Code::from(rejection.code()))
}

#[test]
fn section_8_2_requests_that_are_refused() {
    let file = vectors();
    let keys = &file["negative_context"];
    let all = list(&file, "negative");
    assert!(all.len() >= 30);
    for entry in all {
        let mut server = context(keys, &[2], &[1], Start::Ephemeral);
        let before = *server.window();
        let expected = entry["expect_code"].as_str();
        let single = entry["message"].as_str().map(unhex);
        if let (Some(datagram), Some(expected)) = (single, expected) {
            let code = outcome(&mut server, &datagram).expect_err("it is refused");
            assert!(expected.contains(&code.to_string()), "{}: {code} instead of {expected}", entry["name"]);
            if !entry["name"].as_str().is_some_and(|name| name.starts_with("inner_")) {
                assert_eq!(*server.window(), before, "{}: nothing was verified", entry["name"]);
            }
        }
        if let (Some(sequence), Some(expected)) =
            (entry["sequence"].as_array(), expected.or(entry["expect_code_of_second"].as_str()))
        {
            let datagrams: Vec<_> = sequence.iter().filter_map(Value::as_str).map(unhex).collect();
            let codes = datagrams.iter().map(|datagram| outcome(&mut server, datagram));
            let second = codes.last().expect("two of them").expect_err("it is refused");
            assert!(expected.contains(&second.to_string()), "{}", entry["name"]);
        }
    }
}

fn keys() -> Value {
    vectors()["negative_context"].clone()
}

fn protect(client: &mut Context) -> Result<Vec<u8>, ProtectError> {
    let plain = Message::parse(b"\x40\x01\0\x01\xb1t").expect("well-formed");
    let mut buffer = [0; 64];
    client.protect_request(&plain, &mut buffer).map(|(length, _)| buffer[..length].to_vec())
}

#[test]
fn s050_the_last_sequence_number_is_used_once() {
    let mut client = context(&keys(), &[1], &[2], Start::Stored((1 << 40) - 1));
    assert_eq!(protect(&mut client), Err(ProtectError::NotReserved));
    client.reserved(client.reservation_due().expect("one more"));
    let last = protect(&mut client).expect("the last one");
    let outer = Message::parse(&last).expect("well-formed");
    let compressed = Compressed::read(option(&outer)).expect("an option of ours");
    assert_eq!(compressed.partial_iv.map(|own| own.number()), Some((1 << 40) - 1));
    for _ in 0..3 {
        assert_eq!(protect(&mut client), Err(ProtectError::Exhausted));
        client.reserved(u64::MAX);
    }
    assert!(client.is_exhausted());
}

#[test]
fn s051_a_forged_number_ahead_of_the_window_moves_nothing() {
    let (mut client, mut server) =
        (context(&keys(), &[1], &[2], Start::Ephemeral), context(&keys(), &[2], &[1], Start::Ephemeral));
    let valid = protect(&mut client).expect("it is protected");
    let forged = unhex("44020020c0ffee01970dffffffffff01ff3cd1a7c36285dee69356c74f522a");
    for _ in 0..3 {
        assert_eq!(outcome(&mut server, &forged), Err(Code(0x80)));
    }
    assert_eq!(outcome(&mut server, &valid), Ok(()));
    assert_eq!(outcome(&mut server, &valid), Err(Code::UNAUTHORIZED), "and once only");
}

#[test]
fn section_3_3_parameters_that_would_repeat_a_nonce_are_refused() {
    let good = Parameters {
        master_secret: &[1; 16],
        master_salt: &[],
        sender_id: &[1],
        recipient_id: &[2],
        id_context: None,
    };
    let error = |parameters| Context::derive(&parameters, Start::New).err();
    assert_eq!(error(good), None);
    assert_eq!(error(Parameters { recipient_id: &[1], ..good }), Some(ParameterError::SameId));
    assert_eq!(error(Parameters { sender_id: &[0; 8], ..good }), Some(ParameterError::SenderId));
    assert_eq!(error(Parameters { recipient_id: &[0; 8], ..good }), Some(ParameterError::RecipientId));
    assert_eq!(error(Parameters { id_context: Some(&[0; 33]), ..good }), Some(ParameterError::IdContext));
    assert_eq!(error(Parameters { master_secret: &[], ..good }), Some(ParameterError::EmptySecret));
}

#[test]
fn nothing_is_opened_before_its_use_is_stored() {
    let (mut client, mut server) =
        (context(&keys(), &[1], &[2], Start::Ephemeral), context(&keys(), &[2], &[1], Start::New));
    let request = protect(&mut client).expect("it is protected");
    assert_eq!(outcome(&mut server, &request), Err(Code(0xa3)), "a restart would not know of it");
    server.reserved(server.reservation_due().expect("the first"));
    assert_eq!(outcome(&mut server, &request), Ok(()));
}

#[test]
fn secrets_are_not_printed() {
    let context = context(&keys(), &[1], &[2], Start::New);
    let printed = format!("{context:?}");
    assert!(
        printed.contains("sender_id: 01") && !printed.contains("key") && !printed.contains("iv:"),
        "{printed}"
    );
}

#[test]
fn every_changed_bit_of_a_protected_message_is_found() {
    let request = protect(&mut context(&keys(), &[1], &[2], Start::Ephemeral)).expect("it is protected");
    // Behind the header, which is the message layer's.
    for bit in 4 * 8..request.len() * 8 {
        let mut changed = request.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let mut server = context(&keys(), &[2], &[1], Start::Ephemeral);
        let protected =
            Message::parse(&changed).is_ok_and(|message| message.values(number::OSCORE).next().is_some());
        assert!(!protected || outcome(&mut server, &changed).is_err(), "bit {bit}");
    }
}

//! CORE: formats, entity tags and conditions.

use twite::exchange::{ETag, Outgoing};
use twite::wire::{RequestType, number};

use super::{Answer, Path, Plugtest};

const VALIDATE: Path<'_> = &[b"validate"];
const TEXT: u16 = 0;

fn tag(answer: &Answer) -> ETag {
    answer.values(number::ETAG).first().and_then(|tag| ETag::new(tag)).expect("an entity tag")
}

#[test]
fn td_coap_core_20_accept() {
    let plugtest = Plugtest::start();
    let client = plugtest.client();
    let mut payloads = Vec::new();
    for format in [0, 41, 50, 60] {
        let accept = Some(format);
        let request = Outgoing { accept, ..Outgoing::new(RequestType::Get, &[b"multi-format"]) };
        let answer = client.ask(b"accept", &request);
        assert_eq!((answer.code.as_str(), answer.content_format()), ("2.05", Some(u32::from(format))));
        assert!(!payloads.contains(&answer.payload));
        payloads.push(answer.payload);
    }
    let request = Outgoing { accept: Some(47), ..Outgoing::new(RequestType::Get, &[b"multi-format"]) };
    assert_eq!(client.ask(b"accept", &request).code, "4.06");
    assert_eq!(client.get(&[b"multi-format"]).content_format(), Some(0));
    let request = Outgoing { accept: Some(41), ..Outgoing::new(RequestType::Get, &[b"test"]) };
    assert_eq!(client.ask(b"accept", &request).code, "4.06");
}

#[test]
fn td_coap_core_21_validation() {
    let plugtest = Plugtest::start();
    let (client, third) = (plugtest.client(), plugtest.client());
    let first = client.get(VALIDATE);
    let held = [tag(&first)];
    let validate =
        || client.ask(b"v", &Outgoing { etags: &held, ..Outgoing::new(RequestType::Get, VALIDATE) });
    let valid = validate();
    assert_eq!((valid.code.as_str(), valid.payload.len(), tag(&valid)), ("2.03", 0, held[0]));
    assert_eq!(third.put(VALIDATE, TEXT, b"another").code, "2.04");
    let changed = validate();
    assert_eq!((changed.code.as_str(), changed.payload.as_slice()), ("2.05", &b"another"[..]));
    assert_ne!(tag(&changed), held[0]);
}

#[test]
fn td_coap_core_22_if_match() {
    let plugtest = Plugtest::start();
    let (client, third) = (plugtest.client(), plugtest.client());
    let put = |tag: ETag, payload| {
        let tags = [tag];
        let plain = Outgoing { content_format: Some(TEXT), ..Outgoing::new(RequestType::Put, VALIDATE) };
        client.ask(b"put", &Outgoing { if_match: &tags, payload, ..plain }).code
    };
    let first = tag(&client.get(VALIDATE));
    assert_eq!(put(first, b"ours"), "2.04");
    let second = client.get(VALIDATE);
    assert_eq!(second.payload, b"ours");
    assert_ne!(tag(&second), first);
    assert_eq!(third.put(VALIDATE, TEXT, b"theirs").code, "2.04");
    assert_eq!(put(tag(&second), b"lost"), "4.12");
    assert_eq!(client.get(VALIDATE).payload, b"theirs");
}

#[test]
fn td_coap_core_23_if_none_match() {
    let plugtest = Plugtest::start();
    let client = plugtest.client();
    let path: Path<'_> = &[b"create1"];
    let listed = || {
        let query: [&[u8]; 1] = [b"href=/create1"];
        let path: Path<'_> = &[b".well-known", b"core"];
        client.ask(b"l", &Outgoing { query: &query, ..Outgoing::new(RequestType::Get, path) }).payload
    };
    let put = |payload| {
        let plain = Outgoing { content_format: Some(TEXT), ..Outgoing::new(RequestType::Put, path) };
        client.ask(b"put", &Outgoing { if_none_match: true, payload, ..plain }).code
    };
    assert_eq!((client.get(path).code.as_str(), listed().as_slice()), ("4.04", &b""[..]));
    assert_eq!(put(b"one"), "2.01");
    assert_eq!(put(b"two"), "4.12");
    assert_eq!((client.get(path).payload, listed()), (b"one".to_vec(), b"</create1>".to_vec()));
    assert_eq!(client.put(path, TEXT, b"three").code, "2.04");
    assert_eq!(client.ask(b"d", &Outgoing::new(RequestType::Delete, path)).code, "2.02");
    assert_eq!((client.get(path).code.as_str(), put(b"four").as_str()), ("4.04", "2.01"));
}

//! BLOCK: bodies in blocks, in both directions.

use twite::exchange::Outgoing;
use twite::wire::{RawOption, RequestType, number};

use super::{Answer, Client, Path, Plugtest, block};

/// Reads a body block by block from `number` on.
fn download(client: &Client, path: Path<'_>, first: u32, exponent: u32) -> Vec<u8> {
    let mut body = Vec::new();
    for number in first.. {
        let value = block(number, false, exponent);
        let options = [RawOption { number: number::BLOCK2, value: &value }];
        let request = Outgoing { options: &options, ..Outgoing::new(RequestType::Get, path) };
        let answer = client.ask(b"get", &request);
        let (echoed, more, size) = answer.block(number::BLOCK2).expect("a Block2 option");
        assert_eq!((answer.code.as_str(), echoed, size), ("2.05", number, exponent));
        body.extend(&answer.payload);
        if !more {
            assert!((1..=16 << exponent).contains(&answer.payload.len()));
            break;
        }
        assert_eq!(answer.payload.len(), 16 << exponent, "block {number} is full");
    }
    body
}

/// Sends a body block by block; the answer to the last.
fn upload(client: &Client, method: RequestType, path: Path<'_>, body: &[u8], exponent: u32) -> Answer {
    let count = body.chunks(16 << exponent).count();
    for (position, payload) in body.chunks(16 << exponent).enumerate() {
        let (number, more) = (position as u32, position + 1 < count);
        let value = block(number, more, exponent);
        let options = [RawOption { number: number::BLOCK1, value: &value }];
        let plain = Outgoing { content_format: Some(0), ..Outgoing::new(method, path) };
        let answer = client.ask(b"part", &Outgoing { options: &options, payload, ..plain });
        assert_eq!(answer.block(number::BLOCK1), Some((number, more, exponent)));
        if !more {
            return answer;
        }
        assert_eq!(answer.code, "2.31");
    }
    panic!("there is a last block")
}

/// A text in which no two blocks are alike.
fn text(lines: u32) -> Vec<u8> {
    (0..lines).flat_map(|line| format!("line {line:05}\n").into_bytes()).collect()
}

fn large(exponent: u32) {
    let plugtest = Plugtest::start();
    let body = download(&plugtest.client(), &[b"large"], 0, exponent);
    let whole = twite_tests::ask::get(plugtest.server.address(), "large").payload;
    assert_eq!((body.len(), &body), (1280, &whole));
}

#[test]
fn td_coap_block_01_early_negotiation() {
    large(2);
}

#[test]
fn td_coap_block_02_late_negotiation() {
    let plugtest = Plugtest::start();
    let client = plugtest.client();
    let first = client.get(&[b"large"]);
    let (number, more, exponent) = first.block(number::BLOCK2).expect("a Block2 option");
    assert_eq!((number, more, first.payload.len()), (0, true, 16 << exponent));
    let whole = twite_tests::ask::get(plugtest.server.address(), "large").payload;
    let rest = download(&client, &[b"large"], 1, exponent);
    assert_eq!([first.payload.as_slice(), &rest].concat(), whole);
    // The size may go down, with the number counted anew.
    let rest = download(&client, &[b"large"], 1 << (exponent - 2), 2);
    assert_eq!([first.payload.as_slice(), &rest].concat(), whole);
}

#[test]
fn td_coap_block_03_put() {
    let plugtest = Plugtest::start();
    let client = plugtest.client();
    let body = text(150);
    for exponent in [2, 6] {
        let path: Path<'_> = &[b"large-update"];
        assert_eq!(upload(&client, RequestType::Put, path, &body, exponent).code, "2.04");
        assert!(download(&client, path, 0, exponent) == body);
    }
    let short = text(1);
    assert_eq!(upload(&client, RequestType::Put, &[b"large-update"], &short, 2).code, "2.04");
    assert_eq!(client.get(&[b"large-update"]).payload, short);
}

#[test]
fn td_coap_block_04_post_creates() {
    let plugtest = Plugtest::start();
    let client = plugtest.client();
    let body = text(150);
    let created = upload(&client, RequestType::Post, &[b"large-create"], &body, 2);
    let location = created.values(number::LOCATION_PATH);
    assert_eq!((created.code.as_str(), location.len(), location[0]), ("2.01", 2, &b"large-create"[..]));
    assert!(download(&client, &location, 0, 2) == body);
    let list = client.get(&[b"large-create"]);
    assert_eq!((list.payload.as_slice(), list.content_format()), (&b"</large-create/1>"[..], Some(40)));
    assert_eq!(client.ask(b"d", &Outgoing::new(RequestType::Delete, &location)).code, "2.02");
    assert_eq!(client.get(&location).code, "4.04");
}

#[test]
fn td_coap_block_05_post_with_a_large_answer() {
    let plugtest = Plugtest::start();
    let (client, other) = (plugtest.client(), plugtest.client());
    let body = text(150);
    let path: Path<'_> = &[b"large-post"];
    let first = upload(&client, RequestType::Post, path, &body, 2);
    upload(&other, RequestType::Post, path, b"not for the first", 2);
    let (number, mut more, exponent) = first.block(number::BLOCK2).expect("a Block2 option");
    assert_eq!((first.code.as_str(), number, more), ("2.04", 0, true));
    let mut answer = first.payload;
    for number in 1.. {
        if !more {
            break;
        }
        let value = block(number, false, exponent);
        let options = [RawOption { number: number::BLOCK2, value: &value }];
        let request = Outgoing { options: &options, ..Outgoing::new(RequestType::Post, path) };
        let next = client.ask(b"next", &request);
        assert_eq!(next.code, "2.04");
        (_, more, _) = next.block(number::BLOCK2).expect("a Block2 option");
        answer.extend(next.payload);
    }
    assert!(answer == body.to_ascii_uppercase());
    let request = Outgoing { content_format: Some(41), ..Outgoing::new(RequestType::Post, path) };
    assert_eq!(client.ask(b"xml", &request).code, "4.15");
}

#[test]
fn td_coap_block_06_the_smallest_size() {
    large(0);
}

#[test]
fn a_large_separate_response_goes_on_in_blocks() {
    let plugtest = Plugtest::start();
    let client = plugtest.client();
    let path: Path<'_> = &[b"large-separate"];
    client.send(b"sep", &Outgoing::new(RequestType::Get, path));
    assert_eq!(client.receive().code, "0.00");
    let first = client.receive();
    client.acknowledge(&first);
    assert_eq!((first.code.as_str(), first.block(number::BLOCK2)), ("2.05", Some((0, true, 6))));
    let rest = download(&client, path, 1, 6);
    assert_eq!(first.payload.len() + rest.len(), 1280);
}

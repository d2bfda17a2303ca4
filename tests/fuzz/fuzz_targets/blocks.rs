//! Bodies in blocks: what is assembled is what was sent, in order and never mixed; both sides of a transfer agree.
#![no_main]

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use twite::base::{Duration, Instant, Lent, Links, Slot};
use twite::exchange::{Assembly, Download, Part, Refused, Request, Sent, Step, Taken, Upload};
use twite::reliability::Peer;
use twite::wire::{Block, Code, Message, MessageType, MessageWriter, number};
use twite_fuzz::bytes::Bytes;

/// Bodies at once.
const UPLOADS: usize = 3;
/// The longest body, in bytes.
const LIMIT: usize = 200;

fuzz_target!(|input: &[u8]| {
    let mut input = Bytes(input);
    match input.byte().unwrap_or(0) % 3 {
        0 => assembled(&mut input),
        1 => uploaded(&mut input),
        _ => downloaded(&mut input),
    }
});

/// A request for one of four resources, with one of two tags, in one of three formats.
fn request(buffer: &mut [u8], choice: u8, block1: &[u8], payload: &[u8]) -> usize {
    let method = if choice & 0x40 == 0 { Code::PUT } else { Code::POST };
    let mut writer = MessageWriter::new(buffer, MessageType::Confirmable, method, 1, &[]).expect("room");
    writer.option(number::URI_PATH, &[choice >> 2 & 1]).expect("room");
    match choice >> 3 & 3 {
        0 => {}
        format => writer.uint(number::CONTENT_FORMAT, u32::from(format)).expect("room"),
    }
    writer.option(number::BLOCK1, block1).expect("room");
    if choice & 0x20 != 0 {
        writer.uint(number::SIZE1, 4 * u32::from(choice)).expect("room");
    }
    if choice & 0x80 != 0 {
        writer.option(number::REQUEST_TAG, b"tag").expect("room");
    }
    writer.payload(payload).expect("room")
}

/// Any blocks from any peers, against a map of bodies.
fn assembled(input: &mut Bytes<'_>) {
    let mut slots = [Slot::EMPTY; UPLOADS];
    let (mut links, mut bytes) = ([Links::default(); UPLOADS], [0; UPLOADS * LIMIT]);
    let lifetime = Duration::from_secs(247);
    let mut assembly = Assembly::new(Lent::new(&mut slots, &mut links), &mut bytes, 7, lifetime);
    assert_eq!(assembly.capacity(), LIMIT);
    let mut bodies: HashMap<(u8, u8), Vec<u8>> = HashMap::new();
    let mut now = Instant::from_millis(0);
    while let Some(choice) = input.byte() {
        let block1 = input.take(usize::from(choice >> 5 & 1) + 1);
        now = now + Duration::from_secs(u64::from(input.byte().unwrap_or(0) >> 6 << 6));
        let payload = input.slice();
        let mut buffer = [0; 512];
        let length = request(&mut buffer, choice, block1, payload);
        let message = Message::parse(&buffer[..length]).expect("a message");
        let Ok(request) = Request::check(message) else { continue };
        let Some(block) = request.block1() else { continue };
        let peer = Peer::new(([127, 0, 0, 1], u16::from(choice & 3)).into());
        // Peer, resource, method and tag.
        let key = (choice & 3, choice & 0xc4);
        let earlier = if block.number == 0 { Some(Vec::new()) } else { bodies.remove(&key) };
        bodies.remove(&key);
        match assembly.take(now, peer, 0, block, &request) {
            Ok(taken) => {
                let mut body = earlier.expect("a block that continues nothing is taken");
                assert_eq!(block.offset(), body.len(), "a gap");
                assert!(!block.more || payload.len() == block.size(), "a block that is not full");
                body.extend_from_slice(payload);
                assert!(body.len() <= LIMIT);
                match taken {
                    Taken::Continue => {
                        assert!(block.more);
                        bodies.insert(key, body);
                    }
                    Taken::Complete(index) => {
                        assert_eq!(assembly.body(index), body);
                        assembly.forget(index);
                    }
                }
            }
            Err(Refused::Full) => assert!(earlier.is_some_and(|body| body.is_empty())),
            Err(Refused::Misfit(misfit)) => assert!(!misfit.title().is_empty()),
        }
    }
}

/// The response to a block or to a GET.
fn response(code: u8, options: &[(u16, u32)], etag: u8, payload: &[u8]) -> Vec<u8> {
    let mut buffer = vec![0; 64 + payload.len()];
    let mut writer =
        MessageWriter::new(&mut buffer, MessageType::Acknowledgement, Code(code), 1, &[]).expect("room");
    writer.option(number::ETAG, &[etag]).expect("room");
    options.iter().try_for_each(|(number, value)| writer.uint(*number, *value)).expect("room");
    let length = writer.payload(payload).expect("room");
    buffer.truncate(length);
    buffer
}

/// A server that asks for smaller blocks now and then gets every byte once, in order.
fn uploaded(input: &mut Bytes<'_>) {
    let length = usize::from(input.short());
    let exponent = input.byte().unwrap_or(0) % 7;
    let Some(mut upload) = Upload::new(length, exponent) else {
        return assert!(length <= 16 << exponent);
    };
    let mut received = 0;
    loop {
        let (block, range) = upload.block();
        assert_eq!((block.offset(), range.start), (received, received));
        assert!(!range.is_empty() && range.len() <= block.size());
        received = range.end;
        assert_eq!(block.more, received < length);
        let wish = input.byte().unwrap_or(6);
        let smaller = Block { exponent: block.exponent.min(wish % 7), ..block };
        let code = if block.more { 0x5f } else { 0x44 };
        let answer = response(code, &[(number::BLOCK1, smaller.to_option())], 1, &[]);
        match upload.step(&Part::of(&Message::parse(&answer).expect("a message"))) {
            Sent::Answered => return assert_eq!(received, length),
            Sent::Next => assert!(received < length),
        }
    }
}

/// Any responses: a download ends, breaks off, or holds what was cut.
fn downloaded(input: &mut Bytes<'_>) {
    let mut download = Download::default();
    let mut received = 0;
    while let Some(choice) = input.byte() {
        let number = u32::from(input.byte().unwrap_or(0));
        let block = Block { number, more: choice & 1 != 0, exponent: choice >> 1 & 3 };
        let short = choice & 0x40 != 0;
        let payload = vec![choice; if short { usize::from(choice >> 3) } else { block.size() }];
        let options: &[_] = if choice & 0x80 == 0 { &[(number::BLOCK2, block.to_option())] } else { &[] };
        let code = if choice & 0x30 == 0x30 { 0x84 } else { 0x45 };
        let answer = response(code, options, choice >> 5 & 1, &payload);
        match download.step(&Part::of(&Message::parse(&answer).expect("a message"))) {
            Step::More(next) => {
                received += payload.len();
                assert_eq!((next.offset(), download.received()), (received, received));
            }
            Step::Done => {
                return assert_eq!(download.received(), received + payload.len());
            }
            Step::Changed | Step::Broken => assert_eq!(download.received(), received),
        }
    }
}

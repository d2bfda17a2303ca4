//! RFC 7959: block-wise transfer, served by the engine with fixed storage.

use twite::base::Duration;
use twite::endpoint::FixedStorage;
use twite::exchange::{Download, ETag, Part, Response, Sent, Step, Upload};
use twite::wire::{Block, Message};
use twite_tests::engine::{DeviceStorage, Engine, peer};

use crate::datagram::{Answer, Datagram, GET, POST, PUT};

const ETAG: u16 = 4;
const CONTENT_FORMAT: u16 = 12;
const BLOCK2: u16 = 23;
const BLOCK1: u16 = 27;
const SIZE2: u16 = 28;
const SIZE1: u16 = 60;

/// Bytes that differ from place to place.
fn body(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

fn option(block: Block) -> Vec<u8> {
    let bytes = block.to_option().to_be_bytes();
    let skip = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes[skip..].to_vec()
}

fn block_of(answer: &Answer, number: u16) -> Block {
    Block::from_option(answer.uint(number).expect("a block option")).expect("a size")
}

/// Asks for `/large`, `length` bytes, with or without a block.
#[track_caller]
fn large(engine: &mut Engine<'_>, id: u16, length: usize, block: Option<Block>) -> Answer {
    let mut datagram = Datagram::con(GET, id).path("large");
    if let Some(block) = block {
        datagram = datagram.option(BLOCK2, &option(block));
    }
    let body = body(length);
    let sent = engine.receive_with(peer(1), &datagram.bytes(), |incoming| {
        incoming.respond(&Response { etag: ETag::new(b"v1"), ..Response::content(Some(42), &body) });
    });
    Answer::only(&sent)
}

#[test]
fn section_2_4_late_negotiation_the_server_cuts_what_fits_no_message() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let whole = body(3000);
    let mut received = Vec::new();
    let mut next = None;
    for id in 1.. {
        let answer = large(&mut engine, id, 3000, next);
        assert_eq!(answer.dotted(), "2.05");
        assert_eq!(answer.option(ETAG), Some(&b"v1"[..]));
        let block = block_of(&answer, BLOCK2);
        assert_eq!((block.offset(), block.exponent), (received.len(), 4), "256 bytes fit messages of 512");
        assert_eq!(answer.uint(SIZE2), (block.number == 0).then_some(3000));
        received.extend(answer.payload);
        if !block.more {
            break;
        }
        next = Some(Block { number: block.number + 1, more: false, exponent: block.exponent });
    }
    assert_eq!(received, whole);
}

#[test]
fn section_2_4_early_negotiation_and_random_access_in_every_size() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let whole = body(2000);
    let mut id = 0;
    for exponent in 0..=Block::MAX_EXPONENT {
        for offset in [0, 1024, 0] {
            id += 1;
            let asked = Block { number: offset >> (exponent + 4), more: false, exponent };
            let answer = large(&mut engine, id, 2000, Some(asked));
            let got = block_of(&answer, BLOCK2);
            assert_eq!(got.exponent, exponent.min(4), "no larger than asked, no larger than fits");
            assert_eq!(got.offset(), offset as usize);
            assert_eq!(answer.payload, whole[got.offset()..got.offset() + got.size()]);
            assert!(got.more);
        }
    }
}

#[test]
fn section_2_4_a_small_body_is_one_block() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    assert_eq!(large(&mut engine, 1, 100, None).uint(BLOCK2), None);
    let asked = Block { number: 0, more: true, exponent: 6 };
    let block = block_of(&large(&mut engine, 2, 100, Some(asked)), BLOCK2);
    assert_eq!((block.number, block.more), (0, false), "the flag of the request means nothing");
}

#[test]
fn section_2_2_a_block_behind_the_end_and_a_reserved_size_are_bad_requests() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    for (id, number) in [(1, 1), (2, Block::MAX_NUMBER)] {
        let beyond = Block { number, more: false, exponent: 6 };
        assert_eq!(large(&mut engine, id, 100, Some(beyond)).dotted(), "4.00", "{number}");
    }
    let reserved = Datagram::con(GET, 3).path("t").option(BLOCK2, &[0x57]);
    assert_eq!(Answer::only(&engine.receive(peer(1), &reserved.bytes())).dotted(), "4.00");
}

/// A block of `whole` put to `/sink`; the answer, and the body if it is complete.
#[track_caller]
fn put(engine: &mut Engine<'_>, port: u16, id: u16, block: Block, whole: &[u8]) -> (Answer, Option<Vec<u8>>) {
    let part = &whole[block.offset().min(whole.len())..(block.offset() + block.size()).min(whole.len())];
    put_datagram(
        engine,
        port,
        &Datagram::con(PUT, id).path("sink").option(BLOCK1, &option(block)).payload(part),
    )
}

#[track_caller]
fn put_datagram(engine: &mut Engine<'_>, port: u16, datagram: &Datagram) -> (Answer, Option<Vec<u8>>) {
    let mut complete = None;
    let sent = engine.receive_with(peer(port), &datagram.bytes(), |incoming| {
        complete = Some(incoming.body().to_vec());
        incoming.respond(&Response::new(twite::wire::ResponseType::Changed));
    });
    (Answer::only(&sent), complete)
}

const fn block(number: u32, more: bool) -> Block {
    Block { number, more, exponent: 4 }
}

#[test]
fn section_2_5_a_body_in_blocks_is_handed_over_once_and_whole() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let whole = body(700);
    for number in 0..2 {
        let (answer, complete) = put(&mut engine, 1, number as u16, block(number, true), &whole);
        assert_eq!((answer.dotted().as_str(), complete), ("2.31", None));
        assert_eq!(block_of(&answer, BLOCK1), block(number, true), "echoed");
    }
    let again = put(&mut engine, 1, 1, block(1, true), &whole);
    assert_eq!((again.0.dotted().as_str(), again.1), ("2.31", None), "a repeated block changes nothing");
    let (answer, complete) = put(&mut engine, 1, 2, block(2, false), &whole);
    assert_eq!((answer.dotted().as_str(), complete), ("2.04", Some(whole)));
    assert_eq!(block_of(&answer, BLOCK1), block(2, false));
}

#[test]
fn section_2_9_2_a_gap_or_another_format_makes_the_body_incomplete() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let whole = body(700);
    assert_eq!(put(&mut engine, 1, 1, block(1, true), &whole).0.dotted(), "4.08", "nothing before it");
    put(&mut engine, 1, 2, block(0, true), &whole);
    assert_eq!(put(&mut engine, 1, 3, block(2, false), &whole).0.dotted(), "4.08", "one is missing");
    assert_eq!(put(&mut engine, 1, 4, block(1, true), &whole).0.dotted(), "4.08", "and all is forgotten");
    put(&mut engine, 1, 5, block(0, true), &whole);
    let other = Datagram::con(PUT, 6).path("sink").option(CONTENT_FORMAT, &[60]);
    let other = other.option(BLOCK1, &option(block(1, true))).payload(&whole[256..512]);
    assert_eq!(put_datagram(&mut engine, 1, &other).0.dotted(), "4.08", "another Content-Format");
}

#[test]
fn section_2_3_a_block_that_is_not_the_last_is_full() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    assert_eq!(put(&mut engine, 1, 1, block(0, true), &body(255)).0.dotted(), "4.00");
}

#[test]
fn section_2_9_3_a_body_that_is_too_large_is_refused_with_size1() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let whole = body(2000);
    for number in 0..3 {
        assert_eq!(put(&mut engine, 1, number as u16, block(number, true), &whole).0.dotted(), "2.31");
    }
    let (answer, _) = put(&mut engine, 1, 3, block(3, true), &whole);
    assert_eq!((answer.dotted().as_str(), answer.uint(SIZE1)), ("4.13", Some(1024)));
    let announced = Datagram::con(PUT, 9).path("sink").option(BLOCK1, &option(block(0, true)));
    let announced = announced.option(SIZE1, &[4, 1]).payload(&whole[..256]);
    let (answer, _) = put_datagram(&mut engine, 1, &announced);
    assert_eq!((answer.dotted().as_str(), answer.uint(SIZE1)), ("4.13", Some(1024)), "1025 are announced");
}

#[test]
fn section_7_1_one_body_at_a_time_until_it_has_waited_too_long() {
    let mut storage = FixedStorage::<8, 8, 512, 1024>::new();
    let mut engine = Engine::on(storage.lend());
    let whole = body(700);
    assert_eq!(put(&mut engine, 1, 1, block(0, true), &whole).0.dotted(), "2.31");
    assert_eq!(put(&mut engine, 2, 1, block(0, true), &whole).0.dotted(), "5.03");
    engine.pass(Duration::from_secs(247));
    assert_eq!(put(&mut engine, 2, 2, block(0, true), &whole).0.dotted(), "2.31");
    assert_eq!(put(&mut engine, 1, 2, block(1, true), &whole).0.dotted(), "4.08");
}

#[test]
fn a_post_in_many_blocks_takes_one_place_among_what_is_done_once() {
    let mut storage = FixedStorage::<8, 4, 512, 1024>::new();
    let mut engine = Engine::on(storage.lend());
    let whole = body(16 * 20);
    for number in 0..20 {
        let block = Block { number, more: number < 19, exponent: 0 };
        let datagram = Datagram::con(POST, number as u16).path("sink").option(BLOCK1, &option(block));
        let datagram = datagram.payload(&whole[block.offset()..block.offset() + 16]);
        let (answer, complete) = put_datagram(&mut engine, 1, &datagram);
        let expected = if number < 19 { ("2.31", None) } else { ("2.04", Some(whole.clone())) };
        assert_eq!((answer.dotted().as_str(), complete), expected, "block {number}");
    }
}

/// What a client makes of an answer.
fn part(answer: &Datagram) -> Part {
    Part::of(&Message::parse(&answer.bytes()).expect("well-formed"))
}

fn content(etag: &[u8], block: Block, payload: &[u8]) -> Part {
    part(&Datagram::con(0x45, 1).option(ETAG, etag).option(BLOCK2, &option(block)).payload(payload))
}

#[test]
fn section_2_4_a_client_notices_that_the_resource_changed() {
    let first = content(b"1", block(0, true), &[0; 256]);
    let mut download = Download::default();
    assert_eq!(download.step(&first), Step::More(block(1, false)));
    assert_eq!(download.step(&content(b"2", block(1, true), &[0; 256])), Step::Changed);
    let mut download = Download::default();
    download.step(&first);
    assert_eq!(download.step(&content(b"1", block(2, true), &[0; 256])), Step::Broken, "not the next one");
    let mut download = Download::default();
    download.step(&first);
    assert_eq!(download.step(&content(b"1", block(1, false), &[0; 7])), Step::Done);
    assert_eq!(download.received(), 263);
    assert_eq!(Download::default().step(&content(b"1", block(0, true), &[0; 255])), Step::Broken, "not full");
}

#[test]
fn section_2_3_a_client_follows_a_server_to_smaller_blocks() {
    let mut upload = Upload::new(3000, 6).expect("more than a block");
    assert_eq!(upload.block().1, 0..1024);
    let smaller = Block { number: 0, more: true, exponent: 2 };
    let next = upload.step(&part(&Datagram::con(0x5f, 1).option(BLOCK1, &option(smaller))));
    assert_eq!(next, Sent::Next);
    assert_eq!(upload.block(), (Block { number: 16, more: true, exponent: 2 }, 1024..1088));
    assert_eq!(upload.step(&part(&Datagram::con(0x8d, 1))), Sent::Answered, "4.13 ends it");
    assert!(Upload::new(1024, 6).is_none());
}

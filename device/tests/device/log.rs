//! The log is longer than a datagram: it goes in blocks of one version.

use twite::wire::{Block, RawOption, RequestType, number};
use twite_device::Settings;

use crate::parts::Memory;
use crate::world::{Room, Sent, World, seconds};

const LOG: &str = "nodes/board/log";

fn block(world: &mut World<'_>, block: u32) -> Sent {
    let asked = Block { number: block, more: false, exponent: 2 }.to_option().to_be_bytes();
    let option = RawOption { number: number::BLOCK2, value: &asked[1..] };
    world.ask(RequestType::Get, LOG, &[option], &[]).swap_remove(0)
}

fn etag(sent: &Sent) -> Vec<u8> {
    sent.message().values(number::ETAG).next().expect("a tag").to_vec()
}

/// The whole log, in as many blocks as it takes.
fn read(world: &mut World<'_>) -> String {
    let (mut text, mut tags) = (Vec::new(), Vec::new());
    for at in 0.. {
        let sent = block(world, at);
        assert_eq!((sent.code().as_str(), sent.option(number::CONTENT_FORMAT)), ("2.05", Some(0)));
        text.extend(sent.payload());
        tags.push(etag(&sent));
        let more = sent.option(number::BLOCK2).and_then(Block::from_option).expect("a block").more;
        if !more {
            break;
        }
    }
    assert!(tags.len() < 2 || tags.iter().all(|tag| *tag == tags[0]), "blocks of one version");
    String::from_utf8(text).expect("text")
}

#[test]
fn the_newest_lines_come_in_blocks() {
    let mut room = Room::new();
    let mut world = World::new(&mut room, Settings::DEFAULT);
    for presses in 0..40 {
        world.button.0.set(presses % 2 == 0);
        world.pass(seconds(3));
    }
    let text = read(&mut world);
    assert!(text.len() > 450 && text.len() <= 512, "{}", text.len());
    assert!(text.ends_with("117 button released\n"), "{text}");
    assert!(text.lines().all(|line| line.contains(" button ")), "the first line made room:\n{text}");
    let whole = world.get(LOG);
    let first = whole.option(number::BLOCK2).and_then(Block::from_option).expect("too long for one datagram");
    assert!(first.more && whole.option(number::SIZE2) == Some(text.len() as u32));
}

#[test]
fn another_line_is_another_version() {
    let mut room = Room::new();
    let mut world = World::new(&mut room, Settings::DEFAULT);
    let before = etag(&world.get(LOG));
    let held = RawOption { number: number::ETAG, value: &before };
    assert_eq!(world.ask(RequestType::Get, LOG, &[held], &[])[0].code(), "2.03");
    world.device.node().note("something happened");
    let after = world.ask(RequestType::Get, LOG, &[held], &[]).swap_remove(0);
    assert_eq!((after.code().as_str(), etag(&after) == before), ("2.05", false));
    assert!(read(&mut world).ends_with("0 something happened\n"));
}

#[test]
fn the_same_text_of_another_run_is_another_version() {
    let memory = Memory::default();
    let tags = [1, 2].map(|seed| {
        let mut room = Room::new();
        etag(&World::on(&mut room, Settings::DEFAULT, memory.clone(), seed).get(LOG))
    });
    assert_ne!(tags[0], tags[1]);
}

#[test]
fn delete_empties_it_under_conditions() {
    let mut room = Room::new();
    let mut world = World::new(&mut room, Settings::DEFAULT);
    assert_eq!(world.get(LOG).payload(), b"0 started\n");
    let other = RawOption { number: number::IF_MATCH, value: b"other" };
    assert_eq!(world.ask(RequestType::Delete, LOG, &[other], &[])[0].code(), "4.12");
    let tag = etag(&world.get(LOG));
    let same = RawOption { number: number::IF_MATCH, value: &tag };
    assert_eq!(world.ask(RequestType::Delete, LOG, &[same], &[])[0].code(), "2.02");
    let empty = world.get(LOG);
    assert_eq!((empty.code().as_str(), empty.payload().len()), ("2.05", 0));
    assert_eq!(world.ask(RequestType::Put, LOG, &[], b"x")[0].code(), "4.05");
    let accept = RawOption { number: number::ACCEPT, value: &[60] };
    assert_eq!(world.ask(RequestType::Get, LOG, &[accept], &[])[0].code(), "4.06");
}

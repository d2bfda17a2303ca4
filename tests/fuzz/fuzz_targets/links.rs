//! Listings of links and filters: any bytes are read, what is written is read to the same, in windows of any size.
#![no_main]

use libfuzzer_sys::fuzz_target;
use twite::resource::filter::Filter;
use twite::resource::link::Link;
use twite::resource::link_reader::{ParsedLink, parse_links};
use twite::resource::link_writer::LinkWriter;
use twite_fuzz::bytes::Bytes;

fuzz_target!(|input: &[u8]| {
    listing(input);
    written(&mut Bytes(input));
});

/// Every link and every mistake lies in the listing, and there are not more of them than bytes.
fn listing(bytes: &[u8]) {
    let mut count = 0;
    for link in parse_links(bytes) {
        count += 1;
        match link {
            Ok(link) => {
                let mut length = link.target().len();
                for (name, value) in link.attributes() {
                    assert!(!name.is_empty());
                    assert!(value.chars().count() <= value.raw().len());
                    assert!(link.attribute(name).is_some());
                    length += name.len() + value.raw().len();
                }
                assert!(length < bytes.len());
            }
            Err(error) => assert!(error.offset <= bytes.len() && !error.to_string().is_empty()),
        }
    }
    assert!(count <= bytes.len());
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

fn written(input: &mut Bytes<'_>) {
    let (choice, window) = (input.byte().unwrap_or(0), usize::from(input.byte().unwrap_or(0)) + 1);
    let query = input.slice();
    let formats = [input.short(), input.short()];
    let mut link = |more: bool| Link {
        path: text(input.slice()),
        resource_type: text(input.slice()),
        interface: text(input.slice()),
        title: text(input.slice()),
        content_formats: &formats[..usize::from(choice & 3).min(2)],
        size: more.then_some(u32::from(choice) << 20),
        observable: more,
    };
    let links = [link(choice & 4 != 0), link(choice & 8 != 0)];
    let filter = Filter::parse(std::iter::once(query)).unwrap_or(Filter::ALL);
    let matching: Vec<_> = links.iter().filter(|link| filter.matches(link)).collect();
    let whole = write(&matching, 0, 8_192);
    let mut blocks = Vec::new();
    while blocks.len() < whole.len() {
        blocks.extend(write(&matching, blocks.len(), window));
    }
    assert_eq!(blocks, whole, "every window is a slice of the whole");
    let read: Vec<_> = parse_links(&whole).collect::<Result<_, _>>().expect("we read what we write");
    assert_eq!(read.len(), matching.len());
    for (read, link) in read.iter().zip(matching) {
        same(read, link);
    }
}

fn write(links: &[&Link<'_>], offset: usize, window: usize) -> Vec<u8> {
    let mut buffer = vec![0; window];
    let mut writer = LinkWriter::new(&mut buffer, offset);
    links.iter().for_each(|link| writer.link(link));
    assert_eq!(writer.has_more(), writer.total() > offset + writer.stored());
    let stored = writer.stored();
    buffer.truncate(stored);
    buffer
}

/// What was read is what was meant.
fn same(read: &ParsedLink<'_>, link: &Link<'_>) {
    assert_eq!(decoded(read.target()), [b"/", link.path.as_bytes()].concat());
    let found = |name| read.attribute(name).map(|value| value.to_string()).unwrap_or_default();
    assert_eq!(found("rt"), link.resource_type);
    assert_eq!(found("if"), link.interface);
    assert_eq!(found("title"), link.title);
    let formats: Vec<_> = link.content_formats.iter().map(u16::to_string).collect();
    assert_eq!(found("ct"), formats.join(" "));
    assert_eq!(found("sz"), link.size.map(|size| size.to_string()).unwrap_or_default());
    assert_eq!(read.attribute("obs").is_some(), link.observable);
}

/// A target without its percent-encoding.
fn decoded(target: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), target.as_bytes());
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first == b'%' {
            let digits = text(&rest[..2]);
            bytes.push(u8::from_str_radix(digits, 16).expect("two hexadecimal digits"));
            rest = &rest[2..];
        } else {
            bytes.push(first);
        }
    }
    bytes
}

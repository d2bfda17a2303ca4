//! LINK: discovery and its filters.

use twite::exchange::Outgoing;
use twite::resource::link_reader::parse_links;
use twite::wire::{RequestType, number};
use twite_tests::ask::{ask, code};

use super::{Path, Plugtest};

/// The targets that a query finds, and the whole text.
fn find(plugtest: &Plugtest, query: Option<&str>) -> (Vec<String>, String) {
    let query: Vec<&[u8]> = query.iter().map(|filter| filter.as_bytes()).collect();
    let shape = |get| Outgoing { query: &query, ..get };
    let reply = ask(plugtest.server.address(), RequestType::Get, ".well-known/core", shape);
    assert_eq!((code(&reply).as_str(), reply.content_format()), ("2.05", Some(40)));
    let targets = parse_links(&reply.payload).map(|link| link.expect("a link").target().to_owned());
    (targets.collect(), String::from_utf8(reply.payload.clone()).expect("text"))
}

fn found(query: &str) -> Vec<String> {
    find(&Plugtest::start(), Some(query)).0
}

const BLOCKS: [&str; 5] = ["/large", "/large-separate", "/large-update", "/large-create", "/large-post"];
const LINKS: [&str; 3] = ["/link1", "/link2", "/link3"];
const OBSERVED: [&str; 5] = ["/obs", "/obs-non", "/obs-large", "/obs-pumping", "/obs-pumping-non"];

#[test]
fn td_coap_link_01_all_links() {
    let (targets, text) = find(&Plugtest::start(), None);
    for target in ["/test", "/separate", "/seg1/seg2/seg3", "/query", "/multi-format", "/validate", "/path"] {
        assert!(targets.iter().any(|found| found == target), "{target}: {text}");
    }
    for target in BLOCKS.iter().chain(&LINKS).chain(&OBSERVED) {
        assert!(targets.iter().any(|found| found == target), "{target}: {text}");
    }
    assert!(!text.contains("create1"), "it does not exist yet");
    assert!(text.contains(r#"</multi-format>;ct="0 41 50 60""#), "{text}");
}

#[test]
fn td_coap_link_02_one_value() {
    assert_eq!(found("rt=Type1"), ["/link1", "/link3"]);
}

#[test]
fn td_coap_link_03_any_value() {
    assert_eq!(found("rt=*"), [&BLOCKS[..], &LINKS, &OBSERVED, &["/stats"]].concat());
}

#[test]
fn td_coap_link_04_a_value_at_any_place() {
    assert_eq!(found("rt=Type2"), ["/link1", "/link2"]);
}

#[test]
fn td_coap_link_05_a_prefix() {
    assert_eq!(found("if=If*"), ["/link1", "/link2"]);
}

#[test]
fn td_coap_link_06_sizes() {
    let (targets, text) = find(&Plugtest::start(), Some("sz=*"));
    assert_eq!(targets, BLOCKS[..3]);
    assert!(text.starts_with("</large>;rt=\"block\";ct=0;") && text.contains(";sz=1280"), "{text}");
}

#[test]
fn td_coap_link_07_one_target() {
    assert_eq!(found("href=/link1"), ["/link1"]);
}

#[test]
fn td_coap_link_08_targets_by_prefix() {
    assert_eq!(found("href=/link*"), LINKS);
}

#[test]
fn td_coap_link_09_a_list_below() {
    let plugtest = Plugtest::start();
    let (_, text) = find(&plugtest, Some("ct=40"));
    let path = text.split(',').find(|link| link.starts_with("</path>")).expect("it is listed");
    assert!(path.contains(";ct=40"), "{path}");
    let client = plugtest.client();
    let list = client.get(&[b"path"]);
    assert_eq!((list.code.as_str(), list.content_format()), ("2.05", Some(40)));
    let below: Vec<String> =
        parse_links(&list.payload).map(|link| link.expect("a link").target().to_owned()).collect();
    assert_eq!(below, ["/path/sub1", "/path/sub2", "/path/sub3"]);
    let sub: Path<'_> = &[b"path", b"sub1"];
    let read = client.get(sub);
    assert_eq!((read.code.as_str(), read.uint(number::CONTENT_FORMAT)), ("2.05", Some(0)));
}

#[test]
fn what_can_be_observed_says_so() {
    let plugtest = Plugtest::start();
    twite_tests::ask::put(plugtest.server.address(), "stored", 0, b"here");
    let (targets, _) = find(&plugtest, Some("obs=*"));
    assert_eq!(targets, [&OBSERVED[..], &["/stored"]].concat());
}

//! Listings as peers write them, and as no peer should.

extern crate std;

use std::{
    format,
    string::{String, ToString as _},
    vec::Vec,
};

use LinkErrorKind::*;
use proptest::prelude::*;

use super::*;

/// Each link as `target name=value …`, each error as its place and kind.
fn read(listing: &[u8]) -> Vec<Result<String, (usize, LinkErrorKind)>> {
    let one = |link: ParsedLink<'_>| {
        let attributes = link.attributes().map(|(name, value)| format!(" {name}={value}"));
        [link.target().to_string()].into_iter().chain(attributes).collect::<String>()
    };
    parse_links(listing).map(|link| link.map(one).map_err(|error| (error.offset, error.kind))).collect()
}

fn good(listing: &str, expected: &[&str]) {
    let links: Result<Vec<_>, _> = read(listing.as_bytes()).into_iter().collect();
    assert_eq!(links.expect(listing), expected, "{listing}");
}

#[test]
fn listings_of_the_standard_are_read() {
    good("", &[]);
    good("</sensors>;ct=40;title=\"Sensor Index\",", &["/sensors ct=40 title=Sensor Index"]);
    good("</t>;rt=\"a b\";obs,<coap://[::1]/x,y>;if=\"s\"", &["/t rt=a b obs=", "coap://[::1]/x,y if=s"]);
    good("<>", &[""]);
    good("</a>;title=\"x,</b>;y\",</c>", &["/a title=x,</b>;y", "/c"]);
    good(r#"</a>;title="say \"hi\\\"""#, &[r#"/a title=say "hi\""#]);
    good(r"</a>;x=back\slash", &[r"/a x=back\slash"]); // no quotes, no pairs
    good("</a>;title*=UTF-8'de'%c3%a9;anchor=\"\"", &["/a title*=UTF-8'de'%c3%a9 anchor="]);
}

#[test]
fn white_space_and_empty_elements_are_passed_over() {
    good(" </a> ; rt = \"x\" ;\tobs ,\r\n</b>\n,, ,</c>", &["/a rt=x obs=", "/b", "/c"]);
}

#[test]
fn the_first_attribute_of_a_name_is_found() {
    let link = parse_links(b"</a>;rt=\"\\x\";rt=y;obs").next().expect("one").expect("a link");
    let value = link.attribute("rt").expect("an attribute");
    assert_eq!((value.raw(), value.to_string()), ("\\x", "x".to_string()));
    assert_eq!(link.attribute("obs").map(|value| value.raw()), Some(""));
    assert_eq!(link.attribute("ct"), None);
}

#[test]
fn an_error_names_its_place_and_the_next_link_is_read() {
    let next = || Ok("/b".to_string());
    assert_eq!(read(b"a>,</b>"), [Err((0, Opening)), next()]);
    assert_eq!(read(b"</a,</x>,</b>"), [Err((4, Closing)), next()]); // a target may hold a comma
    assert_eq!(read(b"</a\n>,</b>"), [Err((3, Closing)), next()]);
    assert_eq!(read(b"</a>x,</b>"), [Err((4, Separator)), next()]);
    assert_eq!(read(b"</a>;rt=\"x\"y,</b>"), [Err((11, Separator)), next()]);
    assert_eq!(read(b"</a>;=x,</b>"), [Err((5, Name)), next()]);
    assert_eq!(read(b"</a>;,</b>"), [Err((5, Name)), next()]);
    assert_eq!(read(b"</\xff>,</b>"), [Err((0, Text)), next()]);
    assert_eq!(read(b"</b>,</a>;t=\"\xff,\",</b>"), [next(), Err((5, Text)), next()]);
    assert_eq!(read(b"</a>;t=\"x,</b>"), [Err((14, ClosingQuote))]);
    assert_eq!(read(b"</a>;t=\"\\"), [Err((9, ClosingQuote))]);
    let sentence = parse_links(b"x").next().expect("one").expect_err("an error").to_string();
    assert_eq!(sentence, "link format byte 0: expected `<` before the target of a link");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn garbage_ends(listing in proptest::collection::vec(
        prop_oneof![Just(b'<'), Just(b'>'), Just(b';'), Just(b','), Just(b'"'), Just(b'\\'), Just(b'='), any::<u8>()],
        0..60,
    )) {
        let links = read(&listing);
        prop_assert!(links.len() <= listing.len());
        let places = links.iter().filter_map(|link| link.as_ref().err()).map(|(offset, _)| offset);
        prop_assert!(places.is_sorted());
    }
}

//! RFC 6690 and RFC 7252 §7.2: discovery of a board.

use crate::board::{Board, ask};
use crate::datagram::{Answer, DELETE, Datagram, GET, POST, PUT};

const LISTING: &str = concat!(
    r#"</sensors/in/temperature>;rt="temperature";if="core.s";ct=60;title="Temperature","#,
    r#"</sensors/out/temperature>;rt="temperature";if="core.s";ct=60;title="Temperature","#,
    r#"</sensors/a/humidity>;rt="humidity";if="core.s";ct=60;title="Humidity","#,
    r#"</lamps/a>;rt="lamp";if="core.a";ct=60;title="Lamp","#,
    r#"</buttons/a>;rt="button";if="core.s";ct=60;title="Button","#,
    r#"</nodes/a>;rt="node";if="core.p";ct=60;title="Node""#,
);

fn core(query: &[&[u8]]) -> Answer {
    let request = Datagram::con(GET, 1).path(".well-known/core");
    let request = query.iter().fold(request, |request, argument| request.option(15, argument));
    ask(&mut Board::new(), &request)
}

/// The paths that a query lists.
fn paths(query: &str) -> String {
    let answer = core(&[query.as_bytes()]);
    assert_eq!((answer.dotted().as_str(), answer.uint(12)), ("2.05", Some(40)), "{query}");
    let text = String::from_utf8(answer.payload).expect("link format is text");
    let links = text.split(',').filter(|link| !link.is_empty());
    links.map(|link| &link[1..link.find('>').expect("a target")]).collect::<Vec<_>>().join(" ")
}

#[test]
fn rfc_6690_section_4_the_listing_of_a_board() {
    let answer = core(&[]);
    assert_eq!((answer.dotted().as_str(), answer.uint(12)), ("2.05", Some(40)));
    assert_eq!(String::from_utf8_lossy(&answer.payload), LISTING);
}

#[test]
fn rfc_6690_section_4_1_one_filter_selects_links() {
    let sensors = "/sensors/in/temperature /sensors/out/temperature /sensors/a/humidity";
    let all = format!("{sensors} /lamps/a /buttons/a /nodes/a");
    for (query, expected) in [
        ("rt=lamp", "/lamps/a"),
        ("rt=lam", ""),
        ("rt=lam*", "/lamps/a"),
        ("rt=*", &all),
        ("rt=temperature", "/sensors/in/temperature /sensors/out/temperature"),
        ("if=core.a", "/lamps/a"),
        ("if=core.p", "/nodes/a"),
        ("if=core.*", &all),
        ("ct=60", &all),
        ("ct=6*", &all),
        ("ct=6", ""),
        ("ct=50", ""),
        ("href=/lamps/a", "/lamps/a"),
        ("href=/sensors/*", sensors),
        ("href=/sensors/in*", "/sensors/in/temperature"),
        ("href=/lamps", ""),
        ("href=*", &all),
        ("title=Lamp", "/lamps/a"),
        ("title=lamp", ""),
        ("title=B*", "/buttons/a"),
        ("sz=*", ""),
        ("unknown=1", ""),
        ("unknown=*", ""),
    ] {
        assert_eq!(paths(query), expected, "{query}");
    }
}

#[test]
fn rfc_6690_section_4_1_what_is_no_single_filter_is_a_bad_request() {
    for query in [&[b"rt=lamp".as_slice(), b"if=core.a"][..], &[b"rt"], &[b"=x"], &[b""]] {
        assert_eq!(core(query).dotted(), "4.00", "{query:?}");
    }
}

#[test]
fn rfc_7252_section_7_2_discovery_is_get_of_link_format() {
    let request = |code| Datagram::con(code, 1).path(".well-known/core");
    for code in [POST, PUT, DELETE] {
        assert_eq!(ask(&mut Board::new(), &request(code)).dotted(), "4.05");
    }
    assert_eq!(ask(&mut Board::new(), &request(GET).option(17, &[40])).payload, LISTING.as_bytes());
    assert_eq!(ask(&mut Board::new(), &request(GET).option(17, &[60])).dotted(), "4.06");
    for path in [".well-known", ".well-known/core/", ".well-known/Core"] {
        assert_eq!(ask(&mut Board::new(), &Datagram::con(GET, 1).path(path)).dotted(), "4.04", "{path}");
    }
}

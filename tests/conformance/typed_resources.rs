//! The typed catalog over CoAP: methods, validation, conditions.

use twite::catalog::{Celsius, LampState};

use crate::board::{Board, ask, problem};
use crate::datagram::{Answer, DELETE, Datagram, GET, POST, PUT};

const TEMPERATURE: &str = "sensors/in/temperature";
const HUMIDITY: &str = "sensors/a/humidity";
const LAMP: &str = "lamps/a";
const BUTTON: &str = "buttons/a";
const NODE: &str = "nodes/a";

fn get(board: &mut Board, path: &str) -> Answer {
    ask(board, &Datagram::con(GET, 1).path(path))
}

fn put(board: &mut Board, path: &str, body: &[u8]) -> Answer {
    ask(board, &Datagram::con(PUT, 1).path(path).body(60, body))
}

#[test]
fn every_resource_of_the_catalog_is_read_as_cbor() {
    let mut board = Board::new();
    for (path, body) in [
        (TEMPERATURE, &b"\xa1\x00\xf9\x4d\x60"[..]),
        (HUMIDITY, b"\xa2\x00\xf9\x51\x00\x01\x01"),
        (LAMP, b"\xa1\x00\xf4"),
        (BUTTON, b"\xa2\x00\xf4\x01\x03"),
        (NODE, b"\xa3\x00\x05\x01\x19\x27\xdb\x02\x18\x5a"),
    ] {
        let answer = get(&mut board, path);
        assert_eq!((answer.dotted().as_str(), answer.uint(12)), ("2.05", Some(60)), "{path}");
        assert_eq!(answer.payload, body, "{path}");
        assert!(answer.option(4).is_some_and(|tag| !tag.is_empty()), "an ETag");
    }
}

#[test]
fn every_resource_of_the_catalog_is_written_and_read_back() {
    let mut board = Board::new();
    for (path, body) in [
        (TEMPERATURE, &b"\xa2\x00\xfa\xc1\xa2\x66\x66\x01\x1a\x65\x53\xf1\x00"[..]),
        (HUMIDITY, b"\xa1\x00\xf9\x56\x40"),
        (LAMP, b"\xa2\x00\xf5\x01\x18\x64"),
        (BUTTON, b"\xa2\x00\xf5\x01\x1a\xff\xff\xff\xff"),
        (NODE, b"\xa2\x00\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01\x00"),
    ] {
        let answer = put(&mut board, path, body);
        assert_eq!((answer.dotted().as_str(), answer.payload.len()), ("2.04", 0), "{path}");
        assert_eq!(answer.option(12), None, "no payload, no format");
        assert_eq!(get(&mut board, path).payload, body, "{path}");
    }
    assert_eq!(board.temperature, Celsius { celsius: -20.3, time: Some(1_700_000_000) });
}

#[test]
fn post_toggles_the_lamp_and_returns_its_state() {
    let mut board = Board::new();
    for on in [true, false] {
        let answer = ask(&mut board, &Datagram::con(POST, 1).path(LAMP));
        assert_eq!((answer.dotted().as_str(), answer.uint(12)), ("2.04", Some(60)));
        assert_eq!(answer.payload, [0xa1, 0x00, if on { 0xf5 } else { 0xf4 }]);
        assert_eq!(board.lamp, LampState { on, brightness: None });
    }
}

#[test]
fn delete_removes_the_node() {
    let mut board = Board::new();
    let delete = Datagram::con(DELETE, 1).path(NODE);
    assert_eq!(ask(&mut board, &delete).dotted(), "2.02");
    assert_eq!(board.node, None);
    assert_eq!(ask(&mut board, &delete).dotted(), "4.04");
    assert_eq!(get(&mut board, NODE).dotted(), "4.04");
    assert_eq!(put(&mut board, NODE, b"\xa2\x00\x01\x01\x02").dotted(), "2.04");
    assert_eq!(get(&mut board, NODE).dotted(), "2.05");
}

#[test]
fn a_body_in_another_form_means_the_same() {
    let mut board = Board::new();
    for (body, celsius) in [
        (&b"\xa1\x00\x15"[..], 21.0),
        (b"\xa1\x00\x38\x64", -101.0),
        (b"\xa1\x00\xfb\x40\x35\x80\x00\x00\x00\x00\x00", 21.5),
        (b"\xbf\x00\xf9\x4d\x60\xff", 21.5),
        (b"\xa2\x18\x63\x82\x01\x02\x00\x15", 21.0),
        (b"\xa1\x00\x19\x27\x10", 10_000.0),
    ] {
        assert_eq!(put(&mut board, TEMPERATURE, body).dotted(), "2.04", "{body:02x?}");
        assert_eq!(board.temperature, Celsius { celsius, time: None }, "{body:02x?}");
    }
}

#[test]
fn a_body_that_breaks_a_rule_is_refused_by_field_and_rule() {
    let mut board = Board::new();
    let celsius = "celsius: expected a number from -273.15 to 10000";
    let brightness = "brightness: expected a whole number from 0 to 100";
    let map = "expected a map with unsigned integer keys";
    for (path, body, detail) in [
        (TEMPERATURE, &b"\xa1\x00\xf9\xdc\x50"[..], celsius), // -276
        (TEMPERATURE, b"\xa1\x00\x19\x27\x11", celsius),      // 10001
        (TEMPERATURE, b"\xa1\x00\xf9\x7e\x00", celsius),      // not a number
        (TEMPERATURE, b"\xa1\x00\xf9\x7c\x00", celsius),      // infinity
        (TEMPERATURE, b"\xa1\x00\x62hi", celsius),
        (TEMPERATURE, b"\xa1\x00\xf6", celsius),
        (TEMPERATURE, b"\xa1\x00\xa0", celsius),
        (TEMPERATURE, b"\xa0", "celsius: missing"),
        (TEMPERATURE, b"\xa1\x01\x01", "celsius: missing"),
        (TEMPERATURE, b"\xa2\x00\x01\x01\x20", "time: expected a whole number from 0"),
        (TEMPERATURE, b"\xa2\x00\x01\x01\xf9\x3c\x00", "time: expected a whole number from 0"),
        (TEMPERATURE, b"\xa2\x00\x01\x01\x1b\x80\0\0\0\0\0\0\0", "time: expected a whole number from 0"),
        (HUMIDITY, b"\xa1\x00\x20", "percent: expected a number from 0 to 100"),
        (HUMIDITY, b"\xa1\x00\x18\x65", "percent: expected a number from 0 to 100"),
        (LAMP, b"\xa1\x00\x01", "on: expected true or false"),
        (LAMP, b"\xa1\x00\xf6", "on: expected true or false"),
        (LAMP, b"\xa1\x01\x01", "on: missing"),
        (LAMP, b"\xa2\x00\xf5\x01\x18\x65", brightness),
        (LAMP, b"\xa2\x00\xf5\x01\x20", brightness),
        (LAMP, b"\xa2\x00\xf5\x01\xf6", brightness),
        (BUTTON, b"\xa1\x00\xf5", "presses: missing"),
        (
            BUTTON,
            b"\xa2\x00\xf5\x01\x1b\0\0\0\x01\0\0\0\0",
            "presses: expected a whole number from 0 to 4294967295",
        ),
        (NODE, b"\xa1\x00\x01", "firmware: missing"),
        (NODE, b"\xa3\x00\x01\x01\x01\x02\x18\x65", "battery: expected a whole number from 0 to 100"),
        (LAMP, b"\x80", map),
        (LAMP, b"\xf5", map),
        (LAMP, b"\xa1\x62on\xf5", map),
        (LAMP, b"\xa1\x20\xf5", map),
        (LAMP, b"", "CBOR byte 0: the body ends, expected more of a CBOR item"),
        (LAMP, b"\xa1\x00", "CBOR byte 0: expected a length that the bytes left can hold"),
        (LAMP, b"\xbf\x00\xf5", "CBOR byte 3: the body ends, expected more of a CBOR item"),
        (LAMP, b"\xa1\x00\xf5\x00", "CBOR byte 3: expected the end of the body after one CBOR item"),
        (LAMP, b"\xa2\x00\xf5\x00\xf5", "CBOR byte 3: expected a key that the map does not have yet"),
        (LAMP, b"\xa2\x00\xf5\x02\x61\xff", "CBOR byte 4: expected text in UTF-8"),
    ] {
        let answer = put(&mut board, path, body);
        assert_eq!((answer.dotted().as_str(), answer.uint(12)), ("4.00", Some(257)), "{body:02x?}");
        let expected = problem("invalid body", detail);
        assert_eq!(answer.payload, expected, "{}", String::from_utf8_lossy(&answer.payload));
    }
    assert_eq!(board, Board::new(), "nothing was changed");
}

#[test]
fn paths_methods_and_formats_that_are_not_there_are_refused() {
    let mut board = Board::new();
    let mut code = |datagram: Datagram| ask(&mut board, &datagram).dotted();
    for path in ["sensors/in", "sensors/b/temperature", "sensors/in/humidity", "lamps", "lamps/a/b", "x"] {
        assert_eq!(code(Datagram::con(GET, 1).path(path)), "4.04", "{path}");
        assert_eq!(code(Datagram::con(PUT, 1).path(path).body(60, b"\xa0")), "4.04", "{path}");
    }
    assert_eq!(code(Datagram::con(GET, 1).path("lamps").option(11, b"\xff")), "4.04", "no text");
    assert_eq!(code(Datagram::con(GET, 1).path("1/2/3/4/5/6/7/8/9")), "4.04", "deep");
    assert_eq!(code(Datagram::con(GET, 1)), "4.04", "no path");
    for (method, path) in [(POST, TEMPERATURE), (DELETE, LAMP), (POST, NODE), (5, LAMP), (6, NODE), (7, NODE)]
    {
        assert_eq!(code(Datagram::con(method, 1).path(path).body(60, b"\xa0")), "4.05", "{method} {path}");
    }
    assert_eq!(code(Datagram::con(GET, 1).path(LAMP).option(17, &[50])), "4.06");
    assert_eq!(code(Datagram::con(POST, 1).path(LAMP).option(17, &[50])), "4.06");
    assert_eq!(code(Datagram::con(GET, 1).path(LAMP).option(17, &[60])), "2.05");
    assert_eq!(code(Datagram::con(PUT, 1).path(LAMP).body(50, b"{}")), "4.15");
    assert_eq!(code(Datagram::con(PUT, 1).path(LAMP).payload(b"\xa1\x00\xf5")), "4.15");
    assert_eq!(board, Board { lamp: board.lamp, ..Board::new() });
}

#[test]
fn a_refused_post_has_no_effect() {
    let mut board = Board::new();
    ask(&mut board, &Datagram::con(POST, 1).path(LAMP).option(17, &[50]));
    ask(&mut board, &Datagram::con(POST, 1).path(LAMP).option(1, b"other"));
    assert_eq!(board, Board::new());
}

#[test]
fn entity_tags_follow_the_representation() {
    let mut board = Board::new();
    let tag = get(&mut board, LAMP).option(4).expect("an ETag").to_vec();
    let held = Datagram::con(GET, 1).path(LAMP).option(4, &tag);
    let valid = ask(&mut board, &held);
    assert_eq!((valid.dotted().as_str(), valid.payload.len()), ("2.03", 0));
    assert_eq!(valid.option(4), Some(tag.as_slice()));
    let guarded = |tag: &[u8]| Datagram::con(PUT, 1).path(LAMP).body(60, b"\xa1\x00\xf5").option(1, tag);
    assert_eq!(ask(&mut board, &guarded(&tag)).dotted(), "2.04");
    assert_eq!(ask(&mut board, &guarded(&tag)).dotted(), "4.12", "it has another tag now");
    assert_eq!(ask(&mut board, &guarded(b"")).dotted(), "2.04");
    assert_eq!(ask(&mut board, &held).dotted(), "2.05");
    let create = Datagram::con(PUT, 1).path(NODE).body(60, b"\xa2\x00\x01\x01\x02").option(5, b"");
    assert_eq!(ask(&mut board, &create).dotted(), "4.12", "it exists");
    board.node = None;
    assert_eq!(ask(&mut board, &guarded(b"").path(NODE)).dotted(), "4.04", "lamps/a/nodes/a is nowhere");
    let change = Datagram::con(PUT, 1).path(NODE).body(60, b"\xa2\x00\x01\x01\x02").option(1, b"");
    assert_eq!(ask(&mut board, &change).dotted(), "4.12", "it does not exist");
    assert_eq!(ask(&mut board, &create).dotted(), "2.04");
}

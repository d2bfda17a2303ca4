//! RFC 8132 §3: PATCH and iPATCH of typed resources by merge patches in CBOR.

use twite::catalog::LampState;
use twite::exchange::Response;
use twite::wire::ResponseType;
use twite_tests::engine::{DeviceStorage, Engine, peer};

use crate::board::{Board, ask, problem};
use crate::datagram::{Answer, Datagram, GET, IPATCH, PATCH};

const LAMP: &str = "lamps/a";

fn patch(board: &mut Board, method: u8, body: &[u8]) -> Answer {
    ask(board, &Datagram::con(method, 1).path(LAMP).body(60, body))
}

#[test]
fn section_3_a_patch_changes_what_it_names_by_either_method() {
    for method in [PATCH, IPATCH] {
        let mut board = Board::new();
        for (body, on, brightness) in [
            (&b"\xa1\x01\x18\x32"[..], false, Some(50)),
            (b"\xa1\x00\xf5", true, Some(50)),
            (b"\xa0", true, Some(50)),
            (b"\xa2\x00\xf4\x01\xf6", false, None),
            (b"\xa1\x01\xf6", false, None),
            (b"\xbf\x18\x01\x07\xff", false, Some(7)),
        ] {
            let answer = patch(&mut board, method, body);
            assert_eq!((answer.dotted().as_str(), answer.payload.len()), ("2.04", 0), "{body:02x?}");
            assert_eq!(answer.option(12), None, "no payload, no format");
            assert_eq!(board.lamp, LampState { on, brightness }, "{body:02x?}");
        }
    }
}

#[test]
fn section_3_4_what_cannot_be_applied_is_refused_by_name_and_changes_nothing() {
    let brightness = "brightness: expected a whole number from 0 to 100";
    let map = "expected a map with unsigned integer keys";
    let unfit = ("4.22", "patch cannot be applied");
    let malformed = ("4.00", "malformed patch");
    for method in [PATCH, IPATCH] {
        let mut board = Board::new();
        for (body, (code, title), detail) in [
            (&b"\xa1\x00\xf6"[..], unfit, "on: missing"),
            (b"\xa1\x00\x01", unfit, "on: expected true or false"),
            (b"\xa2\x00\xf5\x01\x18\x65", unfit, brightness),
            (
                b"\xa1\x01\x7a\x7f\xff\xff\xff",
                malformed,
                "CBOR byte 2: expected a length that the bytes left can hold",
            ),
            (b"\xa2\x00\xf5\x07\x01", unfit, "7: expected one of 0 (on), 1 (brightness)"),
            (b"\xa1\x62on\xf5", unfit, map),
            (b"\x81\xf5", unfit, map),
            (b"\xf6", unfit, map),
            (b"", malformed, "CBOR byte 0: the body ends, expected more of a CBOR item"),
            (
                b"\xa2\x00\xf5\x00\xf5",
                malformed,
                "CBOR byte 3: expected a key that the map does not have yet",
            ),
        ] {
            let answer = patch(&mut board, method, body);
            assert_eq!((answer.dotted().as_str(), answer.uint(12)), (code, Some(257)), "{body:02x?}");
            let expected = problem(title, detail);
            assert_eq!(answer.payload, expected, "{}", String::from_utf8_lossy(&answer.payload));
        }
        let long = [&b"\xa1\x01\x79\x01\x2c"[..], &[b'x'; 300]].concat();
        let refused = patch(&mut board, method, &long);
        assert_eq!(refused.payload, problem(unfit.1, brightness), "{}", refused.dotted());
        assert_eq!(board, Board::new(), "nothing was changed");
    }
}

#[test]
fn section_3_4_formats_methods_and_paths_that_fit_no_patch_are_refused() {
    let mut board = Board::new();
    for method in [PATCH, IPATCH] {
        let json = ask(&mut board, &Datagram::con(method, 1).path(LAMP).body(52, b"{\"on\":true}"));
        let title = "expected Content-Format 60 (CBOR)";
        assert_eq!(json.dotted(), "4.15");
        let named = json.payload.windows(title.len()).any(|part| part == title.as_bytes());
        assert!(named, "{}", String::from_utf8_lossy(&json.payload));
        let unnamed = Datagram::con(method, 1).path(LAMP).payload(b"\xa1\x00\xf5");
        assert_eq!(ask(&mut board, &unnamed).dotted(), "4.15");
        for (path, code) in [("lamps/b", "4.04"), ("sensors/in/temperature", "4.05"), ("nodes/a", "4.05")] {
            let answer = ask(&mut board, &Datagram::con(method, 1).path(path).body(60, b"\xa0"));
            assert_eq!(answer.dotted(), code, "{path}");
        }
    }
    assert_eq!(board, Board::new());
}

#[test]
fn section_3_2_conditions_guard_a_patch() {
    let mut board = Board::new();
    let tag = ask(&mut board, &Datagram::con(GET, 1).path(LAMP)).option(4).expect("an ETag").to_vec();
    let guarded =
        |option, tag: &[u8]| Datagram::con(PATCH, 1).path(LAMP).body(60, b"\xa1\x01\x07").option(option, tag);
    assert_eq!(ask(&mut board, &guarded(5, b"")).dotted(), "4.12", "If-None-Match");
    assert_eq!(ask(&mut board, &guarded(1, b"other")).dotted(), "4.12");
    assert_eq!(board, Board::new());
    assert_eq!(ask(&mut board, &guarded(1, &tag)).dotted(), "2.04");
    assert_eq!(ask(&mut board, &guarded(1, &tag)).dotted(), "4.12", "it has another tag now");
    assert_eq!(ask(&mut board, &guarded(1, b"")).dotted(), "2.04");
}

#[test]
fn section_3_a_repeated_patch_is_executed_once_and_an_ipatch_needs_no_such_memory() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let mut executed = 0;
    let mut send = |method, id| {
        let datagram = Datagram::con(method, id).path(LAMP).body(60, b"\xa1\x01\x07").bytes();
        let sent = engine.receive_with(peer(1), &datagram, |incoming| {
            executed += 1;
            incoming.respond(&Response::new(ResponseType::Changed));
        });
        Answer::only(&sent).dotted()
    };
    for id in 0..8 {
        assert_eq!((send(PATCH, id), send(PATCH, id)), ("2.04".into(), "2.04".into()));
    }
    assert_eq!(send(PATCH, 8), "4.29", "nothing is forgotten before its time");
    for id in 100..150 {
        assert_eq!((send(IPATCH, id), send(IPATCH, id)), ("2.04".into(), "2.04".into()));
    }
    assert_eq!(executed, 8 + 50);
}

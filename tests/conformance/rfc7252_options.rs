//! RFC 7252 §5.4 to §5.10: options, methods, conditions; RFC 9290 problem details; RFC 7959 refusals.

use twite::exchange::Response;
use twite::wire::ResponseType;
use twite_tests::engine::{DeviceStorage, Engine, peer};

use crate::datagram::{Answer, Datagram, GET, POST, PUT};

const IF_MATCH: u16 = 1;
const ETAG: u16 = 4;
const IF_NONE_MATCH: u16 = 5;
const CONTENT_FORMAT: u16 = 12;
const ACCEPT: u16 = 17;
const SIZE1: u16 = 60;

/// What one request to a fresh engine is answered.
#[track_caller]
fn ask(datagram: &Datagram) -> Answer {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    Answer::only(&engine.receive(peer(1), &datagram.bytes()))
}

#[track_caller]
fn code(datagram: &Datagram) -> String {
    ask(datagram).dotted()
}

fn get() -> Datagram {
    Datagram::con(GET, 1).token(b"t").path("t")
}

fn put() -> Datagram {
    Datagram::con(PUT, 1).token(b"t").path("t").payload(b"text")
}

#[test]
fn section_5_4_1_an_unknown_critical_option_is_refused_and_named() {
    for request in [get(), put(), Datagram::con(POST, 1).path("c"), Datagram::non(GET, 1).path("t")] {
        for (number, named) in [(9_u16, &b"\x09"[..]), (31, b"\x18\x1f"), (65_001, b"\x19\xfd\xe9")] {
            let answer = ask(&request.clone().option(number, b"x"));
            assert_eq!((answer.dotted().as_str(), answer.uint(CONTENT_FORMAT)), ("4.02", Some(257)));
            assert_eq!(answer.payload, [b"\xa2\x20\x6abad option\x27", named].concat());
        }
    }
}

#[test]
fn section_5_4_1_an_unknown_elective_option_is_ignored() {
    for number in [2, 10, 2_048, 65_000] {
        for length in [0, 1, 12, 13, 268, 269, 300] {
            assert_eq!(code(&get().option(number, &vec![7; length])), "2.05", "{number} of {length}");
        }
    }
}

#[test]
fn section_5_4_1_a_refused_post_is_not_executed() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    for id in 0..100 {
        let request = Datagram::con(POST, id).path("c").option(9, b"").bytes();
        assert_eq!(Answer::only(&engine.receive(peer(1), &request)).dotted(), "4.02");
    }
    assert_eq!(engine.fixture.count(), 0);
    assert_eq!(engine.endpoint.counters().rejected, 100);
    let request = Datagram::con(POST, 200).path("c").bytes();
    assert_eq!(Answer::only(&engine.receive(peer(1), &request)).dotted(), "2.04", "nothing of it is kept");
}

#[test]
fn section_5_4_3_a_value_of_a_wrong_length_makes_the_option_unknown() {
    for (number, length) in
        [(IF_MATCH, 9), (IF_NONE_MATCH, 1), (3, 0), (3, 256), (7, 3), (11, 256), (15, 256), (ACCEPT, 3)]
    {
        let answer = code(&get().option(number, &vec![0; length]));
        assert_eq!(answer, "4.02", "critical option {number} of {length} bytes");
    }
    for (number, length) in [(ETAG, 0), (ETAG, 9), (CONTENT_FORMAT, 3), (14, 5), (SIZE1, 5), (28, 5)] {
        let answer = code(&get().option(number, &vec![0; length]));
        assert_eq!(answer, "2.05", "elective option {number} of {length} bytes");
    }
    assert_eq!(code(&put().option(CONTENT_FORMAT, &[0, 0, 60])), "2.04", "as if it were not there");
}

#[test]
fn section_3_2_leading_zeros_do_not_count() {
    assert_eq!(code(&get().option(ACCEPT, &[])), "2.05");
    assert_eq!(code(&get().option(ACCEPT, &[0])), "2.05");
    assert_eq!(code(&get().option(ACCEPT, &[0, 0])), "2.05");
    assert_eq!(code(&get().option(ACCEPT, &[0, 60])), "4.06");
}

#[test]
fn section_5_4_5_an_option_that_must_not_be_repeated_is_unknown_the_second_time() {
    for (number, value) in [(ACCEPT, &b""[..]), (3, b"host"), (7, b"\x16\x33"), (IF_NONE_MATCH, b"")] {
        let twice = get().option(number, value).option(number, value);
        assert_eq!(code(&twice), "4.02", "critical option {number}");
    }
    let format = |first: &[u8], second: &[u8]| {
        code(&put().option(CONTENT_FORMAT, first).option(CONTENT_FORMAT, second))
    };
    assert_eq!(format(&[], &[60]), "2.04", "the first counts");
    assert_eq!(format(&[60], &[]), "4.15", "the first counts");
    let tags = get().option(ETAG, b"\x09").option(ETAG, b"\x01");
    assert_eq!(code(&tags), "2.03", "ETag may be repeated");
}

#[test]
fn section_5_7_2_a_request_for_a_proxy_is_refused() {
    assert_eq!(code(&Datagram::con(GET, 1).option(35, b"coap://example.org/t")), "5.05");
    assert_eq!(code(&get().option(39, b"coap")), "5.05");
    assert_eq!(code(&Datagram::con(POST, 1).path("c").option(39, b"coap")), "5.05");
    assert_eq!(code(&get().option(35, b"")), "4.02", "Proxy-Uri has one byte at least");
    assert_eq!(code(&get().option(35, &[b'a'; 1_034])), "5.05");
    assert_eq!(code(&get().option(35, &[b'a'; 1_035])), "4.02", "and 1034 at most");
}

#[test]
fn section_5_8_an_unknown_method_is_not_allowed() {
    for method in 8..=31 {
        let answer = code(&Datagram::con(method, 1).path("t"));
        assert_eq!(answer, "4.05", "method 0.{method:02}");
    }
    assert_eq!(code(&Datagram::con(PUT, 1).path("o")), "4.05", "and a method that the resource lacks");
    assert_eq!(code(&Datagram::con(31, 1).path("t").option(9, b"")), "4.02", "options come first");
}

#[test]
fn section_5_10_1_host_and_port_name_this_server() {
    assert_eq!(
        code(&Datagram::con(GET, 1).option(3, b"example.org").option(7, b"\x16\x33").path("t")),
        "2.05"
    );
    assert_eq!(code(&Datagram::con(GET, 1).path("T")), "4.04", "paths keep their case");
    assert_eq!(code(&Datagram::con(GET, 1).path("t/")), "4.04", "an empty segment is a segment");
    assert_eq!(code(&Datagram::con(GET, 1)), "4.04");
}

#[test]
fn section_5_10_3_another_content_format_is_unsupported() {
    assert_eq!(code(&put().option(CONTENT_FORMAT, &[60])), "4.15");
    assert_eq!(code(&put().option(CONTENT_FORMAT, &[])), "2.04");
    assert_eq!(code(&Datagram::con(PUT, 1).path("cbor").payload(b"\xa0")), "4.15", "none is not CBOR");
}

#[test]
fn section_5_10_4_a_format_that_is_not_there_is_not_acceptable() {
    assert_eq!(code(&get().option(ACCEPT, &[])), "2.05");
    let answer = ask(&get().option(ACCEPT, &[60]));
    assert_eq!((answer.dotted().as_str(), answer.option(CONTENT_FORMAT)), ("4.06", None));
    assert_eq!(answer.payload, b"available in format 0");
}

#[test]
fn section_5_10_6_a_representation_that_the_client_holds_is_valid() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let mut ask = |datagram: Datagram| Answer::only(&engine.receive(peer(1), &datagram.bytes()));
    let first = ask(get());
    let tag = first.option(ETAG).expect("an ETag").to_vec();
    let valid = ask(get().option(ETAG, b"other").option(ETAG, &tag));
    assert_eq!((valid.dotted().as_str(), valid.option(ETAG)), ("2.03", Some(tag.as_slice())));
    assert_eq!((valid.payload.len(), valid.option(CONTENT_FORMAT)), (0, None));
    assert_eq!(ask(put()).dotted(), "2.04");
    let changed = ask(get().option(ETAG, &tag));
    assert_eq!((changed.dotted().as_str(), changed.payload.as_slice()), ("2.05", &b"text"[..]));
    assert_ne!(changed.option(ETAG), Some(tag.as_slice()));
}

#[test]
fn section_5_10_8_conditions_guard_a_change() {
    let tag = ask(&get()).option(ETAG).expect("an ETag").to_vec();
    assert_eq!(code(&put().option(IF_MATCH, &tag)), "2.04");
    assert_eq!(code(&put().option(IF_MATCH, b"other").option(IF_MATCH, &tag)), "2.04");
    assert_eq!(code(&put().option(IF_MATCH, b"")), "2.04", "empty: it exists");
    assert_eq!(code(&put().option(IF_MATCH, b"other")), "4.12");
    assert_eq!(code(&put().option(IF_NONE_MATCH, b"")), "4.12");
    assert_eq!(code(&put().option(IF_MATCH, &tag).option(IF_NONE_MATCH, b"")), "4.12");
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    engine.receive(peer(1), &put().option(IF_MATCH, b"other").bytes());
    let unchanged = Answer::only(&engine.receive(peer(1), &get().bytes()));
    assert_eq!(unchanged.payload, b"hello");
}

#[test]
fn rfc_9290_problem_details_go_to_who_takes_them() {
    let missing = Datagram::con(GET, 1).path("nowhere");
    for request in [missing.clone(), missing.clone().option(ACCEPT, &[1, 1])] {
        let answer = ask(&request);
        assert_eq!((answer.dotted().as_str(), answer.uint(CONTENT_FORMAT)), ("4.04", Some(257)));
        assert_eq!(answer.payload, b"\xa1\x20\x70no such resource");
    }
    for accept in [&[][..], &[50], &[60], &[1, 0]] {
        let answer = ask(&missing.clone().option(ACCEPT, accept));
        assert_eq!((answer.dotted().as_str(), answer.option(CONTENT_FORMAT)), ("4.04", None));
        assert_eq!(answer.payload, b"no such resource", "a diagnostic text (RFC 7252 §5.5.2)");
    }
    let refused = ask(&get().option(9, b"").option(ACCEPT, &[50]));
    assert_eq!((refused.dotted().as_str(), refused.payload.as_slice()), ("4.02", &b"bad option"[..]));
}

#[test]
fn section_5_10_7_the_place_of_a_new_resource_has_segments_and_arguments() {
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let sent = engine.receive_with(peer(1), &Datagram::con(POST, 1).path("t").bytes(), |incoming| {
        incoming.respond(&Response {
            location_path: "a/b",
            location_query: &["first=1", "second=2&3"],
            max_age: Some(5),
            payload: b"made",
            ..Response::new(ResponseType::Created)
        });
    });
    let answer = [&b"\x60\x41\0\x01\x81a\x01b\x61\x05\x67first=1\x0asecond=2&3\xffmade"[..]];
    assert_eq!(sent, answer);
}

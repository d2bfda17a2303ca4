//! CORE: methods, message types, tokens, separate responses, paths, queries and locations.

use twite::exchange::Outgoing;
use twite::wire::{MessageType, RequestType, number};

use super::{Answer, Path, Plugtest};

const TEST: Path<'_> = &[b"test"];
const SEPARATE: Path<'_> = &[b"separate"];

/// One request for `/test`.
fn test(method: RequestType, confirmable: bool) -> Answer {
    let plugtest = Plugtest::start();
    let writes = matches!(method, RequestType::Put | RequestType::Post);
    let content_format = writes.then_some(0);
    let payload: &[u8] = if writes { b"text" } else { b"" };
    let request = Outgoing { confirmable, content_format, payload, ..Outgoing::new(method, TEST) };
    let client = plugtest.client();
    let answer = client.ask(b"tok", &request);
    client.expect_nothing();
    assert_eq!(client.get(TEST).code, "2.05", "the resource stays");
    answer
}

fn is_text(answer: &Answer) -> bool {
    answer.code == "2.05" && answer.content_format() == Some(0) && (1..=64).contains(&answer.payload.len())
}

#[test]
fn td_coap_core_01_get() {
    let answer = test(RequestType::Get, true);
    assert!(is_text(&answer), "{answer:?}");
}

#[test]
fn td_coap_core_02_delete() {
    assert_eq!(test(RequestType::Delete, true).code, "2.02");
}

#[test]
fn td_coap_core_03_put() {
    assert_eq!(test(RequestType::Put, true).code, "2.04");
}

#[test]
fn td_coap_core_04_post() {
    assert_eq!(test(RequestType::Post, true).code, "2.01");
}

#[test]
fn td_coap_core_05_get_non() {
    let answer = test(RequestType::Get, false);
    assert!(is_text(&answer), "{answer:?}");
}

#[test]
fn td_coap_core_06_delete_non() {
    assert_eq!(test(RequestType::Delete, false).code, "2.02");
}

#[test]
fn td_coap_core_07_put_non() {
    assert_eq!(test(RequestType::Put, false).code, "2.04");
}

#[test]
fn td_coap_core_08_post_non() {
    assert_eq!(test(RequestType::Post, false).code, "2.01");
}

/// A confirmable request for `/separate`.
fn separate(token: &[u8]) {
    let plugtest = Plugtest::start();
    let client = plugtest.client();
    let message_id = client.send(token, &Outgoing::new(RequestType::Get, SEPARATE));
    let empty = client.receive();
    assert_eq!((empty.kind, empty.message_id), (MessageType::Acknowledgement, message_id));
    assert_eq!((empty.code.as_str(), empty.token.len()), ("0.00", 0), "an empty message has no token");
    let response = client.receive();
    assert_eq!((response.kind, response.token.as_slice()), (MessageType::Confirmable, token));
    assert!(is_text(&response), "{response:?}");
    client.acknowledge(&response);
    client.expect_nothing();
}

#[test]
fn td_coap_core_09_separate_response() {
    separate(b"");
}

#[test]
fn td_coap_core_10_tokens_of_every_length() {
    let plugtest = Plugtest::start();
    let client = plugtest.client();
    for len in 1..=8 {
        let token = &b"\0\xfftoken1"[..len];
        let answer = client.ask(token, &Outgoing::new(RequestType::Get, TEST));
        assert!(is_text(&answer), "{answer:?}");
    }
}

#[test]
fn td_coap_core_11_token_in_a_separate_response() {
    separate(b"token");
}

#[test]
fn td_coap_core_12_empty_token() {
    let plugtest = Plugtest::start();
    let answer = plugtest.client().ask(b"", &Outgoing::new(RequestType::Get, TEST));
    assert!(is_text(&answer), "{answer:?}");
}

#[test]
fn td_coap_core_13_several_segments() {
    let plugtest = Plugtest::start();
    let path: Path<'_> = &[b"seg1", b"seg2", b"seg3"];
    for depth in 1..=3 {
        let answer = plugtest.client().get(&path[..depth]);
        assert!(is_text(&answer), "{answer:?}");
    }
}

#[test]
fn td_coap_core_14_several_queries() {
    let plugtest = Plugtest::start();
    let query: [&[u8]; 3] = [b"first=1", b"second=2", b"third=3"];
    let request = Outgoing { query: &query, ..Outgoing::new(RequestType::Get, &[b"query"]) };
    let answer = plugtest.client().ask(b"q", &request);
    assert!(is_text(&answer), "{answer:?}");
    assert_eq!(answer.payload, b"?first=1&second=2&third=3");
}

#[test]
fn td_coap_core_17_separate_response_non() {
    let plugtest = Plugtest::start();
    let client = plugtest.client();
    let request = Outgoing { confirmable: false, ..Outgoing::new(RequestType::Get, SEPARATE) };
    let answer = client.ask(b"non", &request);
    assert!(is_text(&answer), "{answer:?}");
}

#[test]
fn td_coap_core_18_location_path() {
    let answer = test(RequestType::Post, true);
    let segments: [&[u8]; 3] = [b"location1", b"location2", b"location3"];
    assert_eq!((answer.code.as_str(), answer.values(number::LOCATION_PATH)), ("2.01", segments.to_vec()));
}

#[test]
fn td_coap_core_19_location_query() {
    let plugtest = Plugtest::start();
    let request = Outgoing::new(RequestType::Post, &[b"location-query"]);
    let answer = plugtest.client().ask(b"q", &request);
    let arguments: [&[u8]; 2] = [b"first=1", b"second=2"];
    assert_eq!((answer.code.as_str(), answer.values(number::LOCATION_QUERY)), ("2.01", arguments.to_vec()));
}

#[test]
fn td_coap_core_31_ping() {
    Plugtest::start().client().expect_nothing();
}

//! RFC 9110 §13: conditions and what a client holds.

use twite_tests::folder::Folder;
use twite_tests::web::{ask, get, get_as, put};

use super::{CBOR, JSON, start};

#[test]
fn changes_on_conditions() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    let http = server.http();
    let first = put(http, "/n", "text/plain", b"one").header("etag").to_owned();
    let second = put(http, "/n", "text/plain", b"two").header("etag").to_owned();
    assert!(first.starts_with('"') && first != second);
    let weak = format!("W/{second}");
    let list = format!("\"zz\", {first}, {second}");
    let others = format!("{first}, \"zz\"");
    for (header, value, path, status) in [
        ("if-match", first.as_str(), "/n", 412),
        ("if-match", &weak, "/n", 412),
        ("if-match", "\"zz\"", "/n", 412),
        ("if-match", "*", "/none", 412),
        ("if-none-match", "*", "/n", 412),
        ("if-none-match", &list, "/n", 412),
        ("if-none-match", &weak, "/n", 412),
        ("if-match", "zz", "/n", 400),
    ] {
        let asked = ask(http, "PUT", path, &[(header, value), ("content-type", "text/plain")], b"lost");
        assert_eq!(asked.status, status, "{header}: {value}");
        assert_eq!(get(http, "/n").text(), "two");
    }
    let write = |header, value: &str, path, body: &str| {
        let headers = [(header, value), ("content-type", "text/plain")];
        let written = ask(http, "PUT", path, &headers, body.as_bytes());
        (written.status, written.header("etag").to_owned())
    };
    assert_eq!(write("if-match", &list, "/n", "three").0, 204);
    assert_eq!(write("if-match", "*", "/n", "four").0, 204);
    assert_eq!(write("if-none-match", &others, "/n", "five").0, 204);
    assert_eq!(write("if-none-match", &others, "/new", "six").0, 201);
    assert_eq!(write("if-none-match", "*", "/newer", "seven").0, 201);
    assert_eq!(get(http, "/n").text(), "five");
    assert_eq!(ask(http, "DELETE", "/n", &[("if-match", &first)], &[]).status, 412);
    let current = get(http, "/n").header("etag").to_owned();
    assert_eq!(ask(http, "DELETE", "/n", &[("if-match", &current)], &[]).status, 204);
}

#[test]
fn what_the_client_holds_is_not_sent_again() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    let http = server.http();
    put(http, "/sensors/a/temperature", CBOR, b"\xa1\x00\x01");
    let path = "/sensors/a/temperature";
    let [cbor, json] = [CBOR, JSON].map(|accept| get_as(http, path, accept).header("etag").to_owned());
    assert_ne!(cbor, json, "each representation has its own");
    let held = |tags: &str| ask(http, "GET", path, &[("accept", JSON), ("if-none-match", tags)], &[]);
    for tags in [json.clone(), format!("\"zz\", W/{json}"), "*".to_owned()] {
        let valid = held(&tags);
        assert_eq!((valid.status, valid.body.len()), (304, 0), "{tags}");
        assert_eq!((valid.header("etag"), valid.header("cache-control")), (json.as_str(), "max-age=60"));
        assert_eq!(valid.header("vary"), "accept, authorization");
        assert_eq!(valid.header("content-type"), "");
    }
    assert_eq!(held(&cbor).status, 200, "another representation");
    put(http, path, CBOR, b"\xa1\x00\x02");
    assert_eq!(held(&json).text(), r#"{"celsius":2.0}"#);
    assert_eq!(ask(http, "GET", "/none", &[("if-none-match", "*")], &[]).status, 404);
}

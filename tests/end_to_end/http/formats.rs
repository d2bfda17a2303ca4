//! RFC 8075 §6, RFC 9110 §12: formats there and back.

use twite_tests::folder::Folder;
use twite_tests::web::{ask, get, get_as, put};

use super::{CBOR, JSON, start};

#[test]
fn the_client_gets_what_it_likes_best() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    let http = server.http();
    put(http, "/r", CBOR, b"\xa1\x61a\x01");
    put(http, "/t", "text/plain; charset=utf-8", "ü".as_bytes());
    put(http, "/u", "application/coap-payload;cf=4711", b"\x00");
    ask(http, "PUT", "/none", &[], b"\x01");
    for (path, accept, expected) in [
        ("/r", "*/*", CBOR),
        ("/r", JSON, JSON),
        ("/r", "application/cbor;q=0.5, application/json;q=0.6", JSON),
        ("/r", "application/json;q=0.5, */*", CBOR),
        ("/r", "application/cbor;q=0, application/*;q=0.1", JSON),
        ("/t", "*/*", "text/plain; charset=utf-8"),
        ("/t", "text/*", "text/plain; charset=utf-8"),
        ("/u", "*/*", "application/coap-payload;cf=4711"),
        ("/none", "text/html", "application/octet-stream"),
    ] {
        let got = get_as(http, path, accept);
        assert_eq!((got.status, got.header("content-type")), (200, expected), "{path} {accept}");
    }
    for (path, accept) in [("/r", "text/html"), ("/r", "application/*;q=0"), ("/t", JSON)] {
        let got = get_as(http, path, accept);
        assert_eq!((got.status, got.header("content-type")), (406, "application/problem+json"), "{path}");
        assert!(got.json()["detail"].as_str().is_some_and(|detail| detail.contains("format")));
    }
    assert_eq!(get_as(http, "/r", JSON).text(), r#"{"a":1}"#);
}

#[test]
fn bodies_of_other_types_are_refused_by_name() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    for (media_type, named) in [
        ("application/x-www-form-urlencoded", "x-www-form-urlencoded"),
        ("text/plain; charset=latin1", "latin1"),
        ("nothing", "nothing"),
        ("application/json; version=2", "version"),
    ] {
        let refused = put(server.http(), "/r", media_type, b"{}");
        assert_eq!(refused.status, 415, "{media_type}");
        assert!(refused.text().contains(named), "{}", refused.text());
    }
    let zipped = [("content-type", JSON), ("content-encoding", "gzip")];
    assert_eq!(ask(server.http(), "PUT", "/r", &zipped, b"{}").status, 415);
    let invalid = put(server.http(), "/sensors/a/humidity", JSON, br#"{"percent":101}"#);
    assert_eq!(
        invalid.json(),
        serde_json::json!({
            "title": "invalid body",
            "status": 400,
            "detail": "percent: expected a number from 0 to 100",
        })
    );
}

#[test]
fn rfc_8428_a_measurement_is_shown_as_senml() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    let http = server.http();
    let (path, senml) = ("/sensors/a1/temperature", "application/senml+json");
    put(http, path, JSON, br#"{"celsius":21.3,"time":1700000000}"#);
    let shown = get_as(http, path, senml);
    assert_eq!((shown.status, shown.header("content-type")), (200, senml));
    assert_eq!(
        shown.text(),
        r#"[{"bn":"sensors/a1/","n":"temperature","u":"Cel","v":21.3,"t":1700000000.0}]"#
    );
    let etag = shown.header("etag").to_owned();
    assert!(etag.starts_with("W/\""), "{etag}");
    let held = ask(http, "GET", path, &[("accept", senml), ("if-none-match", &etag)], &[]);
    assert_eq!((held.status, held.header("etag")), (304, etag.as_str()));
    assert_eq!(get_as(http, path, "application/senml+cbor").body[..2], [0x81, 0xa5]);
    assert_eq!(get_as(http, path, "*/*").header("content-type"), JSON);
    assert!(get_as(http, path, JSON).header("link").contains("type=\"application/senml+cbor\""));
    put(http, "/lamps/1", JSON, br#"{"on":true}"#);
    assert_eq!(get_as(http, "/lamps/1", senml).status, 406);
    put(http, "/pack", senml, b"[]");
    assert_eq!(get_as(http, "/pack", senml).text(), "[]");
}

#[test]
fn a_listing_comes_in_pages() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    let http = server.http();
    (0..7).for_each(|number| drop(put(http, &format!("/n/{number}"), "text/plain", b"x")));
    for accept in ["application/json", "*/*"] {
        let mut next = "/.well-known/core?href=/n/*&count=3".to_owned();
        let mut pages = Vec::new();
        while !next.is_empty() {
            let page = get_as(http, &next, accept);
            assert_eq!(page.status, 200, "{page:?}");
            pages.push(page.text().matches("/n/").count());
            let link = page.header("link");
            let end = link.find(">; rel=\"next\"").unwrap_or(0);
            next = link.get(1..end).unwrap_or_default().to_owned();
        }
        assert_eq!(pages, [3, 3, 1], "{accept}");
    }
    assert_eq!(get(http, "/.well-known/core?count=0").status, 400);
}

#[test]
fn discovery_is_link_format_or_json() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    let http = server.http();
    put(http, "/sensors/a/temperature", CBOR, b"\xa1\x00\x01");
    put(http, "/notes/a%20b", "text/plain", b"x");
    let links = get(http, "/.well-known/core");
    assert_eq!((links.status, links.header("content-type")), (200, "application/link-format"));
    assert!(links.text().contains("</sensors/a/temperature>;rt="), "{}", links.text());
    let json = get_as(http, "/.well-known/core?rt=temperature", "application/json, */*;q=0.1");
    assert_eq!(json.header("content-type"), JSON);
    let list = json.json();
    assert_eq!(list.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&list[0]["href"], &list[0]["ct"], &list[0]["obs"]),
        (&"/sensors/a/temperature".into(), &"60 50".into(), &true.into())
    );
    let read = get(http, "/sensors/a/temperature");
    for link in [
        "</.well-known/core>; rel=\"index\"",
        "</sensors/a/temperature>; rel=\"alternate\"; type=\"application/json\"",
        "</sensors/a/temperature>; rel=\"alternate\"; type=\"text/event-stream\"",
    ] {
        assert!(read.header("link").contains(link), "{}", read.header("link"));
    }
    assert_eq!(get(http, "/.well-known/core?rt=a&rt=b").status, 400);
    assert_eq!(get_as(http, "/.well-known/core", "text/html").status, 406);
}

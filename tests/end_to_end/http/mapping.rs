//! RFC 8075 §5 and §7: paths and status codes, beside the same request over CoAP.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use twite::exchange::Outgoing;
use twite::wire::RequestType;
use twite_server::http::status::status;
use twite_tests::ask::{self, code};
use twite_tests::folder::Folder;
use twite_tests::web;

use super::{CBOR, JSON, start};

/// Method of CoAP, method of HTTP, path, Content-Format and media type, body, code and status.
type Row =
    (RequestType, &'static str, &'static str, Option<(u16, &'static str)>, &'static [u8], &'static str, u16);

const ROWS: &[Row] = {
    use RequestType::{Delete, Get, IPatch, Post, Put};
    const J: Option<(u16, &str)> = Some((50, JSON));
    const C: Option<(u16, &str)> = Some((60, CBOR));
    const T: Option<(u16, &str)> = Some((0, "text/plain"));
    const M: Option<(u16, &str)> = Some((52, "application/merge-patch+json"));
    &[
        (Put, "PUT", "sensors/{}/temperature", J, br#"{"celsius":1}"#, "2.01", 201),
        (Put, "PUT", "sensors/{}/temperature", C, b"\xa1\x00\x01", "2.04", 204),
        (Get, "GET", "sensors/{}/temperature", None, b"", "2.05", 200),
        (Put, "PUT", "sensors/{}/temperature", J, br#"{"celsius":-300}"#, "4.00", 400),
        (Put, "PUT", "sensors/{}/temperature", J, b"{", "4.00", 400),
        (Put, "PUT", "sensors/{}/temperature", T, b"warm", "4.15", 415),
        (Put, "PUT", "sensors/{}/temperature", None, b"warm", "4.15", 415),
        (Post, "POST", "sensors/{}/temperature", J, br#"{"celsius":1}"#, "4.05", 405),
        (IPatch, "PATCH", "sensors/{}/temperature", M, br#"{"celsius":2}"#, "2.04", 204),
        (IPatch, "PATCH", "sensors/{}/temperature", M, br#"{"celsius":-300}"#, "4.22", 422),
        (IPatch, "PATCH", "sensors/{}/temperature", M, b"{", "4.00", 400),
        (IPatch, "PATCH", "sensors/{}/temperature", J, b"{}", "4.15", 415),
        (Delete, "DELETE", "sensors/{}/temperature", None, b"", "2.02", 204),
        (Delete, "DELETE", "sensors/{}/temperature", None, b"", "2.02", 204),
        (Get, "GET", "sensors/{}/temperature", None, b"", "4.04", 404),
        (IPatch, "PATCH", "sensors/{}/temperature", M, b"{}", "4.04", 404),
        (Post, "POST", "{}", T, b"child", "2.01", 201),
        (Put, "PUT", ".well-known/{}", T, b"x", "4.05", 405),
        (Delete, "DELETE", ".well-known/core", None, b"", "4.05", 405),
        (Put, "PUT", "{}/large", T, &[b'x'; 2_001], "4.13", 413),
        (Put, "PUT", "{}/large", T, &[b'x'; 2_000], "2.01", 201),
    ]
};

#[test]
fn rfc_8075_section_7_every_answer_is_that_of_coap() {
    let folder = Folder::new();
    let server = start(folder.path(), &["--config", limits(&folder)]);
    for (method, name, path, format, body, expected, expected_status) in ROWS {
        let row = format!("{name} {path}");
        let (over_coap, over_http) = (path.replace("{}", "coap"), path.replace("{}", "http"));
        let reply = ask::ask(server.address(), *method, &over_coap, |request| Outgoing {
            content_format: format.map(|(number, _)| number),
            payload: body,
            ..request
        });
        let headers: Vec<_> = format.iter().map(|(_, media_type)| ("content-type", *media_type)).collect();
        let page = web::ask(server.http(), name, &format!("/{over_http}"), &headers, body);
        assert_eq!((code(&reply).as_str(), page.status), (*expected, *expected_status), "{row}: {page:?}");
        assert_eq!(status(reply.code, !page.body.is_empty()), page.status, "{row}");
        // In blocks a body is too large at another place than in one piece.
        if page.status < 400 || page.status == 413 {
            continue;
        }
        assert_eq!(page.header("content-type"), "application/problem+json", "{row}");
        let problem = page.json();
        assert_eq!(problem["status"], *expected_status, "{row}");
        let mut said = texts(&reply.payload);
        assert_eq!(problem["title"].as_str(), said.next().as_deref(), "{row}");
        assert_eq!(problem["detail"].as_str(), said.next().as_deref(), "{row}");
    }
}

fn limits(folder: &Folder) -> &'static str {
    let path = folder.file("limits.toml", "[limits]\nbody_bytes = 2000\n");
    // The path is needed for as long as the test runs.
    Box::leak(path.to_string_lossy().into_owned().into_boxed_str())
}

/// Title and detail of Concise Problem Details.
fn texts(payload: &[u8]) -> impl Iterator<Item = String> {
    let limits = twite_server::transcode::Limits::default();
    let json = twite_server::transcode::cbor_to_json(payload, limits).expect("CBOR");
    let map: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    [&map["-1"], &map["-2"]].map(|text| text.as_str().map(str::to_owned)).into_iter().flatten()
}

/// The status of a request that is sent as it stands.
fn raw(server: SocketAddr, line: &str) -> u16 {
    let mut stream = TcpStream::connect(server).expect("a connection");
    let request = format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn s062_paths_are_decoded_once_and_never_normalized() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    let http = server.http();
    for path in ["/a/b", "/x", "/a", "/ü%20%25"] {
        assert_eq!(web::put(http, &path.replace('ü', "%C3%bc"), "text/plain", b"x").status, 201, "{path}");
    }
    assert_eq!(ask::get(server.address(), "ü %").payload, b"x");
    for (line, expected) in [
        ("GET /a%2fb", 404),
        ("PUT /a%2fb", 400),
        ("GET /a//b", 404),
        ("PUT /a//b", 400),
        ("GET /a/", 404),
        ("GET //a", 404),
        ("GET /%2e%2e/x", 400),
        ("GET /a/../x", 400),
        ("GET /./x", 400),
        ("GET /a%252fb", 404),
        ("GET /a?x=%00", 200),
        ("GET /a%00", 404),
        ("PUT /a%00", 400),
        ("GET /a%", 400),
        ("GET /%ff", 404),
        ("GET /%61", 200),
        ("GET /", 404),
        ("OPTIONS *", 204),
        ("TRACE /a", 405),
        ("BREW /a", 405),
    ] {
        assert_eq!(raw(http, line), expected, "{line}");
    }
    let long = "s".repeat(256);
    assert_eq!(raw(http, &format!("GET /{long}")), 400);
    assert_eq!(raw(http, &format!("GET /{}", "s".repeat(60_000))), 431);
}

#[test]
fn allow_names_what_is_not_refused() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    let http = server.http();
    for path in
        ["/sensors/a/temperature", "/lamps/1", "/any", "/.well-known/core", "/.well-known/x", "/", "/metrics"]
    {
        let options = web::ask(http, "OPTIONS", path, &[], &[]);
        assert_eq!((options.status, options.body.len()), (204, 0), "{path}");
        let allow: Vec<&str> = options.header("allow").split(", ").collect();
        for method in ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "TRACE"] {
            let asked = web::ask(http, method, path, &[], &[]);
            let allowed = allow.contains(&method);
            // What is reserved is read as if nothing were there.
            let absent = asked.status == 404 && matches!(method, "GET" | "HEAD");
            assert_eq!(asked.status != 405, allowed || absent, "{method} {path}: {allow:?}");
            if asked.status == 405 {
                assert_eq!(asked.header("allow"), options.header("allow"), "{method} {path}");
            }
        }
    }
}

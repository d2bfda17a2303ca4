//! RFC 7252 §10.1: requests over CoAP that are passed on to origins of HTTP.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, Sender, channel};

use twite::wire::{RequestType, number};
use twite_tests::ask::{code, values};
use twite_tests::folder::Folder;

use super::forward::{get, option, pass_on};
use super::{proxy, proxy_to};

/// A request as an origin sees it: the head with its lines in small letters, and the body.
type Seen = (String, Vec<u8>);

/// An origin that gives these answers, one a connection, and tells what it was asked; its authority.
fn origin(answers: Vec<String>) -> (String, Receiver<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let authority = listener.local_addr().expect("an address").to_string();
    let (sender, seen) = channel();
    std::thread::spawn(move || serve(&listener, &answers, &sender));
    (authority, seen)
}

fn serve(listener: &TcpListener, answers: &[String], seen: &Sender<Seen>) {
    for answer in answers {
        let (stream, _) = listener.accept().expect("a connection");
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(reader.read_line(&mut head).expect("a line"), 0, "the head is cut off");
        }
        let (first, rest) = head.split_once("\r\n").expect("a line");
        let head = format!("{first}\r\n{}", rest.to_lowercase());
        let length = head.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next());
        let mut body = vec![0; length.map_or(0, |length| length.parse().expect("a number"))];
        reader.read_exact(&mut body).expect("a body");
        // Nobody listens any more when the test is over.
        let _ = seen.send((head, body));
        let _ = reader.get_mut().write_all(answer.as_bytes());
    }
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

#[test]
fn origins_are_read_written_kept_and_validated() {
    let folder = Folder::new();
    let proxy = proxy(&folder, "", &[]);
    let fresh = "content-type: application/json\r\netag: \"v1\"\r\ncache-control: max-age=60\r\n";
    let (authority, seen) = origin(vec![
        answer("200 OK", fresh, r#"{"a":1}"#),
        answer("201 Created", "location: /things/8\r\n", ""),
        answer("200 OK", "content-type: text/plain\r\netag: \"v2\"\r\n", "stale at once"),
        "HTTP/1.1 304 Not Modified\r\netag: \"v2\"\r\ncache-control: max-age=60\r\n\r\n".to_owned(),
        answer("404 Not Found", "content-type: text/html\r\n", "<h1>no</h1>"),
    ]);
    let uri = |path: &str| format!("http://{authority}{path}");
    let first = get(proxy.address(), &uri("/things?x=1"));
    assert_eq!((code(&first), first.payload.as_slice()), ("2.05".into(), br#"{"a":1}"#.as_slice()));
    assert_eq!((first.content_format(), first.uint(number::MAX_AGE)), (Some(50), Some(60)));
    let (head, _) = seen.recv().expect("a request");
    assert!(head.starts_with("GET /things?x=1 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("host: {authority}\r\n")) && head.contains("via: 1.0 twite"), "{head}");
    assert_eq!(get(proxy.address(), &uri("/things?x=1")).payload, br#"{"a":1}"#, "it is kept");
    let json = [option(number::CONTENT_FORMAT, &[50]), option(number::IF_MATCH, b"v0")];
    let posted = pass_on(proxy.address(), RequestType::Post, &uri("/things"), &json, b"{}");
    let location: Vec<_> = values(&posted, number::LOCATION_PATH).collect();
    assert_eq!((code(&posted), location), ("2.01".into(), vec![b"things".as_slice(), b"8"]));
    let (head, body) = seen.recv().expect("a request");
    assert!(head.starts_with("POST /things HTTP/1.1\r\n") && body == b"{}", "{head}");
    assert!(head.contains("content-type: application/json\r\n"), "{head}");
    assert!(head.contains("if-match: \"v0\"\r\n"), "{head}");
    for _ in 0..2 {
        assert_eq!(get(proxy.address(), &uri("/t")).payload, b"stale at once");
    }
    seen.recv().expect("a request");
    let (head, _) = seen.recv().expect("a request");
    assert!(head.contains("if-none-match: \"v2\"\r\n"), "{head}");
    let missing = get(proxy.address(), &uri("/none"));
    assert_eq!((code(&missing), missing.payload.len()), ("4.04".into(), 0));
    let fetch = pass_on(proxy.address(), RequestType::Fetch, &uri("/things"), &[], b"{}");
    assert_eq!(code(&fetch), "5.01");
}

#[test]
fn redirections_are_not_followed_wherever_they_lead() {
    let folder = Folder::new();
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = elsewhere.local_addr().expect("an address").port();
    let location = format!("location: http://127.0.0.1:{port}/\r\n");
    let (authority, _seen) = origin(vec![
        answer("302 Found", &location, ""),
        answer("307 Temporary Redirect", "location: http://169.254.169.254/\r\n", ""),
    ]);
    let proxy = proxy(&folder, "", &[]);
    for _ in 0..2 {
        assert_eq!(code(&get(proxy.address(), &format!("http://{authority}/"))), "5.02");
    }
    elsewhere.set_nonblocking(true).expect("a mode");
    assert!(elsewhere.accept().is_err(), "nobody came");
}

#[test]
fn what_is_no_origin_or_too_much_is_a_bad_gateway() {
    let folder = Folder::new();
    let (authority, _seen) = origin(vec![
        answer("200 OK", "", &"x".repeat(2_001)),
        "SSH-2.0-OpenSSH\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort".to_owned(),
        format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(64 << 10)),
    ]);
    let proxy = proxy(&folder, "body_bytes = 2000", &[]);
    for what in ["too large", "no HTTP", "cut off", "an endless head"] {
        assert_eq!(code(&get(proxy.address(), &format!("http://{authority}/"))), "5.02", "{what}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = closed.local_addr().expect("an address");
    drop(closed);
    assert_eq!(code(&get(proxy.address(), &format!("http://{address}/"))), "5.02");
}

#[test]
fn origins_that_are_not_allowed_are_not_connected_to() {
    let folder = Folder::new();
    let own = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = own.local_addr().expect("an address").port();
    let targets =
        format!("targets = ['http://localhost:{port}', 'http://0.0.0.0/0:*', 'coap://127.0.0.0/8:*']");
    let proxy = proxy_to(&folder, &targets, "", &[]);
    for uri in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://127.1:{port}/"),
        format!("http://localhost:{port}@127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
    ] {
        assert_eq!(code(&get(proxy.address(), &uri)), "5.05", "{uri}");
    }
    own.set_nonblocking(true).expect("a mode");
    assert!(own.accept().is_err(), "nobody came");
}

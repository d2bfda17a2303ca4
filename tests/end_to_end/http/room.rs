//! Bounds: bodies, connections, origins, and who is reached at all.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use twite_tests::folder::Folder;
use twite_tests::program::twite;
use twite_tests::web::{ask, get, put};

use super::{JSON, start};

#[test]
fn a_body_is_bounded_whether_it_is_announced_or_not() {
    let folder = Folder::new();
    let file = folder.file("twite.toml", "[limits]\nbody_bytes = 1000\n");
    let server = start(folder.path(), &["--config", file.to_str().expect("a path of our own")]);
    let refused = put(server.http(), "/n", "text/plain", &[b'x'; 1001]);
    assert_eq!(refused.status, 413);
    assert_eq!(refused.json()["detail"], "at most 1000 bytes are taken");
    assert_eq!(put(server.http(), "/n", "text/plain", &[b'x'; 1000]).status, 201);
    let mut stream = TcpStream::connect(server.http()).expect("a connection");
    let head = "PUT /n HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("it is sent");
    stream.write_all(format!("3e9\r\n{}\r\n", "y".repeat(1001)).as_bytes()).expect("it is sent");
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 413");
    assert_eq!(get(server.http(), "/n").body, [b'x'; 1000]);
}

#[test]
fn too_many_connections_are_told_so() {
    let folder = Folder::new();
    let file = folder.file("twite.toml", "[http]\nconnections = 2\n");
    let server = start(folder.path(), &["--config", file.to_str().expect("a path of our own")]);
    let open = || {
        let mut stream = TcpStream::connect(server.http()).expect("a connection");
        let mut answer = [0; 12];
        stream.write_all(b"GET /n HTTP/1.1\r\nhost: x\r\n\r\n").expect("it is sent");
        stream.read_exact(&mut answer).expect("an answer");
        (stream, answer)
    };
    let held = [open(), open()];
    assert!(held.iter().all(|(_, answer)| answer == b"HTTP/1.1 404"));
    let refused = get(server.http(), "/n");
    assert_eq!(
        (refused.status, refused.header("retry-after"), refused.header("connection")),
        (503, "1", "close")
    );
    drop(held);
    while get(server.http(), "/n").status == 503 {}
}

#[test]
fn half_a_head_keeps_nobody_out_and_ends() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    let mut halves: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut stream = TcpStream::connect(server.http()).expect("a connection");
            stream.write_all(b"GET /n HTTP/1.1\r\nhos").expect("it is sent");
            stream
        })
        .collect();
    assert_eq!(get(server.http(), "/n").status, 404);
    let mut answer = Vec::new();
    // It ends by the time for heads, with or without an answer.
    halves[0].read_to_end(&mut answer).expect("the end");
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&answer));
}

#[test]
fn half_a_body_is_waited_for_and_then_refused() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    let mut stream = TcpStream::connect(server.http()).expect("a connection");
    let head = format!("PUT /n HTTP/1.1\r\nhost: {}\r\ncontent-length: 9\r\n\r\nhalf", server.http());
    stream.write_all(head.as_bytes()).expect("it is sent");
    assert_eq!(get(server.http(), "/n").status, 404, "others are served meanwhile");
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 408");
    assert_eq!(get(server.http(), "/n").status, 404, "nothing of it is stored");
}

#[test]
fn pages_of_other_origins_are_refused_unless_they_are_configured() {
    let folder = Folder::new();
    let file = folder.file("twite.toml", "[http]\ncors = [\"https://known.example\"]\n");
    let server = start(folder.path(), &["--config", file.to_str().expect("a path of our own")]);
    let http = server.http();
    let post =
        |origin: &str| ask(http, "POST", "/n", &[("origin", origin), ("content-type", "text/plain")], b"x");
    assert_eq!(post("https://other.example").status, 403);
    assert_eq!(post("null").status, 403);
    assert_eq!(post(&format!("http://{http}")).status, 201);
    let allowed = post("https://known.example");
    assert_eq!(
        (allowed.status, allowed.header("access-control-allow-origin")),
        (201, "https://known.example")
    );
    let read = ask(http, "GET", "/n", &[("origin", "https://other.example")], &[]);
    assert_eq!((read.status, read.header("access-control-allow-origin")), (404, ""));
    let asks = [("origin", "https://known.example"), ("access-control-request-method", "PUT")];
    let preflight = ask(http, "OPTIONS", "/n", &asks, &[]);
    assert_eq!(preflight.status, 204);
    assert!(preflight.header("access-control-allow-methods").contains("PUT"));
    assert!(preflight.header("access-control-allow-headers").contains("if-match"));
}

#[test]
fn a_request_has_an_id() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    let id = |given: &[(&str, &str)]| {
        ask(server.http(), "GET", "/n", given, &[]).header("x-request-id").to_owned()
    };
    assert_eq!(id(&[("x-request-id", "abc-1.2")]), "abc-1.2");
    let (one, other) = (id(&[]), id(&[("x-request-id", "not plain")]));
    assert!(one.len() == 16 && other.len() == 16 && one != other, "{one} {other}");
    assert_eq!(id(&[("x-request-id", &"x".repeat(65))]).len(), 16);
}

#[test]
fn nobody_is_reached_by_accident() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let ran = twite(["serve", "--listen", "127.0.0.1:0", "--http", address]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains("http.listen: other hosts reach"), "{}", ran.stderr);
    }
    let folder = Folder::new();
    let server = start(folder.path(), &["--open", "--http", "0.0.0.0:0"]);
    assert_eq!(put(server.http(), "/n", JSON, b"1").status, 201);
}

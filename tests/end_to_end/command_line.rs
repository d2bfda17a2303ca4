//! `twite` as a client: exit codes, what goes where, and every flag once.

use std::net::UdpSocket;
use std::process::Stdio;

use twite_server::serve::fixture::LINKS;
use twite_tests::ask::{etag, get, put};
use twite_tests::folder::Folder;
use twite_tests::program::{Ran, command, twite, twite_reading};
use twite_tests::server::Server;

const CBOR: u16 = 60;

/// {0: true, 1: 80}
const LAMP: &[u8] = b"\xa2\x00\xf5\x01\x18\x50";

/// Runs `twite` and expects this exit code.
fn ended(code: i32, arguments: &[&str]) -> Ran {
    expect(code, arguments, twite(arguments))
}

fn expect(code: i32, arguments: &[&str], ran: Ran) -> Ran {
    assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
    assert!(!ran.stderr.contains("panic"), "{arguments:?}: {ran:?}");
    ran
}

#[test]
fn the_exit_code_says_how_it_went() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--plugtest"]);
    let uri = server.uri("t");
    ended(0, &["get", &uri]);
    ended(4, &["get", &server.uri("none")]);
    ended(0, &["get", "--link", "slow", "--ack-timeout", "9.5", "--congestion", "cocoa", &uri]);
    // No proxy here: 5.05.
    ended(5, &["get", "-O", "35,coap://elsewhere/", &uri]);
    for usage in [
        &["get"][..],
        &["bogus"],
        &["get", "http://localhost/"],
        &["get", "--etag", "zz", &uri],
        &["get", "-A", "jason", &uri],
        &["put", &uri, "@/no/such/file"],
        &["put", "-t", "cbor", &uri, "{0: true"],
        &["get", "--raw", "--json", &uri],
        &["get", "--timeout", "0", &uri],
        &["get", "--link", "lan", &uri],
        &["get", "--ack-timeout", "80000", &uri],
        &["get", "--congestion", "none", &uri],
    ] {
        let ran = ended(2, usage);
        assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{usage:?}: {ran:?}");
    }
}

#[test]
fn no_answer_is_told_apart() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let uri = format!("coap://{}/x", silent.local_addr().expect("it is bound"));
    for command in ["get", "ping", "discover"] {
        let ran = ended(3, &[command, "--timeout", "0.05", &uri]);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("127.0.0.1:"), "{command}: {ran:?}");
    }
    drop(silent);
    let ran = ended(3, &["get", &uri]);
    assert!(ran.stderr.contains("nobody listens"), "{ran:?}");
}

#[test]
fn a_refusal_for_the_moment_says_when_to_come_back() {
    // 4.29 and 5.03 with Max-Age 7, 4.29 without, 4.04 with.
    for (code, options, exit, hint) in [
        (0x9d, &b"\xd1\x01\x07"[..], 4, "try again in 7 s"),
        (0xa3, b"\xd1\x01\x07", 5, "try again in 7 s"),
        (0x9d, b"", 4, ""),
        (0x84, b"\xd1\x01\x07", 4, ""),
    ] {
        let server = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let uri = format!("coap://{}/x", server.local_addr().expect("it is bound"));
        let answering = std::thread::spawn(move || {
            let mut buffer = [0; 256];
            let (len, client) = server.recv_from(&mut buffer).expect("a request");
            let token = usize::from(buffer[0] & 0x0f);
            let answer = [&[0x60 | buffer[0] & 0x0f, code], &buffer[2..4 + token], options].concat();
            assert!(len >= 4 + token);
            server.send_to(&answer, client).expect("it is sent");
        });
        let ran = ended(exit, &["get", &uri]);
        answering.join().expect("the answer went out");
        assert_eq!(ran.stderr.contains("try again"), !hint.is_empty(), "{ran:?}");
        assert!(ran.stderr.contains(hint), "{ran:?}");
    }
}

#[test]
fn the_body_alone_goes_to_standard_output() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    put(server.address(), "lamps/1", CBOR, LAMP);
    let uri = server.uri("lamps/1");
    let ran = ended(0, &["get", &uri]);
    assert_eq!(ran.stdout, LAMP, "raw in a pipe");
    assert!(ran.stderr.starts_with("2.05 Content  ETag:0x"), "{ran:?}");
    assert!(ran.stderr.contains("Content-Format:application/cbor"), "{ran:?}");
    assert_eq!(ended(0, &["get", "--raw", &uri]).stdout, LAMP);
    assert_eq!(ended(0, &["get", "--diag", &uri]).text(), "{0: true, 1: 80}\n");
    assert_eq!(ended(0, &["get", "--json", &uri]).text(), "{\"0\":true,\"1\":80}\n");
    assert_eq!(ended(0, &["get", "-A", "json", &uri]).text(), r#"{"on":true,"brightness":80}"#);
    let created = ended(0, &["put", &server.uri("note"), "text"]);
    assert!(created.stdout.is_empty() && created.stderr.starts_with("2.01 Created"), "{created:?}");
    let refused = ended(4, &["get", "--diag", &server.uri("none")]);
    assert_eq!(refused.text(), "{-1: \"no such resource\"}\n");
}

#[test]
fn bodies_come_from_arguments_files_and_standard_input() {
    let folder = Folder::new();
    let server = Server::start(&folder.path().join("data"), &[]);
    let uri = server.uri("note");
    let stored = || get(server.address(), "note").payload;
    ended(0, &["put", &uri, "from an argument"]);
    assert_eq!(stored(), b"from an argument");
    let file = folder.file("body", b"from a file\0\xff");
    ended(0, &["put", &uri, &format!("@{}", file.display())]);
    assert_eq!(stored(), b"from a file\0\xff");
    let arguments = ["put", &uri, "-"];
    expect(0, &arguments, twite_reading(arguments, b"from standard input\xff"));
    assert_eq!(stored(), b"from standard input\xff");
    ended(0, &["put", "-t", "cbor", &server.uri("lamps/1"), "{0: true, 1: 80}"]);
    assert_eq!(get(server.address(), "lamps/1").payload, LAMP);
    ended(
        0,
        &["put", "-t", "cbor", &server.uri("lamps/2"), &format!("@{}", folder.file("cbor", LAMP).display())],
    );
    assert_eq!(get(server.address(), "lamps/2").payload, LAMP);
    let posted = ended(0, &["post", "-t", "json", &server.uri("notes"), "[1]"]);
    assert!(
        posted.stderr.contains("2.01 Created") && posted.stderr.contains("Location-Path:notes"),
        "{posted:?}"
    );
    ended(0, &["delete", &uri]);
    assert_eq!(get(server.address(), "note").code.to_string(), "4.04");
}

#[test]
fn conditions_are_sent() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let uri = server.uri("note");
    let tag = format!("{:?}", etag(&put(server.address(), "note", None, b"one")));
    let valid = ended(0, &["get", "--etag", &tag, &uri]);
    assert!(valid.stdout.is_empty() && valid.stderr.starts_with("2.03 Valid"), "{valid:?}");
    ended(4, &["put", "--if-none-match", &uri, "two"]);
    ended(4, &["put", "--if-match", "0xdead", &uri, "two"]);
    let digits = tag.trim_start_matches("0x");
    assert_eq!(ended(0, &["put", "--if-match", "0xdead", "--if-match", digits, &uri, "two"]).code, Some(0));
    assert_eq!(get(server.address(), "note").payload, b"two");
    ended(0, &["put", "--if-none-match", &server.uri("other"), "new"]);
}

#[test]
fn messages_are_shown_on_request() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--plugtest"]);
    let lines = |arguments: &[&str]| -> Vec<String> {
        ended(0, arguments).stderr.lines().map(ToOwned::to_owned).collect()
    };
    let shown = lines(&["get", "-v", &server.uri("t")]);
    let [request, response, summary] = shown.as_slice() else { panic!("{shown:?}") };
    assert!(request.starts_with("> v:1 t:CON c:GET i:") && request.ends_with(" [ Uri-Path:t ]"), "{request}");
    assert!(response.starts_with("< v:1 t:ACK c:2.05 i:") && response.ends_with(":: 'hello'"), "{response}");
    assert!(summary.starts_with("2.05 Content"), "{summary}");
    let shown = lines(&["get", "-v", "-N", "-O", "65000,x", "-O", "2048,0x00ff", &server.uri("t?a=b&c")]);
    assert!(shown[0].starts_with("> v:1 t:NON c:GET i:"), "{shown:?}");
    let options = "[ Uri-Path:t, Uri-Query:a=b, Uri-Query:c, 2048:0x00ff, 65000:0x78 ]";
    assert!(shown[0].ends_with(options), "{shown:?}");
    assert!(shown[1].starts_with("< v:1 t:NON c:2.05 i:"), "{shown:?}");
}

#[test]
fn resources_are_discovered() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--plugtest"]);
    put(server.address(), "lamps/1", CBOR, LAMP);
    put(server.address(), "grüße, \"welt\"", 0, b"");
    let uri = format!("coap://{}", server.address());
    let ran = ended(0, &["discover", &uri]);
    let lamp = ran.text().lines().find(|line| line.starts_with("/lamps/1  "));
    let lamp = lamp.unwrap_or_else(|| panic!("{ran:?}"));
    assert!(lamp.contains("  rt=lamp") && lamp.contains("  ct=60 50"), "{lamp}");
    assert!(lamp.ends_with("  obs"), "all that is stored can be observed: {lamp}");
    assert!(ran.text().lines().any(|line| line == "/t  ct=0"), "{ran:?}");
    for (path, _) in LINKS {
        let shown = format!("/{path}  ");
        assert_eq!(ran.text().lines().filter(|line| line.starts_with(&shown)).count(), 1, "{path}: {ran:?}");
    }
    let filtered = ended(0, &["discover", &format!("{uri}?rt=lamp")]);
    assert_eq!(filtered.text().lines().count(), 1, "{filtered:?}");
    let raw = ended(0, &["discover", "--raw", &uri]);
    assert!(raw.text().starts_with("</") && raw.text().contains("</t>;ct=0"), "{raw:?}");
}

#[test]
fn a_server_is_found_over_ipv6() {
    let folder = Folder::new();
    let server = Server::listening(folder.path(), &["[::1]:0"], &["--plugtest"]);
    assert!(server.uri("t").starts_with("coap://[::1]:"));
    assert_eq!(ended(0, &["get", &server.uri("t")]).text(), "hello");
    let ping = ended(0, &["ping", &server.uri("")]);
    assert!(ping.stdout.is_empty() && ping.stderr.starts_with("[::1]:"), "{ping:?}");
    assert!(ping.stderr.contains("is there"), "{ping:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--plugtest"]);
    for arguments in [vec!["get", "--raw"], vec!["discover"], vec!["discover", "--raw"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        // From now on every write to standard output fails.
        drop(reader);
        let mut command = command();
        command.args(arguments).arg(server.uri(".well-known/core")).stdout(writer).stderr(Stdio::piped());
        let output = command.output().expect("it starts");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{command:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{command:?}: {stderr}");
    }
}

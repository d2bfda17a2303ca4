//! RFC 8075: resources of devices below `/hc/`.

use std::net::UdpSocket;

use twite_tests::ask;
use twite_tests::folder::Folder;
use twite_tests::server::Server;
use twite_tests::web::{self, get, get_as, put};

use super::{device, proxy, proxy_to, readers_of_one};

fn hosted(server: &Server, path: &str) -> String {
    format!("/hc/{}", server.uri(path))
}

#[test]
fn a_device_is_read_and_written_over_http() {
    let folder = Folder::new();
    let (device, proxy) = (device(&folder, &[]), proxy(&folder, "", &[]));
    let http = proxy.http();
    let path = hosted(&device, "sensors/a1/temperature");
    let created = put(http, &path, "application/json", br#"{"celsius":21.5}"#);
    assert_eq!((created.status, created.body.len()), (201, 0), "{created:?}");
    let read = get(http, &path);
    assert_eq!((read.status, read.text()), (200, r#"{"celsius":21.5}"#));
    assert_eq!(read.header("content-type"), "application/json");
    assert_eq!(read.header("cache-control"), "max-age=60");
    let cbor = get_as(http, &path, "application/cbor");
    assert_eq!((cbor.status, cbor.body.as_slice()), (200, b"\xa1\x00\xf9\x4d\x60".as_slice()));
    let held = [("if-none-match", read.header("etag"))];
    assert_eq!(web::ask(http, "GET", &path, &held, &[]).status, 304);
    let stale = [("if-match", "\"7f\""), ("content-type", "application/json")];
    assert_eq!(web::ask(http, "PUT", &path, &stale, br#"{"celsius":1}"#).status, 412);
    let merge = [("content-type", "application/merge-patch+json")];
    assert_eq!(web::ask(http, "PATCH", &path, &merge, br#"{"time":7}"#).status, 204);
    assert_eq!(get(http, &path).json()["time"], 7, "what was kept is forgotten");
    let fetch = [("content-type", "application/json"), ("accept", "application/json")];
    let fetched = web::ask(http, "FETCH", &hosted(&device, "sensors"), &fetch, br#"{"fields":["time"]}"#);
    assert_eq!(fetched.json()["sensors/a1/temperature"]["time"], 7, "{fetched:?}");
    let posted = web::ask(http, "POST", &hosted(&device, "notes"), &[("content-type", "text/plain")], b"one");
    assert_eq!(posted.status, 201);
    let location = posted.header("location").to_owned();
    assert!(location.starts_with(&hosted(&device, "notes/")), "{location}");
    assert_eq!(get(http, &location).text(), "one");
    assert_eq!(web::ask(http, "DELETE", &location, &[], &[]).status, 204);
    assert_eq!(get(http, &location).status, 404);
    assert_eq!(get_as(http, &path, "text/plain").status, 406);
    assert_eq!(get_as(http, &path, "text/plain, */*;q=0.1").status, 200);
    assert_eq!(web::ask(http, "HEAD", &path, &[], &[]).status, 200);
}

#[test]
fn bodies_of_any_length_hide_their_blocks() {
    let folder = Folder::new();
    let (device, proxy) = (device(&folder, &[]), proxy(&folder, "body_bytes = 5000", &[]));
    let path = hosted(&device, "large");
    let body: Vec<u8> = (0..5_000_u32).map(|number| number as u8).collect();
    assert_eq!(put(proxy.http(), &path, "application/octet-stream", &body).status, 201);
    assert_eq!(ask::get(device.address(), "large").payload, body);
    assert_eq!(get(proxy.http(), &path).body, body);
    assert_eq!(put(proxy.http(), &path, "application/octet-stream", &[&body[..], b"x"].concat()).status, 413);
    ask::put(device.address(), "larger", 42, &[7; 5_001]);
    let refused = get(proxy.http(), &hosted(&device, "larger"));
    assert_eq!((refused.status, refused.text().contains("too large")), (502, true));
}

#[test]
fn what_is_fresh_is_not_asked_for_again() {
    let folder = Folder::new();
    let (device, proxy) = (device(&folder, &[]), proxy(&folder, "", &[]));
    ask::put(device.address(), "n", 0, b"one");
    let path = hosted(&device, "n");
    assert_eq!(get(proxy.http(), &path).text(), "one");
    ask::put(device.address(), "n", 0, b"two");
    let kept = get(proxy.http(), &path);
    assert_eq!(kept.text(), "one", "it is fresh for a minute");
    let valid = web::ask(proxy.http(), "GET", &path, &[("if-none-match", kept.header("etag"))], &[]);
    assert_eq!(valid.status, 304);
    drop(device);
    assert_eq!(get(proxy.http(), &path).text(), "one", "nobody was asked");
}

#[test]
fn what_goes_wrong_beyond_is_told_as_a_gateway_does() {
    let folder = Folder::new();
    let (device, proxy) = (device(&folder, &[]), proxy(&folder, "", &[]));
    let http = proxy.http();
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let path = format!("/hc/coap://{}/a", silent.local_addr().expect("an address"));
    assert_eq!(get(http, &path).status, 504);
    let invalid =
        put(http, &hosted(&device, "sensors/a/humidity"), "application/json", br#"{"percent":101}"#);
    assert_eq!(
        invalid.json(),
        serde_json::json!({
            "title": "invalid body",
            "status": 400,
            "detail": "percent: expected a number from 0 to 100",
        })
    );
    let refused = web::ask(http, "POST", &hosted(&device, "sensors/a/humidity"), &[], &[]);
    assert_eq!((refused.status, refused.header("allow").is_empty()), (405, false));
    assert_eq!(web::ask(http, "BREW", &hosted(&device, "a"), &[], &[]).status, 405);
    // A name that is looked up, and nobody listens there.
    assert_eq!(get(http, "/hc/coap://localhost:1/a").status, 504);
    let unknown = get(http, "/hc/coap://localhost.invalid:1/a");
    assert_eq!(unknown.status, 403, "no name of the list");
}

#[test]
fn targets_that_are_not_allowed_are_neither_looked_up_nor_asked() {
    let folder = Folder::new();
    let own = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let port = own.local_addr().expect("an address").port();
    let targets = format!("targets = ['coap://localhost:{port}', 'coap://[::/0]:*', 'coap://0.0.0.0/0:*']");
    let proxy = proxy_to(&folder, &targets, "", &[]);
    for (target, status) in [
        (format!("coap://127.0.0.1:{port}/"), 403),
        (format!("coap://[::1]:{port}/"), 403),
        (format!("coap://[::ffff:127.0.0.1]:{port}/"), 403),
        (format!("coap://[::ffff:7f00:1]:{port}/"), 403),
        // A name that is allowed and leads into this host.
        (format!("coap://localhost:{port}/"), 403),
        (format!("coap://0.0.0.0:{port}/"), 403),
        (format!("coap://2130706433:{port}/"), 400),
        (format!("coap://0x7f000001:{port}/"), 400),
        (format!("coap://0177.0.0.1:{port}/"), 400),
        (format!("coap://127.1:{port}/"), 400),
        (format!("coap://localhost.:{port}/"), 400),
        (format!("coap://localhost@127.0.0.1:{port}/"), 400),
        (format!("coap://localhost:{port}@127.0.0.1/"), 400),
        ("coap://169.254.169.254/latest/meta-data".to_owned(), 403),
        ("coap://10.0.0.1/".to_owned(), 403),
        ("coap://224.0.1.187/".to_owned(), 403),
        ("http://127.0.0.1/".to_owned(), 400),
        ("coaps://127.0.0.1/".to_owned(), 400),
        ("file:///etc/passwd".to_owned(), 400),
        (String::new(), 400),
    ] {
        let refused = get(proxy.http(), &format!("/hc/{target}"));
        assert_eq!(refused.status, status, "{target}: {refused:?}");
    }
    own.set_nonblocking(true).expect("a mode");
    assert!(own.recv(&mut [0; 16]).is_err(), "nothing came");
}

#[test]
fn without_targets_there_is_no_proxy_and_nobody_finds_one() {
    let folder = Folder::new();
    let device = device(&folder, &["--http", "127.0.0.1:0"]);
    let proxy = proxy(&folder, "", &[]);
    assert_eq!(get(device.http(), &hosted(&device, "n")).status, 404);
    let found = |server: &Server| get(server.http(), "/.well-known/core?rt=core.hc").text().to_owned();
    assert_eq!(found(&proxy), "</hc/>;rt=\"core.hc\"");
    assert_eq!(found(&device), "");
    let links = String::from_utf8(ask::get(proxy.address(), ".well-known/core").payload).expect("text");
    assert!(!links.contains("hc"), "over CoAP there are no such paths: {links}");
}

#[test]
fn a_policy_speaks_of_targets_as_paths() {
    let folder = Folder::new();
    let device = device(&folder, &[]);
    ask::put(device.address(), "n", 0, b"one");
    ask::put(device.address(), "secret", 0, b"two");
    let policy = readers_of_one(&folder, &device);
    let proxy = proxy(&folder, "", &["--policy", policy.to_str().expect("a path")]);
    assert_eq!(get(proxy.http(), &hosted(&device, "n")).text(), "one");
    for path in ["secret", "n/x", ""] {
        assert_eq!(get(proxy.http(), &hosted(&device, path)).status, 401, "{path}");
    }
    assert_eq!(put(proxy.http(), &hosted(&device, "n"), "text/plain", b"x").status, 401);
    let bad = [("authorization", "Bearer nobody")];
    let refused = web::ask(proxy.http(), "GET", &hosted(&device, "n"), &bad, &[]);
    assert_eq!(refused.status, 401);
    assert!(refused.header("www-authenticate").contains("invalid_token"));
    assert_eq!(ask::get(device.address(), "n").payload, b"one");
}

#[test]
fn one_client_has_no_more_than_its_share_under_way() {
    let folder = Folder::new();
    let proxy = proxy(&folder, "requests_per_client = 1", &[]);
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let path = format!("/hc/coap://{}/a", silent.local_addr().expect("an address"));
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| get(proxy.http(), &path).status);
        silent.recv(&mut [0; 64]).expect("the first request");
        let refused = get(proxy.http(), &path);
        assert_eq!((refused.status, refused.header("retry-after")), (503, "1"));
        assert_eq!(slow.join().expect("an answer"), 504);
    });
}

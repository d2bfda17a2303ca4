//! RFC 7252 §5.7: requests over CoAP that are passed on to devices.

use std::net::{SocketAddr, UdpSocket};

use twite::exchange::Outgoing;
use twite::wire::{RawOption, RequestType, number};
use twite_server::client::Reply;
use twite_tests::ask::{self, code, etag, values};
use twite_tests::datagrams::{Datagrams, datagram, message};
use twite_tests::folder::Folder;
use twite_tests::server::Server;

use super::{device, proxy, proxy_to, readers_of_one};

/// Asks the proxy for what a URI names, with more options.
pub(super) fn pass_on(
    proxy: SocketAddr,
    method: RequestType,
    uri: &str,
    further: &[RawOption<'_>],
    payload: &[u8],
) -> Reply {
    let uri = RawOption { number: number::PROXY_URI, value: uri.as_bytes() };
    let options = [&[uri], further].concat();
    ask::send(proxy, &Outgoing { options: &options, payload, ..Outgoing::new(method, &[]) })
}

pub(super) fn get(proxy: SocketAddr, uri: &str) -> Reply {
    pass_on(proxy, RequestType::Get, uri, &[], &[])
}

pub(super) const fn option(number: u16, value: &[u8]) -> RawOption<'_> {
    RawOption { number, value }
}

#[test]
fn section_5_7_2_requests_go_to_whom_proxy_uri_names() {
    let folder = Folder::new();
    let (device, proxy) = (device(&folder, &[]), proxy(&folder, "", &[]));
    let proxy = proxy.address();
    let path = device.uri("sensors/a1/temperature");
    let json = option(number::CONTENT_FORMAT, &[50]);
    let created = pass_on(proxy, RequestType::Put, &path, &[json], br#"{"celsius":21.5}"#);
    assert_eq!(code(&created), "2.01");
    let read = get(proxy, &path);
    assert_eq!((code(&read), read.payload.as_slice()), ("2.05".into(), br#"{"celsius":21.5}"#.as_slice()));
    assert_eq!((read.content_format(), etag(&read)), (Some(50), etag(&created)));
    let cbor = pass_on(proxy, RequestType::Get, &path, &[option(number::ACCEPT, &[60])], &[]);
    assert_eq!(cbor.payload, b"\xa1\x00\xf9\x4d\x60");
    let held = etag(&read);
    let valid = pass_on(proxy, RequestType::Get, &path, &[option(number::ETAG, held.as_bytes())], &[]);
    assert_eq!((code(&valid), valid.payload.len()), ("2.03".into(), 0));
    let late = pass_on(
        proxy,
        RequestType::Put,
        &path,
        &[json, option(number::IF_MATCH, b"\x7f")],
        br#"{"celsius":1}"#,
    );
    assert_eq!(code(&late), "4.12");
    let invalid = pass_on(proxy, RequestType::Put, &path, &[json], br#"{"celsius":400000}"#);
    assert_eq!((code(&invalid), invalid.content_format()), ("4.00".into(), Some(257)));
    let posted = pass_on(proxy, RequestType::Post, &device.uri("notes"), &[], b"one");
    let location: Vec<_> = values(&posted, number::LOCATION_PATH).collect();
    assert_eq!((code(&posted), location[0], location.len()), ("2.01".into(), b"notes".as_slice(), 2));
    assert_eq!(code(&get(proxy, &device.uri("nothing"))), "4.04");
    assert_eq!(code(&pass_on(proxy, RequestType::Delete, &path, &[], &[])), "2.02");
    assert_eq!(code(&get(proxy, &path)), "4.04", "what was kept is forgotten");
}

#[test]
fn section_5_10_2_proxy_scheme_and_uri_options_say_the_same() {
    let folder = Folder::new();
    let (device, proxy) = (device(&folder, &[]), proxy(&folder, "", &[]));
    ask::put(device.address(), "a/b", 0, b"hello");
    let port = device.address().port().to_be_bytes();
    let options = [option(number::PROXY_SCHEME, b"coap"), option(number::URI_PORT, &port)];
    let path: &[&[u8]] = &[b"a", b"b"];
    let to = |host| {
        let host = Some(host);
        ask::send(
            proxy.address(),
            &Outgoing { options: &options, host, ..Outgoing::new(RequestType::Get, path) },
        )
    };
    assert_eq!(to("127.0.0.1").payload, b"hello");
    assert_eq!(code(&to("10.0.0.1")), "5.05");
    assert_eq!(code(&to("2130706433")), "5.05");
    let nobody = Outgoing { options: &options, ..Outgoing::new(RequestType::Get, path) };
    assert_eq!(code(&ask::send(proxy.address(), &nobody)), "5.05");
}

#[test]
fn section_5_6_answers_are_kept_while_they_are_fresh_whoever_asks() {
    let folder = Folder::new();
    let (device, proxy) = (device(&folder, &[]), proxy(&folder, "", &[]));
    ask::put(device.address(), "n", 0, b"one");
    assert_eq!(get(proxy.address(), &device.uri("n")).payload, b"one");
    ask::put(device.address(), "n", 0, b"two");
    let kept = get(proxy.address(), &device.uri("n"));
    assert_eq!(kept.payload, b"one");
    assert!(kept.uint(number::MAX_AGE).is_some_and(|seconds| seconds <= 60), "{kept:?}");
    let web = twite_tests::web::get(proxy.http(), &format!("/hc/{}", device.uri("n")));
    assert_eq!(web.text(), "one", "one cache for all");
    let uncached = pass_on(proxy.address(), RequestType::Get, &device.uri("n"), &[option(2048, b"x")], &[]);
    assert_eq!(uncached.payload, b"two", "another key");
}

#[test]
fn bodies_of_any_length_go_in_blocks_on_both_sides() {
    let folder = Folder::new();
    let (device, proxy) = (device(&folder, &[]), proxy(&folder, "body_bytes = 10_000", &[]));
    let body: Vec<u8> = (0..10_000_u32).map(|number| (number / 7) as u8).collect();
    let uri = device.uri("large");
    assert_eq!(code(&pass_on(proxy.address(), RequestType::Put, &uri, &[], &body)), "2.01");
    assert_eq!(ask::get(device.address(), "large").payload, body);
    assert_eq!(get(proxy.address(), &uri).payload, body);
    let refused = pass_on(proxy.address(), RequestType::Put, &uri, &[], &[&body[..], b"x"].concat());
    assert_eq!((code(&refused), refused.uint(number::SIZE1)), ("4.13".into(), Some(10_000)));
}

#[test]
fn rfc_8768_requests_are_passed_on_so_often_and_no_more() {
    let folder = Folder::new();
    let proxy = proxy(&folder, "cache_bytes = 0", &[]);
    let target = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let uri = format!("coap://{}/t", target.local_addr().expect("an address"));
    let socket = Datagrams::to(proxy.address());
    for (id, hops, passed) in [(1, None, 16), (2, Some(255), 254), (3, Some(2), 1)] {
        let limit: Vec<u8> = hops.into_iter().collect();
        let limit = hops.map(|_| option(number::HOP_LIMIT, &limit));
        let options: Vec<_> = [option(number::PROXY_URI, uri.as_bytes())].into_iter().chain(limit).collect();
        let get = Outgoing { options: &options, ..Outgoing::new(RequestType::Get, &[]) };
        socket.send(&datagram(&get, id, b"hops"));
        let mut buffer = [0; 256];
        let (length, from) = target.recv_from(&mut buffer).expect("it is passed on");
        let asked = message(&buffer[..length]);
        let seen: Vec<_> = asked.values(number::HOP_LIMIT).collect();
        assert_eq!(seen, [[passed]], "{hops:?}");
        let paths: Vec<_> = asked.options().map(|option| option.number).collect();
        assert_eq!(paths, [number::URI_PATH, number::HOP_LIMIT]);
        let [.., high, low] = u32::from(asked.message_id()).to_be_bytes();
        let answer = [&[0x68, 0x45, high, low], asked.token(), b"\xffhello"].concat();
        target.send_to(&answer, from).expect("an answer");
        assert_eq!(message(&socket.receive()).payload(), b"hello");
    }
    let last = pass_on(proxy.address(), RequestType::Get, &uri, &[option(number::HOP_LIMIT, &[1])], &[]);
    assert_eq!(code(&last), "5.08");
    assert_eq!(
        code(&pass_on(proxy.address(), RequestType::Get, &uri, &[option(number::HOP_LIMIT, &[0])], &[])),
        "4.00"
    );
    target.set_nonblocking(true).expect("a mode");
    assert!(target.recv(&mut [0; 16]).is_err(), "neither was passed on");
}

#[test]
fn section_5_7_1_options_are_passed_on_unless_they_are_unsafe() {
    let folder = Folder::new();
    let proxy = proxy(&folder, "", &[]);
    let target = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let uri = format!("coap://{}/t", target.local_addr().expect("an address"));
    for unsafe_option in [65_003, 65_002] {
        let refused = pass_on(proxy.address(), RequestType::Get, &uri, &[option(unsafe_option, b"x")], &[]);
        assert_eq!(code(&refused), "4.02", "{unsafe_option}");
    }
    let socket = Datagrams::to(proxy.address());
    let options = [
        option(number::PROXY_URI, uri.as_bytes()),
        // Critical and elective, safe to forward.
        option(65_001, b"critical"),
        option(65_000, b"elective"),
    ];
    let get = Outgoing { options: &options, ..Outgoing::new(RequestType::Get, &[]) };
    socket.send(&datagram(&get, 1, b"safe"));
    let mut buffer = [0; 256];
    let (length, from) = target.recv_from(&mut buffer).expect("it is passed on");
    let asked = message(&buffer[..length]);
    assert_eq!(asked.values(65_001).collect::<Vec<_>>(), [b"critical"]);
    assert_eq!(asked.values(65_000).collect::<Vec<_>>(), [b"elective"]);
    // An answer with a code that nobody knows and an elective option: both are passed back.
    let [.., high, low] = u32::from(asked.message_id()).to_be_bytes();
    let answer = [&[0x68, 0x9f, high, low], asked.token(), b"\xe1\xfc\xdbx\xffwhat"].concat();
    target.send_to(&answer, from).expect("an answer");
    let passed = socket.receive();
    let passed = message(&passed);
    assert_eq!((passed.code().to_string().as_str(), passed.payload()), ("4.31", b"what".as_slice()));
    assert_eq!(passed.values(65_000).collect::<Vec<_>>(), [b"x"]);
}

#[test]
fn section_5_7_2_what_goes_wrong_is_told_as_a_gateway_does() {
    let folder = Folder::new();
    let proxy = proxy(&folder, "", &[]);
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let uri = format!("coap://{}/t", silent.local_addr().expect("an address"));
    assert_eq!(code(&get(proxy.address(), &uri)), "5.04");
    let socket = Datagrams::to(proxy.address());
    let options = [option(number::PROXY_URI, uri.as_bytes())];
    let get = Outgoing { options: &options, ..Outgoing::new(RequestType::Get, &[]) };
    silent.set_nonblocking(true).expect("a mode");
    while silent.recv(&mut [0; 16]).is_ok() {}
    silent.set_nonblocking(false).expect("a mode");
    socket.send(&datagram(&get, 9, b"rst"));
    let mut buffer = [0; 256];
    let (_, from) = silent.recv_from(&mut buffer).expect("it is passed on");
    silent.send_to(&[0x70, 0, buffer[2], buffer[3]], from).expect("a Reset");
    assert_eq!(message(&socket.receive()).code().to_string(), "5.02");
}

#[test]
fn targets_that_are_not_allowed_are_5_05_and_nothing_is_sent() {
    let folder = Folder::new();
    let own = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let port = own.local_addr().expect("an address").port();
    let targets =
        format!("targets = ['coap://localhost:{port}', 'http://0.0.0.0/0:*', 'coap://0.0.0.0/0:*']");
    let proxy = proxy_to(&folder, &targets, "", &[]);
    for uri in [
        format!("coap://127.0.0.1:{port}/"),
        format!("coap://localhost:{port}/"),
        format!("coap://[::ffff:127.0.0.1]:{port}/"),
        format!("coap://2130706433:{port}/"),
        format!("coap://0x7f.1:{port}/"),
        format!("coap://localhost@127.0.0.1:{port}/"),
        format!("http://127.0.0.1:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "coap://192.168.0.1/".to_owned(),
        "coap+tcp://127.0.0.1/".to_owned(),
        "https://example.org/".to_owned(),
        "not a URI".to_owned(),
    ] {
        assert_eq!(code(&get(proxy.address(), &uri)), "5.05", "{uri}");
    }
    own.set_nonblocking(true).expect("a mode");
    assert!(own.recv(&mut [0; 16]).is_err(), "nothing came");
}

#[test]
fn a_policy_speaks_of_targets_over_coap_too() {
    let folder = Folder::new();
    let device = device(&folder, &[]);
    ask::put(device.address(), "n", 0, b"one");
    let policy = readers_of_one(&folder, &device);
    let proxy = proxy(&folder, "", &["--policy", policy.to_str().expect("a path")]);
    assert_eq!(get(proxy.address(), &device.uri("n")).payload, b"one");
    assert_eq!(code(&get(proxy.address(), &device.uri("other"))), "4.01");
    assert_eq!(code(&pass_on(proxy.address(), RequestType::Put, &device.uri("n"), &[], b"x")), "4.01");
    assert_eq!(ask::get(device.address(), "n").payload, b"one");
}

#[test]
fn what_changes_something_has_to_be_fresh_if_that_is_wanted() {
    let folder = Folder::new();
    let device = device(&folder, &[]);
    let file =
        folder.file("fresh.toml", "fresh_changes = true\n[proxy]\ntargets = ['coap://127.0.0.0/8:*']\n");
    let file = file.to_str().expect("a path");
    let proxy = Server::start(&folder.path().join("proxy"), &["--config", file]);
    let uri = device.uri("n");
    let socket = Datagrams::to(proxy.address());
    let options = [option(number::PROXY_URI, uri.as_bytes())];
    let put = Outgoing { options: &options, payload: b"x", ..Outgoing::new(RequestType::Put, &[]) };
    socket.send(&datagram(&put, 1, b"old"));
    let challenge = socket.receive();
    let challenge = message(&challenge);
    assert_eq!(challenge.code().to_string(), "4.01");
    assert!(challenge.values(number::ECHO).next().is_some());
    assert_eq!(code(&ask::get(device.address(), "n")), "4.04", "nothing was passed on");
    // Our client sends it once more with the value.
    assert_eq!(code(&pass_on(proxy.address(), RequestType::Put, &uri, &[], b"x")), "2.01");
    assert_eq!(get(proxy.address(), &uri).payload, b"x");
}

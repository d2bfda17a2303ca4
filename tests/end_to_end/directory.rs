//! The resource directory, RFC 9176.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use twite::exchange::{Head, Outgoing, Request, Response};
use twite::wire::{Block, Message, MessageType, RequestType};
use twite_tests::ask::{self, ask, code, location};
use twite_tests::folder::Folder;
use twite_tests::server::Server;
use twite_tests::web;

const LINK: u16 = 40;

/// How long the server may take on a machine under load.
const PATIENCE: Duration = Duration::from_secs(30);

fn start(folder: &Folder, arguments: &[&str]) -> Server {
    Server::start(folder.path(), &[&["--directory", "--workers", "2"], arguments].concat())
}

/// A POST with a query.
fn post(server: &Server, path: &str, query: &str, links: &str) -> twite_server::client::Reply {
    let query: Vec<&[u8]> = query.split('&').filter(|_| !query.is_empty()).map(str::as_bytes).collect();
    ask(server.address(), RequestType::Post, path, |request| Outgoing {
        query: &query,
        content_format: Some(LINK).filter(|_| !links.is_empty()),
        payload: links.as_bytes(),
        ..request
    })
}

/// What a lookup finds.
fn look_up(server: &Server, kind: &str, query: &str) -> String {
    let query: Vec<&[u8]> = query.split('&').filter(|_| !query.is_empty()).map(str::as_bytes).collect();
    let path = format!("rd-lookup/{kind}");
    let found =
        ask(server.address(), RequestType::Get, &path, |request| Outgoing { query: &query, ..request });
    assert_eq!((code(&found).as_str(), found.content_format()), ("2.05", Some(LINK)), "{found:?}");
    String::from_utf8(found.payload).expect("text")
}

#[test]
fn who_registers_is_found_until_it_is_removed_also_after_a_crash() {
    let folder = Folder::new();
    let server = start(&folder, &[]);
    let registered =
        post(&server, "rd", "ep=hall&d=east&et=node&base=coap://h", "</t>;rt=temperature,</l>;rt=lamp");
    let place = location(&registered);
    assert_eq!((code(&registered).as_str(), place.starts_with("rd/")), ("2.01", true));
    let other = post(&server, "rd", "ep=cellar&base=coap://c", "</t>;rt=temperature");
    assert_eq!(code(&other), "2.01");
    // Again is the same registration.
    let again = post(&server, "rd", "ep=hall&d=east&et=node&base=coap://h", "</t>;rt=temperature,</x>");
    assert_eq!((code(&again).as_str(), location(&again)), ("2.01", place.clone()));
    let found = format!("</{place}>;ep=\"hall\";d=\"east\";base=\"coap://h\";rt=\"core.rd-ep\";et=\"node\"");
    assert_eq!(look_up(&server, "ep", "d=east"), found);
    assert_eq!(look_up(&server, "res", "rt=temperature&ep=hall"), "<coap://h/t>;rt=\"temperature\"");
    assert_eq!(look_up(&server, "res", "rt=temperature").split(',').count(), 2);
    assert_eq!(look_up(&server, "res", "rt=temperature&page=1&count=1").split(',').count(), 1);
    assert_eq!(look_up(&server, "res", "rt=lamp"), "", "what was registered before is gone");

    server.kill();
    let server = start(&folder, &[]);
    assert_eq!(look_up(&server, "ep", "d=east"), found);
    assert_eq!(code(&post(&server, &place, "base=coap://moved", "")), "2.04");
    assert_eq!(look_up(&server, "res", "href=coap://moved/t"), "<coap://moved/t>;rt=\"temperature\"");
    assert_eq!(code(&ask::delete(server.address(), &place)), "2.02");
    assert_eq!(look_up(&server, "ep", "d=east"), "");
    assert_eq!(code(&ask::delete(server.address(), &place)), "4.04");
    assert_eq!(code(&post(&server, &place, "", "")), "4.04");
}

#[test]
fn a_registration_ends_with_its_lifetime() {
    let folder = Folder::new();
    let server = start(&folder, &["--durability", "memory"]);
    let place = location(&post(&server, "rd", "ep=short&lt=1", ""));
    post(&server, "rd", "ep=long&lt=600", "");
    let end = Instant::now() + PATIENCE;
    while !look_up(&server, "ep", "ep=short").is_empty() {
        assert!(Instant::now() < end, "it lasts");
    }
    assert_eq!(code(&post(&server, &place, "lt=600", "")), "4.04");
    assert!(!look_up(&server, "ep", "ep=long").is_empty());
    assert_eq!(code(&post(&server, "rd", "ep=short&lt=600", "")), "2.01");
    assert!(!look_up(&server, "ep", "ep=short").is_empty());
}

#[test]
fn what_is_no_registration_is_refused_by_name() {
    let folder = Folder::new();
    let server = start(&folder, &["--durability", "memory"]);
    for (query, links, expected, named) in [
        ("lt=60", "", "4.00", "ep"),
        ("ep=a&lt=0", "", "4.00", "lt"),
        ("ep=a&base=h", "", "4.00", "base"),
        ("ep=a", "<relative>", "4.00", "relative"),
        ("ep=a", "</x", "4.00", ">"),
        ("ep=a", &format!("</{}>", "x".repeat(4096)), "4.13", ""),
    ] {
        let refused = post(&server, "rd", query, links);
        assert_eq!(code(&refused), expected, "{query} {links}");
        assert!(String::from_utf8_lossy(&refused.payload).contains(named), "{query}: {refused:?}");
    }
    let json = ask(server.address(), RequestType::Post, "rd", |request| Outgoing {
        query: &[b"ep=a"],
        content_format: Some(50),
        payload: b"[]",
        ..request
    });
    assert_eq!(code(&json), "4.15");
    for (method, path) in [
        (RequestType::Get, "rd"),
        (RequestType::Put, "rd/x"),
        (RequestType::Get, "rd/x"),
        (RequestType::Delete, "rd-lookup/ep"),
        (RequestType::Get, ".well-known/rd"),
    ] {
        assert_eq!(
            code(&ask(server.address(), method, path, |request| request)),
            "4.05",
            "{method:?} {path}"
        );
    }
    assert_eq!(code(&ask::get_as(server.address(), "rd-lookup/res", 50)), "4.06");
    assert_eq!(look_up(&server, "ep", ""), "");
}

#[test]
fn there_is_room_for_so_many_and_who_is_there_keeps_its_place() {
    let folder = Folder::new();
    let file = folder.file("twite.toml", "[limits]\nregistrations = 2\n");
    let file = file.to_str().expect("a path of our own");
    let server = start(&folder, &["--config", file, "--durability", "memory"]);
    for (name, expected) in [("a", "2.01"), ("b", "2.01"), ("c", "5.03"), ("a", "2.01")] {
        assert_eq!(code(&post(&server, "rd", &format!("ep={name}"), "")), expected, "{name}");
    }
    assert_eq!(look_up(&server, "ep", "").split(',').count(), 2);
}

#[test]
fn the_directory_is_discovered_and_its_registrations_are_no_resources() {
    let folder = Folder::new();
    let server = start(&folder, &["--http", "127.0.0.1:0"]);
    let place = location(&post(&server, "rd", "ep=n&base=coap://n", "</t>;rt=temperature"));
    let links = ask(server.address(), RequestType::Get, ".well-known/core", |request| Outgoing {
        query: &[b"rt=core.rd*"],
        ..request
    });
    let links = String::from_utf8(links.payload).expect("text");
    for part in
        ["</rd>;rt=\"core.rd\"", "</rd-lookup/ep>;rt=\"core.rd-lookup-ep\"", "rt=\"core.rd-lookup-res\""]
    {
        assert!(links.contains(part), "{part} in {links}");
    }
    let all = String::from_utf8(ask::get(server.address(), ".well-known/core").payload).expect("text");
    assert!(!all.contains(&place), "{all}");
    // Over HTTP it is the same directory.
    let found = web::get_as(server.http(), "/rd-lookup/res?ep=n", "application/json").json();
    assert_eq!(found, serde_json::json!([{"href": "coap://n/t", "rt": "temperature"}]));
    let media_type = [("content-type", "application/link-format")];
    let far = web::ask(server.http(), "POST", "/rd?ep=far&base=http://far", &media_type, b"</x>");
    assert_eq!((far.status, far.header("location").starts_with("/rd/")), (201, true));
    assert_eq!(web::ask(server.http(), "POST", "/rd?ep=far", &media_type, b"</x>").status, 400);
    assert_eq!(web::ask(server.http(), "DELETE", far.header("location"), &[], b"").status, 204);
    let refused = web::get(server.http(), &format!("/{place}"));
    assert_eq!((refused.status, refused.header("allow")), (405, "POST, DELETE, OPTIONS"));
}

/// Registers a node that has its links fetched, in blocks of 64 bytes; how it is answered, and its base.
fn introduce(server: &Server, query: &str, links: &[u8]) -> (String, String) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time");
    let mut buffer = [0; 2048];
    let query: Vec<&[u8]> = query.split('&').map(str::as_bytes).collect();
    let request = Outgoing { query: &query, ..Outgoing::new(RequestType::Post, &[b".well-known", b"rd"]) };
    let length = request.write(&mut buffer, 1, b"t").expect("room");
    socket.send_to(&buffer[..length], server.address()).expect("sent");
    loop {
        let (length, from) = socket.recv_from(&mut buffer).expect("something");
        let datagram = buffer[..length].to_vec();
        let message = Message::parse(&datagram).expect("a message");
        if message.code().is_request() {
            let asked = Request::check(message).expect("a request");
            assert!(asked.path().eq([b".well-known".as_slice(), b"core"]) && asked.accept() == Some(LINK));
            let block = asked.block2().unwrap_or(Block { number: 0, more: false, exponent: 2 });
            let head = Head::new(MessageType::Acknowledgement, message.message_id(), message.token());
            let head = Head { block2: Some(block.at_most(2)), ..head };
            let length = Response::content(Some(LINK), links).write(&mut buffer, head).expect("room");
            socket.send_to(&buffer[..length], from).expect("sent");
        } else if message.code().is_response() {
            let own = socket.local_addr().expect("an address");
            return (message.code().to_string(), format!("coap://{own}"));
        }
    }
}

#[test]
fn section_5_1_links_are_fetched_from_who_registers_without_them() {
    let folder = Folder::new();
    let server = start(&folder, &[]);
    let links =
        (0..20).map(|number| format!("</sensors/{number}>;rt=temperature")).collect::<Vec<_>>().join(",");
    let (answer, base) = introduce(&server, "ep=node&lt=600", links.as_bytes());
    assert_eq!(answer, "2.04");
    let found = look_up(&server, "res", "ep=node");
    assert_eq!(found.split(',').count(), 20);
    assert!(found.starts_with(&format!("<{base}/sensors/0>;rt=\"temperature\"")), "{found}");
    // Somewhere else it has another base.
    let (answer, moved) = introduce(&server, "ep=node&lt=600", b"</t>");
    assert_eq!((answer.as_str(), look_up(&server, "res", "ep=node")), ("2.04", format!("<{moved}/t>")));
    for (query, links, expected) in [
        ("ep=bad", b"<relative>".as_slice(), "5.02"),
        ("ep=bad", &[b' '; 5000], "5.02"),
        ("lt=60", b"</t>", "4.00"),
        ("ep=bad&base=coap://h", b"</t>", "4.00"),
    ] {
        assert_eq!(introduce(&server, query, links).0, expected, "{query}");
    }
    assert_eq!(look_up(&server, "ep", "ep=bad"), "");
}

//! A device beside a server: the same resources say the same, and readings of the one reach the other.

mod board;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration as Span, Instant};

use twite::base::Duration;
use twite::catalog;
use twite::exchange::{ETag, Outgoing};
use twite::resource::Path;
use twite::wire::{RawOption, RequestType};
use twite_device::{DirectorySettings, PushSettings, Settings};
use twite_tests::ask::{ask, code, get, put};
use twite_tests::folder::Folder;
use twite_tests::program::twite;
use twite_tests::server::Server;

use board::Board;

/// How long a device may take on a machine under load.
const PATIENCE: Span = Span::from_secs(30);

/// The device's resources of the catalog, each with a body.
const RESOURCES: [(&str, &[u8]); 4] = [
    ("sensors/board/temperature", b"\xa1\x00\xf9\x4d\x60"),
    ("lamps/board", b"\xa1\x00\xf4"),
    ("buttons/board", b"\xa2\x00\xf4\x01\x00"),
    ("nodes/board", b"\xa2\x00\x00\x01\x19\x27\xdb"),
];

/// The links below a path: of each its attributes.
fn links(address: SocketAddr) -> BTreeMap<String, BTreeMap<String, String>> {
    let listing = String::from_utf8(get(address, ".well-known/core").payload).expect("text");
    let read = |link: &str| {
        let (path, attributes) = link.trim_start_matches("</").split_once('>').expect("a target");
        let attributes = attributes.split(';').skip(1).map(|attribute| {
            let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            (name.to_owned(), value.trim_matches('"').to_owned())
        });
        (path.to_owned(), attributes.collect())
    };
    listing
        .split(",<")
        .filter(|link| !link.is_empty())
        .map(|link| read(link.trim_start_matches('<').trim_start_matches('/')))
        .collect()
}

#[test]
fn resources_have_the_same_paths_and_link_attributes_on_device_and_host() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let board = Board::start(Settings::DEFAULT);
    for (path, body) in RESOURCES {
        assert_eq!(code(&put(server.address(), path, 60, body)), "2.01", "{path}");
    }
    let (on_host, on_device) = (links(server.address()), links(board.address()));
    let typed: Vec<_> = on_device.keys().filter(|path| *path != "nodes/board/log").collect();
    assert_eq!(
        typed,
        on_host.keys().filter(|path| path.ends_with("board") || path.contains("/board/")).collect::<Vec<_>>()
    );
    assert_eq!(typed.len(), RESOURCES.len());
    for path in typed {
        let (device, host) = (&on_device[path], &on_host[path]);
        let segments = Path::of(path).expect("few segments");
        let entry = catalog::ENTRIES.iter().find(|entry| entry.template.capture(&segments).is_some());
        let entry = entry.unwrap_or_else(|| panic!("{path} is not in the catalog"));
        for (name, expected) in [("rt", entry.resource_type), ("if", entry.interface), ("title", entry.title)]
        {
            assert_eq!((device[name].as_str(), host[name].as_str()), (expected, expected), "{path}: {name}");
        }
        // A host has JSON as well, and everything on it can be observed.
        assert_eq!((device["ct"].as_str(), host["ct"].as_str()), ("60", "60 50"), "{path}");
        assert!(host.contains_key("obs"));
        let extra: Vec<_> = device.keys().filter(|name| !host.contains_key(*name)).collect();
        assert!(extra.is_empty(), "{path}: {extra:?}");
    }
    board.stop();
}

#[test]
fn the_same_mistakes_get_the_same_problem_details() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let board = Board::start(Settings::DEFAULT);
    for (path, body) in RESOURCES {
        assert_eq!(code(&put(server.address(), path, 60, body)), "2.01", "{path}");
    }
    let lamp = "lamps/board";
    let replies = |path: &str, request: Outgoing<'_>| {
        let request = Outgoing { accept: Some(257), ..request };
        [server.address(), board.address()]
            .map(|address| ask(address, request.method, path, |_| request))
            .map(|reply| (code(&reply), reply.content_format(), reply.payload))
    };
    let both = |path: &str, request: Outgoing<'_>| {
        let [host, device] = replies(path, request);
        assert_eq!(host, device, "{path}: {request:?}");
        (device.0, String::from_utf8_lossy(&device.2).into_owned())
    };
    let put_lamp = Outgoing {
        content_format: Some(60),
        payload: b"\xa1\x00\xf5",
        ..Outgoing::new(RequestType::Put, &[])
    };
    let get = Outgoing::new(RequestType::Get, &[]);
    let bodies: [(&[u8], &str); 6] = [
        (b"", "on"),
        (b"\xa0", "on"),
        (b"\xa1\x00\x01", "on"),
        (b"\xa2\x00\xf5\x01\x18\x65", "brightness"),
        (b"\xa1\x07\xf5", ""),
        (b"\xa1\x00\xf5\x00", ""),
    ];
    for (payload, field) in bodies {
        let (code, detail) = both(lamp, Outgoing { payload, ..put_lamp });
        assert!(code == "4.00" && detail.contains("invalid body"), "{payload:?}: {code} {detail}");
        assert!(payload.is_empty() || detail.contains(field), "{payload:?}: {detail}");
    }
    assert_eq!(both("lamps/board/nothing", get).0, "4.04");
    let other = [ETag::new(b"other").expect("short")];
    for (code, format, problem) in replies(lamp, Outgoing { if_match: &other, ..put_lamp }) {
        // The host says as well which revision there is.
        let title = problem.get(1..22).map(String::from_utf8_lossy);
        assert_eq!(
            (code.as_str(), format, title.as_deref()),
            ("4.12", Some(257), Some("\x20sprecondition failed"))
        );
    }
    let unknown = [RawOption { number: 65_001, value: &[] }];
    assert_eq!(both(lamp, Outgoing { options: &unknown, ..get }).0, "4.02");
    board.stop();
}

#[test]
fn readings_of_a_device_are_a_collection_on_the_server() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let push = PushSettings {
        server: server.address(),
        collection: "readings/board",
        period: Duration::from_millis(20),
    };
    let board = Board::start(Settings { push: Some(push), ..Settings::DEFAULT });
    let stored = || {
        let links = links(server.address());
        links.into_keys().filter(|path| path.starts_with("readings/board/")).collect::<Vec<_>>()
    };
    while stored().len() < 20 {
        std::thread::yield_now();
    }
    let counts = board.stop().expect("readings are pushed");
    assert_eq!((counts.dropped, counts.refused), (0, 0));
    let paths = stored();
    // The last one may have been on its way when the device ended.
    assert!([0, 1].contains(&(paths.len() - counts.stored as usize)), "{counts:?}, {} there", paths.len());
    let sequence =
        |path: &String| path.rsplit_once('-').expect("a run").1.parse::<usize>().expect("a number");
    assert!(paths.iter().map(sequence).eq(1..=paths.len()), "{paths:?}");
    let first = get(server.address(), &paths[0]);
    assert_eq!(first.payload[..5], [0xa4, 0, 0xf9, 0x4d, 0x60], "a map that begins with 21.5");
}

#[test]
fn a_device_with_a_context_serves_the_command_line_and_nobody_else() {
    let folder = Folder::new();
    let [here, image, context] = ["", "board.eeprom", "phone.client.toml"]
        .map(|name| folder.path().join(name).to_str().expect("UTF-8").to_owned());
    let made = twite(["keygen", "phone", "--directory", &here, "--device", &image]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let board = Board::start_on(Settings::DEFAULT, std::fs::read(&image).expect("an image"));
    let uri = format!("coap://{}/lamps/board", board.address());
    let ask = |arguments: &[&str]| twite(arguments.iter().chain(&["--oscore", &context]));
    assert_eq!(ask(&["get", &uri]).stdout, b"\xa1\x00\xf4");
    assert_eq!(ask(&["put", "-t", "cbor", &uri, "{0: true}"]).code, Some(0));
    assert_eq!(ask(&["get", &uri]).stdout, b"\xa1\x00\xf5");
    for (path, _) in RESOURCES {
        assert_eq!(code(&get(board.address(), path)), "4.01", "{path}");
    }
    assert_eq!(code(&put(board.address(), "lamps/board", 60, b"\xa1\x00\xf4")), "4.01");
    assert_eq!(ask(&["get", &uri]).stdout, b"\xa1\x00\xf5");
    board.stop();
}

#[test]
fn a_device_registers_and_is_found_with_what_it_has() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--directory"]);
    let settings = DirectorySettings { server: server.address(), name: "board", lifetime: 600 };
    let board = Board::start(Settings { directory: Some(settings), ..Settings::DEFAULT });
    let look_up = || {
        let query: [&[u8]; 2] = [b"ep=board", b"rt=temperature"];
        let found = ask(server.address(), RequestType::Get, "rd-lookup/res", |request| Outgoing {
            query: &query,
            ..request
        });
        String::from_utf8(found.payload).expect("text")
    };
    let end = Instant::now() + PATIENCE;
    while look_up().is_empty() {
        assert!(Instant::now() < end, "it is not found");
    }
    let expected = format!("<coap://{}/sensors/board/temperature>", board.address());
    assert!(look_up().starts_with(&expected), "{} in {}", expected, look_up());
}

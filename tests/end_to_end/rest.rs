//! Methods, conditions and what stays, on untyped resources.

use twite::exchange::{ETag, Outgoing};
use twite::wire::{RequestType, number};
use twite_tests::ask::{ask, code, delete, etag, etag_number, get, location, post, put, values};
use twite_tests::folder::Folder;
use twite_tests::server::Server;

const TEXT: u16 = 0;

#[test]
fn a_put_creates_then_replaces() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let created = put(server.address(), "notes/a", TEXT, b"one");
    let replaced = put(server.address(), "notes/a", TEXT, b"two");
    assert_eq!((code(&created), code(&replaced)), ("2.01".into(), "2.04".into()));
    assert!(etag_number(&created) < etag_number(&replaced));
    let read = get(server.address(), "notes/a");
    assert_eq!((code(&read), read.content_format()), ("2.05".into(), Some(TEXT)));
    assert_eq!(read.payload, b"two");
    assert_eq!(etag(&read), etag(&replaced));
}

#[test]
fn a_held_representation_is_confirmed() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let held = [etag(&put(server.address(), "note", None, b"one"))];
    let asked = || ask(server.address(), RequestType::Get, "note", |get| Outgoing { etags: &held, ..get });
    let valid = asked();
    assert_eq!((code(&valid), valid.payload.as_slice()), ("2.03".into(), b"".as_slice()));
    assert_eq!(etag(&valid), held[0]);
    put(server.address(), "note", None, b"two");
    let changed = asked();
    assert_eq!((code(&changed), changed.payload.as_slice()), ("2.05".into(), b"two".as_slice()));
}

#[test]
fn if_match_guards_against_lost_updates() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let old = [etag(&put(server.address(), "note", None, b"one"))];
    let new = [etag(&put(server.address(), "note", None, b"two"))];
    let guarded = |method, tags: &[ETag], payload: &[u8]| {
        code(&ask(server.address(), method, "note", |plain| Outgoing { if_match: tags, payload, ..plain }))
    };
    assert_eq!(guarded(RequestType::Put, &old, b"lost"), "4.12");
    assert_eq!(guarded(RequestType::Delete, &old, b""), "4.12");
    assert_eq!(get(server.address(), "note").payload, b"two");
    assert_eq!(guarded(RequestType::Put, &new, b"three"), "2.04");
    assert_eq!(get(server.address(), "note").payload, b"three");
    let absent = ask(server.address(), RequestType::Put, "none", |put| Outgoing { if_match: &new, ..put });
    assert_eq!(code(&absent), "4.12");
    assert_eq!(code(&get(server.address(), "none")), "4.04");
}

#[test]
fn if_none_match_only_creates() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let create = |payload| {
        ask(server.address(), RequestType::Put, "note", |put| Outgoing {
            if_none_match: true,
            payload,
            ..put
        })
    };
    assert_eq!(code(&create(b"one")), "2.01");
    assert_eq!(code(&create(b"two")), "4.12");
    assert_eq!(get(server.address(), "note").payload, b"one");
}

#[test]
fn a_post_creates_a_child_and_names_it() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let first = post(server.address(), "notes", TEXT, b"one");
    let second = post(server.address(), "notes", TEXT, b"two");
    assert_eq!((code(&first), code(&second)), ("2.01".into(), "2.01".into()));
    let (first, second) = (location(&first), location(&second));
    assert!(first.starts_with("notes/") && second.starts_with("notes/"), "{first} {second}");
    assert_ne!(first, second);
    assert_eq!(get(server.address(), &first).payload, b"one");
    assert_eq!(get(server.address(), &second).payload, b"two");
}

#[test]
fn a_delete_deletes_once_and_succeeds_twice() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    put(server.address(), "note", None, b"one");
    assert_eq!(code(&delete(server.address(), "note")), "2.02");
    assert_eq!(code(&get(server.address(), "note")), "4.04");
    assert_eq!(code(&delete(server.address(), "note")), "2.02");
}

#[test]
fn what_is_not_there_or_not_allowed_is_refused() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let address = server.address();
    put(address, "text", TEXT, b"one");
    put(address, "lamps/1", 60, b"\xa1\x00\xf5");
    assert_eq!(code(&get(address, "none")), "4.04");
    for method in [RequestType::Put, RequestType::Post, RequestType::Delete] {
        assert_eq!(code(&ask(address, method, ".well-known/core", |plain| plain)), "4.05", "{method:?}");
    }
    for method in [RequestType::Patch, RequestType::IPatch] {
        assert_eq!(code(&ask(address, method, ".well-known/core", |plain| plain)), "4.05", "{method:?}");
    }
    for method in [RequestType::Fetch, RequestType::Patch, RequestType::IPatch] {
        assert_eq!(
            code(&ask(address, method, "text", |plain| plain)),
            "4.15",
            "{method:?}: without a format"
        );
    }
    assert_eq!(code(&post(address, "lamps/1", 60, b"\xa1\x00\xf5")), "4.05");
    let unacceptable = ask(address, RequestType::Get, "text", |get| Outgoing { accept: Some(60), ..get });
    assert_eq!(code(&unacceptable), "4.06");
    assert_eq!(get(address, "text").payload, b"one");
}

#[test]
fn a_body_that_is_too_large_is_told_the_limit() {
    let folder = Folder::new();
    let file = folder.file("twite.toml", "[limits]\nbody_bytes = 100\n");
    let data = folder.path().join("data");
    let server = Server::start(&data, &["--config", file.to_str().expect("a path of our own")]);
    assert_eq!(code(&put(server.address(), "note", None, &[b'x'; 100])), "2.01");
    let refused = put(server.address(), "note", None, &[b'y'; 101]);
    assert_eq!((code(&refused), refused.uint(number::SIZE1)), ("4.13".into(), Some(100)));
    assert_eq!(get(server.address(), "note").payload, [b'x'; 100]);
}

#[test]
fn opaque_bodies_stay_as_they_are() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let body: Vec<u8> = (0..=255).collect();
    for (path, format) in [("plain", None), ("octets", Some(42)), ("own", Some(65_000))] {
        assert_eq!(code(&put(server.address(), path, format, &body)), "2.01", "{path}");
        let read = get(server.address(), path);
        assert_eq!((read.content_format(), &read.payload), (format, &body), "{path}");
    }
    assert_eq!(code(&put(server.address(), "empty", None, b"")), "2.01");
    assert_eq!(get(server.address(), "empty").payload, b"");
}

#[test]
fn everything_is_there_after_a_restart() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let bodies: [(&str, Option<u16>, &[u8]); 4] = [
        ("notes/a", Some(TEXT), b"kept"),
        ("notes/b", None, b"\x00\xff"),
        ("sensors/a1/temperature", Some(60), b"\xa1\x00\xf9\x4d\x60"),
        ("grüße", Some(50), b"[1,2]"),
    ];
    for (path, format, body) in bodies {
        assert_eq!(code(&put(server.address(), path, format, body)), "2.01", "{path}");
    }
    let before = bodies.map(|(path, ..)| get(server.address(), path).options);
    let (exit, log) = server.terminate();
    assert_eq!(exit, Some(0), "{log}");
    let server = Server::start(folder.path(), &[]);
    for ((path, format, body), options) in bodies.into_iter().zip(before) {
        let read = get(server.address(), path);
        assert_eq!((read.content_format(), read.payload.as_slice()), (format, body), "{path}");
        assert_eq!(read.options, options, "{path}");
    }
}

#[test]
fn etags_are_never_used_again() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let mut highest = 0;
    for path in ["a", "b"] {
        highest = highest.max(etag_number(&put(server.address(), path, None, b"old")));
        assert_eq!(code(&delete(server.address(), path)), "2.02");
    }
    let (exit, log) = server.terminate();
    assert_eq!(exit, Some(0), "{log}");
    let server = Server::start(folder.path(), &[]);
    let created = put(server.address(), "a", None, b"old");
    assert_eq!(code(&created), "2.01");
    assert!(etag_number(&created) > highest, "{:?} after {highest:#x}", etag(&created));
    assert_eq!(values(&created, number::ETAG).count(), 1);
}

#[test]
fn paths_that_cannot_be_are_refused() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let address = server.address();
    let deepest = ["x"; 16].join("/");
    let longest = format!("{}/{}", "y".repeat(100), "z".repeat(154));
    assert_eq!(code(&put(address, &deepest, None, b"")), "2.01");
    assert_eq!(code(&put(address, &longest, None, b"")), "2.01");
    let refused = [
        format!("{deepest}/x"),
        format!("{longest}z"),
        "a/\n".into(),
        "a\u{1b}[31m".into(),
        "a\0b".into(),
        "a\u{85}b".into(),
        "a//b".into(),
        "a/./b".into(),
        "../a".into(),
        String::new(),
    ];
    for path in refused {
        let reply = put(address, &path, None, b"");
        assert_eq!(reply.code.class(), 4, "{path:?}: {reply:?}");
        let read = get(address, &path);
        assert_eq!(code(&read), "4.04", "{path:?}: {read:?}");
    }
    for segment in [b"\xff".as_slice(), b"a/b"] {
        let path = [segment];
        let request = Outgoing { path: &path, ..Outgoing::new(RequestType::Put, &[]) };
        assert_eq!(code(&twite_tests::ask::send(address, &request)), "4.00", "{segment:?}");
    }
}

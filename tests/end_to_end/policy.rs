//! Access control of the running server: what a policy does not permit is neither done nor told.

mod files;
mod own;
mod reload;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use twite::exchange::Outgoing;
use twite::wire::{Block, RawOption, RequestType, number};
use twite_tests::ask::{self, code};
use twite_tests::datagrams::{Datagrams, datagram, message};
use twite_tests::folder::Folder;
use twite_tests::server::Server;

/// Everybody may look at what is public, and put what nobody may look at.
const PUBLIC: &str = r#"
[identities.anonymous]
roles = ["visitor", "reporter"]

[roles.visitor]
permissions = [
    { path = ".well-known/core", methods = ["GET"] },
    { path = "public/**", methods = ["GET", "FETCH", "PATCH"] },
    { path = "", methods = ["FETCH"] },
]

[roles.reporter]
permissions = [
    { path = "secret/**", methods = ["PUT"] },
    { path = "public/{name}/written", methods = ["PUT"] },
]
"#;

/// Writes a policy that others can neither read nor write.
fn policy(folder: &Folder, text: &str) -> PathBuf {
    let path = folder.file("policy.toml", text);
    fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("our own file");
    path
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of our own")
}

/// A server of two threads with `PUBLIC` and something in its tree.
fn guarded(folder: &Folder) -> Server {
    let path = policy(folder, PUBLIC);
    let data = folder.path().join("data");
    let server = Server::start(&data, &["--workers", "2"]);
    for path in ["public/a", "public/b/written", "secret/a", "secret"] {
        let put = ask::put(server.address(), path, 50, br#"{"field":1}"#);
        assert_eq!(code(&put), "2.01", "{path}");
    }
    assert_eq!(server.terminate().0, Some(0));
    Server::start(&data, &["--workers", "2", "--policy", text(&path)])
}

#[test]
fn what_is_permitted_is_done_and_nothing_else() {
    let folder = Folder::new();
    let server = guarded(&folder);
    let address = server.address();
    let (get, put, post, delete) =
        (RequestType::Get, RequestType::Put, RequestType::Post, RequestType::Delete);
    let (fetch, patch) = (RequestType::Fetch, RequestType::Patch);
    let query = br#"{"fields":["field"]}"#;
    for (path, method, expected) in [
        ("public/a", get, "2.05"),
        ("public/missing", get, "4.04"),
        ("public/a", fetch, "2.05"),
        ("public/a", put, "4.01"),
        ("public/a", post, "4.01"),
        ("public/a", delete, "4.01"),
        ("public/b/written", put, "2.04"),
        ("public/new/written", put, "2.01"),
        ("public/new/written/x", put, "4.01"),
        ("publicity", get, "4.01"),
        ("secret/b", put, "2.01"),
        ("secret/b", get, "4.01"),
        ("secret/b", delete, "4.01"),
        ("secret", fetch, "4.01"),
        ("other", get, "4.01"),
        ("other", put, "4.01"),
        ("", get, "4.01"),
        (".well-known/core", put, "4.01"),
    ] {
        let reply = ask::ask(address, method, path, |request| match method {
            RequestType::Get | RequestType::Delete => request,
            _ => Outgoing { content_format: Some(50), payload: query, ..request },
        });
        assert_eq!(code(&reply), expected, "{method:?} {path}");
    }
    let merge = ask::ask(address, patch, "public/a", |request| Outgoing {
        content_format: Some(52),
        payload: br#"{"field":2}"#,
        ..request
    });
    assert_eq!(code(&merge), "2.04");
    assert_eq!(ask::get(address, "public/a").payload, br#"{"field":2}"#);
}

#[test]
fn s065_what_may_not_be_seen_looks_like_what_is_not_there() {
    let folder = Folder::new();
    let server = guarded(&folder);
    let (block, accept) = (Block { number: 3, more: false, exponent: 2 }.to_option() as u8, 60);
    let second = [RawOption { number: number::BLOCK2, value: &[block] }];
    let observe = [RawOption { number: number::OBSERVE, value: b"" }];
    let upload = [RawOption { number: number::BLOCK1, value: &[0x08] }];
    let match_any = [RawOption { number: number::IF_MATCH, value: b"" }];
    let create = [RawOption { number: number::IF_NONE_MATCH, value: b"" }];
    let plain = |method| Outgoing::new(method, &[]);
    let requests = [
        plain(RequestType::Get),
        Outgoing { options: &second, ..plain(RequestType::Get) },
        Outgoing { options: &observe, ..plain(RequestType::Get) },
        Outgoing { accept: Some(accept), ..plain(RequestType::Get) },
        Outgoing { content_format: Some(50), payload: b"{}", ..plain(RequestType::Fetch) },
        Outgoing { options: &match_any, ..plain(RequestType::Delete) },
        Outgoing { options: &create, payload: b"x", ..plain(RequestType::Post) },
        Outgoing { options: &upload, payload: &[b'x'; 16], ..plain(RequestType::Post) },
        Outgoing { content_format: Some(52), payload: b"{}", ..plain(RequestType::Patch) },
        Outgoing { content_format: Some(52), payload: b"{", ..plain(RequestType::IPatch) },
    ];
    for (request, id) in requests.iter().zip(1..) {
        let answers = [&b"a"[..], b"missing", b"", b"\xff", b"a/b", b"."].map(|name| {
            let path = [&b"secret"[..], name];
            let socket = Datagrams::to(server.address());
            socket.exchange(&datagram(&Outgoing { path: &path, ..*request }, id, b"same"))
        });
        assert_eq!(message(&answers[0]).code().to_string(), "4.01", "{request:?}");
        for answer in &answers {
            assert_eq!(*answer, answers[0], "{request:?}");
        }
    }
}

#[test]
fn discovery_and_collections_show_what_may_be_read() {
    let folder = Folder::new();
    let server = guarded(&folder);
    let listed = ask::get(server.address(), ".well-known/core");
    let listed = String::from_utf8(listed.payload).expect("text");
    let paths: Vec<&str> = listed.split(',').filter_map(|link| link.split('>').next()).collect();
    assert_eq!(paths, ["</public/a", "</public/b/written"], "{listed}");
    let fetch = |path: &str| {
        ask::ask(server.address(), RequestType::Fetch, path, |request| Outgoing {
            content_format: Some(50),
            accept: Some(50),
            payload: br#"{"fields":["field"]}"#,
            ..request
        })
    };
    let all = fetch("");
    let expected = r#"{"public/a":{"field":1},"public/b/written":{"field":1}}"#;
    assert_eq!(String::from_utf8_lossy(&all.payload), expected);
    assert_eq!(code(&fetch("public/nothing")), "4.04");
}

#[test]
fn the_resources_of_test_tools_obey_too() {
    let folder = Folder::new();
    let path = policy(
        &folder,
        "[identities.anonymous]\nroles = ['r']\n[roles.r]\npermissions = [\n\
         { path = 't', methods = ['GET'] }, { path = 'obs', methods = ['GET'] }, { path = '.well-known/*', methods = ['GET'] }]\n",
    );
    let server = Server::start(&folder.path().join("data"), &["--plugtest", "--policy", text(&path)]);
    assert_eq!(ask::get(server.address(), "t").payload, b"hello");
    for (method, path) in [(RequestType::Put, "t"), (RequestType::Get, "b"), (RequestType::Get, "large")] {
        assert_eq!(code(&ask::ask(server.address(), method, path, |request| request)), "4.01", "{path}");
    }
    let listed = ask::get(server.address(), ".well-known/core").payload;
    assert_eq!(String::from_utf8_lossy(&listed).matches('<').count(), 2, "{listed:?}");
}

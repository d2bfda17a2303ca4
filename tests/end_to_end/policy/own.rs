//! What the server has of its own is under the policy as what is stored: the resource directory, counters.

use twite::exchange::Outgoing;
use twite::wire::RequestType;
use twite_tests::ask::{self, ask, code, location};
use twite_tests::folder::Folder;
use twite_tests::server::Server;
use twite_tests::web;

use super::{policy, text};

const HTTP: &[&str] = &["--directory", "--http", "127.0.0.1:0"];

/// A server where everybody may do this and nothing else.
fn permitting(folder: &Folder, permissions: &str) -> Server {
    let all =
        format!("[identities.anonymous]\nroles = ['all']\n[roles.all]\npermissions = [{permissions}]\n");
    let path = policy(folder, &all);
    let data = folder.path().join("data");
    Server::start(&data, &[HTTP, &["--policy", text(&path)]].concat())
}

/// The code of an answer over CoAP and the status over HTTP.
fn asked(server: &Server, method: RequestType, path: &str) -> (String, u16) {
    let query: &[&[u8]] = if method == RequestType::Post { &[b"ep=n", b"base=coap://h"] } else { &[] };
    let said = ask(server.address(), method, path, |request| Outgoing { query, ..request });
    let words = if method == RequestType::Post { ("POST", "?ep=n&base=coap://h") } else { ("GET", "") };
    let over_http = web::ask(server.http(), words.0, &format!("/{path}{}", words.1), &[], &[]);
    (code(&said), over_http.status)
}

const GET: RequestType = RequestType::Get;
const POST: RequestType = RequestType::Post;

#[test]
fn who_may_look_up_may_not_register() {
    let folder = Folder::new();
    let server = permitting(&folder, "{ path = 'rd-lookup/*', methods = ['GET'] }");
    assert_eq!(asked(&server, GET, "rd-lookup/ep"), ("2.05".to_owned(), 200));
    assert_eq!(asked(&server, GET, "rd-lookup/res"), ("2.05".to_owned(), 200));
    for (method, path) in [(POST, "rd"), (POST, ".well-known/rd"), (POST, "rd/x"), (GET, "stats")] {
        assert_eq!(asked(&server, method, path), ("4.01".to_owned(), 401), "{path}");
    }
    assert_eq!(ask::get(server.address(), "rd-lookup/ep").payload, b"", "nobody registered");
}

#[test]
fn who_may_register_may_not_look_up() {
    let folder = Folder::new();
    let server = permitting(
        &folder,
        "{ path = 'rd', methods = ['POST'] }, { path = 'rd/*', methods = ['DELETE'] },
         { path = 'stats', methods = ['GET'] }",
    );
    assert_eq!(asked(&server, POST, "rd"), ("2.01".to_owned(), 201));
    assert_eq!(asked(&server, GET, "stats"), ("2.05".to_owned(), 200));
    for path in ["rd-lookup/ep", "rd-lookup/res", ".well-known/core"] {
        assert_eq!(asked(&server, GET, path), ("4.01".to_owned(), 401), "{path}");
    }
    let registered = ask(server.address(), POST, "rd", |request| Outgoing {
        query: &[b"ep=n", b"base=coap://h"],
        ..request
    });
    let place = location(&registered);
    assert_eq!(code(&ask(server.address(), POST, &place, |request| request)), "4.01", "an update");
    assert_eq!(code(&ask(server.address(), RequestType::Delete, &place, |request| request)), "2.02");
}

//! The counters of all threads as a resource.

use twite::exchange::Outgoing;
use twite::wire::RequestType;
use twite_tests::ask::{ask, code, get, get_as, put};
use twite_tests::folder::Folder;
use twite_tests::server::Server;
use twite_tests::web;

#[test]
fn counters_of_all_threads_are_a_resource() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--workers", "2", "--http", "127.0.0.1:0"]);
    for path in ["a", "b", "c", "d", "e", "f"] {
        assert_eq!(code(&put(server.address(), path, 50, b"1")), "2.01", "{path}");
    }
    let json = get_as(server.address(), "stats", 50);
    assert_eq!((code(&json).as_str(), json.content_format()), ("2.05", Some(50)));
    let numbers: serde_json::Value = serde_json::from_slice(&json.payload).expect("JSON");
    // With this request itself.
    assert_eq!((&numbers["requests"], &numbers["received"]), (&7.into(), &7.into()), "{numbers}");
    assert_eq!(numbers["engines"], 2);
    let cbor = get(server.address(), "stats");
    assert_eq!((cbor.content_format(), cbor.payload.first()), (Some(60), Some(&0xb8)));
    let over_http = web::get(server.http(), "/stats");
    assert_eq!(
        (over_http.header("content-type"), &over_http.json()["requests"]),
        ("application/json", &8.into())
    );
    let in_cbor = web::get_as(server.http(), "/stats", "application/cbor");
    assert_eq!((in_cbor.header("content-type"), in_cbor.body.first()), ("application/cbor", Some(&0xb8)));

    assert_eq!(code(&get_as(server.address(), "stats", 40)), "4.06");
    assert_eq!(code(&put(server.address(), "stats", 50, b"1")), "4.05");
    assert_eq!(web::put(server.http(), "/stats", "text/plain", b"x").status, 405);
    let links = ask(server.address(), RequestType::Get, ".well-known/core", |request| Outgoing {
        query: &[b"rt=twite.stats"],
        ..request
    });
    assert_eq!(links.payload, b"</stats>;rt=\"twite.stats\";if=\"core.s\";ct=\"60 50\";title=\"Counters\"");
}

//! The page at `/`, and the streams that it shows.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use twite_tests::ask;
use twite_tests::folder::Folder;
use twite_tests::web::{self, Events, field, follow, get, put};

use super::{CBOR, JSON, start};

const ALL: &str = "/.well-known/core";

/// The kind and the content of the next event.
fn next(events: &mut Events) -> (String, serde_json::Value) {
    let event = events.next_event().expect("an event");
    let data = field(&event, "data");
    (field(&event, "event").to_owned(), serde_json::from_str(data).unwrap_or_default())
}

#[test]
fn browsers_get_the_page_and_programs_what_they_got_before() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    let html = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let page = web::get_as(server.http(), "/", html);
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.text().contains("<title>Twite</title>"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'self';") && !policy.contains("unsafe"), "{policy}");
    let known = [("accept", html), ("if-none-match", page.header("etag"))];
    let again = web::ask(server.http(), "GET", "/", &known, &[]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    for (method, accept, status) in
        [("GET", "*/*", 404), ("GET", JSON, 404), ("GET", "", 404), ("POST", html, 405), ("HEAD", html, 200)]
    {
        let headers = [("accept", accept), ("content-type", JSON)];
        let headers = if accept.is_empty() { &headers[1..] } else { &headers[..] };
        assert_eq!(web::ask(server.http(), method, "/", headers, b"1").status, status, "{method} {accept}");
    }
    let script = get(server.http(), "/dashboard/main.js");
    assert_eq!((script.status, script.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert_eq!(
        web::ask(server.http(), "PUT", "/dashboard/main.js", &[("content-type", JSON)], b"1").status,
        405
    );
    // Everything else at such a path is a resource as any other.
    assert_eq!(put(server.http(), "/dashboard/mine", JSON, b"1").status, 201);
    assert_eq!(get(server.http(), "/dashboard/mine").text(), "1");
}

#[test]
fn what_is_stored_is_no_page_of_the_servers() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    put(server.http(), "/x", "application/xml", b"<script xmlns='http://www.w3.org/1999/xhtml'/>");
    let page = get(server.http(), "/x");
    assert_eq!(page.header("content-security-policy"), "default-src 'none'; sandbox");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
}

#[test]
fn one_stream_tells_of_all_resources() {
    let folder = Folder::new();
    let server = start(folder.path(), &["--workers", "2"]);
    put(server.http(), "/a", JSON, b"[1]");
    put(server.http(), "/sensors/a1/temperature", CBOR, b"\xa1\x00\xf9\x4d\x60");
    let mut events = follow(server.http(), ALL, &[]);
    assert_eq!(events.head.header("content-type"), "text/event-stream");
    let (kind, state) = next(&mut events);
    assert_eq!(
        (kind.as_str(), &state["path"], &state["value"]),
        ("state", &"a".into(), &serde_json::json!([1]))
    );
    let etag = state["etag"].as_str().expect("text").to_owned();
    assert_eq!(get(server.http(), "/a").header("etag"), format!("\"{etag}\""));
    let (_, state) = next(&mut events);
    assert_eq!((&state["value"]["celsius"], &state["type"]), (&21.5.into(), &CBOR.into()));
    assert_eq!(next(&mut events).0, "complete");
    ask::put(server.address(), "b/c", 0, b"text");
    let (kind, state) = next(&mut events);
    assert_eq!((kind.as_str(), &state["path"], &state["value"]), ("state", &"b/c".into(), &"text".into()));
    ask::delete(server.address(), "a");
    assert_eq!(next(&mut events), ("deleted".into(), serde_json::json!({ "path": "a" })));
    assert_eq!(follow(server.http(), "/.well-known/core?rt=x", &[]).head.status, 400);
    let (code, _) = server.terminate();
    assert_eq!((next(&mut events).0.as_str(), code), ("problem", Some(0)));
}

#[test]
fn registrations_of_a_directory_are_no_resources() {
    let folder = Folder::new();
    let server = start(folder.path(), &["--directory"]);
    let links = [("content-type", "application/link-format")];
    let register = "/rd?ep=hall&base=coap://192.0.2.7";
    assert_eq!(web::ask(server.http(), "POST", register, &links, b"</a>").status, 201);
    put(server.http(), "/z", JSON, b"1");
    let mut events = follow(server.http(), ALL, &[]);
    assert_eq!(next(&mut events).1["path"], "z");
    assert_eq!(next(&mut events).0, "complete");
}

/// A policy in which everybody sees discovery and what is public.
fn write(folder: &Folder, more: &str) -> String {
    let text = format!(
        "[identities.anonymous]\nroles = [\"visitor\"]\n[roles.visitor]\npermissions = [\n\
         {{ path = \"**\", methods = [\"PUT\"] }}, {more}\n]\n"
    );
    let path = folder.file("policy.toml", text);
    fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("our own file");
    path.to_str().expect("a path of our own").to_owned()
}

#[test]
fn the_stream_shows_what_its_reader_may_read_at_that_time() {
    let folder = Folder::new();
    let discovery = r#"{ path = ".well-known/core", methods = ["GET"] },"#;
    let policy = write(&folder, &format!(r#"{discovery} {{ path = "public/**", methods = ["GET"] }}"#));
    let server = start(&folder.path().join("data"), &["--policy", &policy]);
    put(server.http(), "/public/a", JSON, b"1");
    put(server.http(), "/secret/a", JSON, b"2");
    let mut events = follow(server.http(), ALL, &[]);
    assert_eq!(next(&mut events).1["path"], "public/a");
    assert_eq!(next(&mut events).0, "complete");
    assert_eq!(follow(server.http(), "/dashboard/messages", &[]).head.status, 401);
    write(&folder, &format!(r#"{discovery} {{ path = "secret/**", methods = ["GET"] }}"#));
    server.signal("HUP");
    server.hear("another policy is in force");
    let mut seen: Vec<String> = (0..2)
        .map(|_| next(&mut events))
        .map(|(kind, data)| format!("{kind} {}", data["path"].as_str().expect("a path")))
        .collect();
    seen.sort();
    assert_eq!(seen, ["deleted public/a", "state secret/a"]);
    write(&folder, "");
    server.signal("HUP");
    assert_eq!(next(&mut events).0, "problem");
    assert_eq!(events.next_event(), None);
}

#[test]
fn messages_go_by_while_somebody_looks() {
    let folder = Folder::new();
    let server = start(folder.path(), &["--workers", "1"]);
    let mut events = follow(server.http(), "/dashboard/messages", &[]);
    ask::put(server.address(), "a/b", 0, b"1");
    let (kind, data) = next(&mut events);
    assert_eq!(kind, "messages");
    let first = &data["messages"][0];
    for (name, value) in [("direction", "in"), ("type", "CON"), ("code", "PUT"), ("path", "a/b")] {
        assert_eq!(first[name], value, "{name} in {data}");
    }
    assert_eq!(data["lost"], 0);
}

//! S063: who may do what, by bearer token (RFC 6750).

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use twite_server::policy::TokenHash;
use twite_tests::folder::Folder;
use twite_tests::server::Server;
use twite_tests::web::{ask, field, follow};

use super::{JSON, start};

const TOKEN: &str = "twite_reader";

/// Writes the policy in which the holder of the token has a role.
pub(super) fn write(folder: &Folder, roles: &str) -> String {
    let hash = TokenHash::of(TOKEN.as_bytes()).to_text();
    let text = format!(
        r#"
[identities.anonymous]
roles = ["visitor"]
[identities.gateway]
roles = [{roles}]
bearer = ["{hash}"]
[roles.visitor]
permissions = [{{ path = "public/**", methods = ["GET", "PUT"] }}, {{ path = ".well-known/core", methods = ["GET"] }}]
[roles.reader]
permissions = [
    {{ path = "secret/**", methods = ["GET", "iPATCH"] }},
    {{ path = ".well-known/core", methods = ["GET"] }},
    {{ path = "metrics", methods = ["GET"] }},
]
[roles.writer]
permissions = [{{ path = "secret/**", methods = ["PUT"] }}]
"#
    );
    let path = folder.file("policy.toml", &text);
    fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("our own file");
    path.to_str().expect("a path of our own").to_owned()
}

fn status(server: &Server, method: &str, path: &str, authorization: &str) -> (u16, String, String) {
    let mut headers = vec![("content-type", JSON)];
    if !authorization.is_empty() {
        headers.push(("authorization", authorization));
    }
    let page = ask(server.http(), method, path, &headers, b"1");
    (page.status, page.header("www-authenticate").to_owned(), page.header("allow").to_owned())
}

#[test]
fn s063_each_kind_of_stranger_has_an_answer_of_its_own() {
    let folder = Folder::new();
    let policy = write(&folder, r#""reader", "writer""#);
    let server = start(folder.path(), &["--policy", &policy]);
    let bearer = format!("Bearer {TOKEN}");
    let challenge = |error: &str| format!("Bearer realm=\"twite\"{error}");
    for (method, path, authorization, code, says, allow) in [
        ("PUT", "/public/a", "", 201, String::new(), ""),
        ("PUT", "/secret/a", &bearer, 201, String::new(), ""),
        ("PUT", "/secret/a", &format!("bEARER  {TOKEN} "), 204, String::new(), ""),
        ("PATCH", "/secret/a", &bearer, 415, String::new(), ""),
        ("GET", "/secret/a", &bearer, 200, String::new(), ""),
        ("GET", "/secret/none", &bearer, 404, String::new(), ""),
        ("GET", "/secret/a", "", 401, challenge(""), ""),
        ("GET", "/secret/none", "", 401, challenge(""), ""),
        ("GET", "/public/a", "Bearer wrong", 401, challenge(", error=\"invalid_token\""), ""),
        ("GET", "/public/a", "Basic YTpi", 401, challenge(", error=\"invalid_request\""), ""),
        ("GET", "/public/a", "Bearer ", 401, challenge(", error=\"invalid_request\""), ""),
        ("DELETE", "/secret/a", &bearer, 405, String::new(), "GET, HEAD, PUT, PATCH"),
        ("GET", "/health/ready", "", 200, String::new(), ""),
        ("GET", "/metrics", "", 401, challenge(""), ""),
        ("GET", "/metrics", &bearer, 200, String::new(), ""),
        ("GET", "/elsewhere", &bearer, 403, challenge(", error=\"insufficient_scope\""), ""),
    ] {
        let answer = status(&server, method, path, authorization);
        assert_eq!(answer, (code, says, allow.to_owned()), "{method} {path} {authorization}");
    }
    let links = |headers: &[(&str, &str)]| ask(server.http(), "GET", "/.well-known/core", headers, &[]);
    assert!(!links(&[]).text().contains("secret") && links(&[]).text().contains("public"));
    assert!(links(&[("authorization", &bearer)]).text().contains("secret"));
    let (_, log) = server.terminate();
    assert!(!log.contains(TOKEN) && !log.contains("wrong"), "{log}");
}

#[test]
fn a_stream_ends_when_its_reader_may_not_read_any_more() {
    let folder = Folder::new();
    let policy = write(&folder, r#""reader", "writer""#);
    let server = start(folder.path(), &["--policy", &policy]);
    let bearer = format!("Bearer {TOKEN}");
    status(&server, "PUT", "/secret/a", &bearer);
    assert_eq!(follow(server.http(), "/secret/a", &[]).head.status, 401);
    let mut events = follow(server.http(), "/secret/a", &[("authorization", &bearer)]);
    assert_eq!(events.state(), "1");
    write(&folder, r#""writer""#);
    server.signal("HUP");
    let end = events.next_event().expect("the end");
    assert_eq!(field(&end, "event"), "problem");
    assert!(field(&end, "data").contains("\"status\":403"), "{end:?}");
    assert_eq!(events.next_event(), None);
    assert_eq!(status(&server, "GET", "/secret/a", &bearer).0, 405);
}

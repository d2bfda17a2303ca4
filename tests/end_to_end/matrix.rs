//! Who may do what, whole: identity × path × method × transport. What is expected is written down here, for people, and both the
//! answers of a running server and the policy's decision are held against it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use twite::exchange::Outgoing;
use twite::wire::RequestType;
use twite_server::policy::{self, Caller, Denial, Policy, Proof, TokenHash, segments};
use twite_tests::datagrams::{Datagrams, datagram, message};
use twite_tests::folder::Folder;
use twite_tests::secure::Asker;
use twite_tests::server::Server;
use twite_tests::web;

use super::oscore::{context, exchange, text};

const POLICY: &str = r#"
[identities.anonymous]
roles = ["visitor"]
[identities.reader]
roles = ["visitor", "reader"]
oscore = ["reader"]
bearer = ["{reader}"]
[identities.writer]
roles = ["writer"]
oscore = ["writer"]
bearer = ["{writer}"]
[identities.keeper]
roles = ["keeper"]
bearer = ["{keeper}"]
[roles.visitor]
permissions = [
    { path = ".well-known/core", methods = ["GET"] },
    { path = "public/**", methods = ["GET", "FETCH"] },
]
[roles.reader]
permissions = [{ path = "data/**", methods = ["GET", "FETCH"] }]
[roles.writer]
permissions = [
    { path = "data/**", methods = ["GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH"] },
    { path = "drop", methods = ["POST"] },
]
[roles.keeper]
permissions = [{ path = "**", methods = ["GET", "PUT", "DELETE"] }]
"#;

/// The columns below. What creates children comes last, since a collection that has some answers FETCH.
const METHODS: [RequestType; 7] = [
    RequestType::Get,
    RequestType::Fetch,
    RequestType::Put,
    RequestType::Patch,
    RequestType::IPatch,
    RequestType::Delete,
    RequestType::Post,
];

/// The rows below. `unnamed` has proved to be somebody of whom the policy says nothing.
const WHO: [&str; 4] = ["anonymous", "reader", "writer", "unnamed"];

/// Path by path, for each of them, a column for each method: permitted (+), 4.01 for who proved nothing (u), 4.03 for the path
/// (p), 4.05 for the method (m).
const VERDICTS: [(&str, [&str; 4]); 9] = [
    ("data/a", ["uuuuuuu", "++mmmmm", "+++++++", "ppppppp"]),
    ("data/none", ["uuuuuuu", "++mmmmm", "+++++++", "ppppppp"]),
    ("data", ["uuuuuuu", "++mmmmm", "+++++++", "ppppppp"]),
    ("secret/a", ["uuuuuuu", "ppppppp", "ppppppp", "ppppppp"]),
    ("secret/none", ["uuuuuuu", "ppppppp", "ppppppp", "ppppppp"]),
    ("public/a", ["++uuuuu", "++mmmmm", "ppppppp", "ppppppp"]),
    ("public/none", ["++uuuuu", "++mmmmm", "ppppppp", "ppppppp"]),
    (".well-known/core", ["+uuuuuu", "+mmmmmm", "ppppppp", "ppppppp"]),
    ("drop", ["uuuuuuu", "ppppppp", "mmmmmm+", "ppppppp"]),
];

/// What is answered to who may: a column for each method, in CoAP.
const PERMITTED: [(&str, [&str; 7]); 9] = [
    ("data/a", ["2.05", "2.05", "2.04", "2.04", "2.04", "2.02", "2.01"]),
    ("data/none", ["4.04", "4.04", "2.01", "4.04", "4.04", "2.02", "2.01"]),
    ("data", ["4.04", "2.05", "2.01", "4.04", "4.04", "2.02", "2.01"]),
    ("secret/a", [""; 7]),
    ("secret/none", [""; 7]),
    ("public/a", ["2.05", "2.05", "", "", "", "", ""]),
    ("public/none", ["4.04", "4.04", "", "", "", "", ""]),
    (".well-known/core", ["2.05", "", "", "", "", "", ""]),
    ("drop", ["", "", "", "", "", "", "2.01"]),
];

/// The same in HTTP; 2.04 and 2.02 have no body there.
const STATUS: [(&str, u16); 5] = [("2.05", 200), ("2.04", 204), ("2.01", 201), ("2.02", 204), ("4.04", 404)];

const VALUE: &[u8] = br#"{"field":1}"#;

/// A server in whose tree there is something to do, and who asks it.
struct World {
    server: Server,
    policy: Policy,
    askers: Vec<(&'static str, Asker)>,
    _folder: Folder,
}

fn bearer(name: &str) -> String {
    format!("Bearer twite_{name}")
}

impl World {
    fn new() -> Self {
        let folder = Folder::new();
        let policy = ["reader", "writer", "keeper"].iter().fold(POLICY.to_owned(), |policy, name| {
            let hash = TokenHash::of(format!("twite_{name}").as_bytes()).to_text();
            policy.replace(&format!("{{{name}}}"), &hash)
        });
        let path = folder.file("policy.toml", &policy);
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("our own file");
        let mut arguments = vec![
            "--workers",
            "2",
            "--durability",
            "memory",
            "--http",
            "127.0.0.1:0",
            "--policy",
            text(&path),
        ];
        let made = ["reader", "writer", "unnamed"].map(|name| (name, context(&folder, name)));
        for (_, (file, _)) in &made {
            arguments.extend(["--oscore", text(file)]);
        }
        let server = Server::start(&folder.path().join("data"), &arguments);
        let policy = policy::load(&path).expect("the same policy");
        let askers = made.into_iter().map(|(name, (_, asker))| (name, asker)).collect();
        Self { server, policy, askers, _folder: folder }
    }

    /// Makes the tree what the tables say, whatever was done to it.
    fn restore(&self) {
        let keeper = bearer("keeper");
        let headers = [("authorization", keeper.as_str()), ("content-type", "application/json")];
        let keep = |method: &str, path: &str| {
            let page = web::ask(self.server.http(), method, path, &headers, VALUE);
            assert!(matches!(page.status, 200..=204 | 404), "{method} {path}: {page:?}");
        };
        for there in ["/data/a", "/data/b/c", "/secret/a", "/public/a"] {
            keep("PUT", there);
        }
        for gone in ["/data", "/data/none", "/public/none", "/drop"] {
            keep("DELETE", gone);
        }
    }
}

fn request<'r>(method: RequestType, path: &'r [&'r [u8]]) -> Outgoing<'r> {
    let (content_format, payload) = match method {
        RequestType::Get | RequestType::Delete => (None, &b""[..]),
        RequestType::Fetch => (Some(50), &br#"{"fields":["field"]}"#[..]),
        RequestType::Patch | RequestType::IPatch => (Some(52), VALUE),
        _ => (Some(50), VALUE),
    };
    Outgoing { content_format, payload, ..Outgoing::new(method, path) }
}

fn verdict(decision: Result<(), Denial>) -> char {
    match decision {
        Ok(()) => '+',
        Err(Denial::Unauthenticated) => 'u',
        Err(Denial::Path) => 'p',
        Err(Denial::Method(_)) => 'm',
    }
}

/// Every cell: path, identity, its row, the place of the method, the verdict, and the code for who may.
fn cells() -> impl Iterator<Item = (&'static str, &'static str, &'static str, usize, char, &'static str)> {
    VERDICTS.iter().zip(&PERMITTED).flat_map(|((path, rows), (same, codes))| {
        assert_eq!(path, same, "the tables have one order");
        WHO.iter().zip(rows).flat_map(move |(who, row)| {
            assert_eq!(row.len(), METHODS.len(), "{path} {who}");
            row.chars()
                .enumerate()
                .map(move |(place, verdict)| (*path, *who, *row, place, verdict, codes[place]))
        })
    })
}

#[test]
fn the_policy_decides_what_is_written_here() {
    let world = World::new();
    for (path, who, _, place, expected, _) in cells() {
        let proved = match who {
            "anonymous" => Caller::ANONYMOUS,
            _ => world.policy.caller(Proof::Oscore(who)),
        };
        let by_token = world.policy.bearer(format!("twite_{who}").as_bytes());
        assert_eq!(by_token, Some(proved).filter(|_| matches!(who, "reader" | "writer")), "{who}");
        let decided = world.policy.decide(proved, &segments(path), METHODS[place]);
        assert_eq!(verdict(decided), expected, "{who} {:?} {path}", METHODS[place]);
    }
}

#[test]
fn coap_answers_what_is_written_here_plain_and_protected() {
    let mut world = World::new();
    let socket = Datagrams::to(world.server.address());
    for (id, (path, who, _, place, verdict, code)) in (1..).zip(cells()) {
        world.restore();
        let expected = match verdict {
            '+' => code,
            'u' => "4.01",
            'p' => "4.03",
            _ => "4.05",
        };
        let segments: Vec<&[u8]> = path.split('/').map(str::as_bytes).collect();
        let request = request(METHODS[place], &segments);
        let asker = world.askers.iter_mut().find(|(name, _)| *name == who);
        let answered = match asker {
            // It is opened under the context, refusals too.
            Some((_, asker)) => exchange(asker, &socket, id, &request).code,
            None => message(&socket.exchange(&datagram(&request, id, b"t"))).code(),
        };
        assert_eq!(answered.to_string(), expected, "{who} {:?} {path}", METHODS[place]);
    }
}

#[test]
fn whoever_has_a_context_that_the_server_has_not_is_nobody() {
    let world = World::new();
    let folder = Folder::new();
    let (_, mut stranger) = context(&folder, "reader");
    let socket = Datagrams::to(world.server.address());
    for (id, (path, _)) in (1..).zip(VERDICTS) {
        let segments: Vec<&[u8]> = path.split('/').map(str::as_bytes).collect();
        for method in METHODS {
            let (protected, _) = stranger.ask(&datagram(&request(method, &segments), id, b"t"));
            let answer = socket.exchange(&protected);
            assert_eq!(message(&answer).code().to_string(), "4.01", "{method:?} {path}");
        }
    }
}

#[test]
fn http_answers_what_is_written_here_with_its_headers() {
    let world = World::new();
    let challenge = |error: &str| format!("Bearer realm=\"twite\"{error}");
    for (path, who, row, place, verdict, code) in cells() {
        let (method, media_type) = match METHODS[place] {
            RequestType::Get => ("GET", ""),
            RequestType::Put => ("PUT", "application/json"),
            RequestType::IPatch => ("PATCH", "application/merge-patch+json"),
            RequestType::Delete => ("DELETE", ""),
            RequestType::Post => ("POST", "application/json"),
            // They have no words of their own there.
            _ => continue,
        };
        world.restore();
        let authorization = bearer(who);
        let mut headers = vec![("content-type", media_type)];
        headers.retain(|(_, value)| !value.is_empty());
        if who != "anonymous" {
            headers.push(("authorization", &authorization));
        }
        let status = || STATUS.iter().find(|(known, _)| *known == code).map(|(_, status)| *status);
        let expected = match verdict {
            // Nobody has that token, so that it proves nothing at all.
            _ if who == "unnamed" => (401, challenge(", error=\"invalid_token\""), String::new()),
            '+' => (status().expect("a row"), String::new(), String::new()),
            'u' => (401, challenge(""), String::new()),
            'p' => (403, challenge(", error=\"insufficient_scope\""), String::new()),
            _ => (405, String::new(), allow(row)),
        };
        let page = web::ask(world.server.http(), method, &format!("/{path}"), &headers, VALUE);
        let header = |name| page.header(name).to_owned();
        let answered = (page.status, header("www-authenticate"), header("allow"));
        assert_eq!(answered, expected, "{who} {method} {path}");
        if method == "GET" {
            let head = web::ask(world.server.http(), "HEAD", &format!("/{path}"), &headers, b"");
            assert_eq!(head.status, page.status, "{who} HEAD {path}");
        }
    }
}

/// What Allow says to who has this row.
fn allow(row: &str) -> String {
    let may =
        |method| METHODS.iter().zip(row.chars()).any(|(known, verdict)| *known == method && verdict == '+');
    let mut names = Vec::new();
    if may(RequestType::Get) {
        names.extend(["GET", "HEAD"]);
    }
    for (method, name) in [
        (RequestType::Post, "POST"),
        (RequestType::Put, "PUT"),
        (RequestType::Delete, "DELETE"),
        (RequestType::IPatch, "PATCH"),
    ] {
        if may(method) {
            names.push(name);
        }
    }
    names.join(", ")
}

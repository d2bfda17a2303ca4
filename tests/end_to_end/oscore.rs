//! OSCORE of the running server (RFC 8613): who asks is proved by a context, whichever thread hears it.

mod adversity;
mod client;
mod kills;
mod outer;

use std::path::{Path, PathBuf};

use twite::exchange::Outgoing;
use twite::wire::{Message, MessageType, RawOption, RequestType, number};
use twite_server::oscore::{Held, Names, Pair, create};
use twite_tests::ask;
use twite_tests::datagrams::{Datagrams, datagram, message};
use twite_tests::engine::peer;
use twite_tests::folder::Folder;
use twite_tests::program::{self, twite};
use twite_tests::secure::{Asker, Inner};
use twite_tests::server::Server;

/// Everybody may read; the gateway may write too.
const POLICY: &str = "
[identities.anonymous]
roles = ['reader']
[identities.gateway]
roles = ['reader', 'writer']
oscore = ['gateway']
[roles.reader]
permissions = [{ path = '**', methods = ['GET'] }]
[roles.writer]
permissions = [{ path = 'open/**', methods = ['PUT'] }, { path = 'shut', methods = ['DELETE'] }]
";

/// Makes a context of this name: the server's file, and the client's side in use.
pub(super) fn context(folder: &Folder, name: &str) -> (PathBuf, Asker) {
    let pair = Pair::generate(&Names { name: name.to_owned(), ..Names::default() }).expect("randomness");
    let [server, client] = ["server", "client"].map(|side| folder.path().join(format!("{name}.{side}.toml")));
    create(&server, &pair.server).expect("a new file");
    create(&client, &pair.client).expect("a new file");
    let held = Held::open(&client).expect("a context");
    (server, Asker { context: held.context, peer: peer(1) })
}

pub(super) fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// A protected request and the response that comes back.
pub(super) fn exchange(asker: &mut Asker, socket: &Datagrams, id: u16, request: &Outgoing<'_>) -> Inner {
    let (protected, mut awaited) = asker.ask(&datagram(request, id, b"t"));
    asker.open(&socket.exchange(&protected), &mut awaited)
}

fn code(asker: &mut Asker, socket: &Datagrams, id: u16, method: RequestType, path: &[&[u8]]) -> String {
    exchange(asker, socket, id, &Outgoing::new(method, path)).code.to_string()
}

#[test]
fn who_has_a_context_may_what_the_policy_says() {
    let folder = Folder::new();
    let (gateway_file, mut gateway) = context(&folder, "gateway");
    let (stranger_file, mut stranger) = context(&folder, "stranger");
    let policy = folder.file("policy.toml", POLICY);
    let arguments =
        ["--workers", "2", "--policy", text(&policy), "--oscore", text(&gateway_file), "--oscore"];
    let server =
        Server::start(&folder.path().join("data"), &[&arguments[..], &[text(&stranger_file)]].concat());
    let socket = Datagrams::to(server.address());
    let (get, put, delete) = (RequestType::Get, RequestType::Put, RequestType::Delete);
    let (open, shut): (&[&[u8]], &[&[u8]]) = (&[b"open", b"a"], &[b"shut"]);
    for (id, (method, path, plain, named, unnamed)) in (1..).zip([
        (put, open, "4.01", "2.01", "4.03"),
        (get, open, "2.05", "2.05", "4.03"),
        (delete, open, "4.01", "4.05", "4.03"),
        (put, shut, "4.01", "4.05", "4.03"),
        (delete, shut, "4.01", "2.02", "4.03"),
        (get, shut, "4.04", "4.04", "4.03"),
    ]) {
        assert_eq!(code(&mut gateway, &socket, 100 + id, method, path), named, "{method:?} {path:?}");
        assert_eq!(code(&mut stranger, &socket, 200 + id, method, path), unnamed, "{method:?} {path:?}");
        let answer = socket.exchange(&datagram(&Outgoing::new(method, path), 300 + id, b"p"));
        assert_eq!(message(&answer).code().to_string(), plain, "{method:?} {path:?}");
    }
}

#[test]
fn one_window_holds_for_all_threads() {
    let folder = Folder::new();
    let (file, mut asker) = context(&folder, "gateway");
    let server = Server::start(&folder.path().join("data"), &["--workers", "4", "--oscore", text(&file)]);
    // Each has a port of its own, so that every thread hears some of them.
    let sockets: Vec<Datagrams> = (0..16).map(|_| Datagrams::to(server.address())).collect();
    let mut sent = Vec::new();
    for socket in &sockets {
        let (protected, mut awaited) =
            asker.ask(&datagram(&Outgoing::new(RequestType::Get, &[b"x"]), 1, b"t"));
        assert_eq!(asker.open(&socket.exchange(&protected), &mut awaited).code.to_string(), "4.04");
        sent.push(protected);
    }
    for (socket, other) in sockets.iter().zip(sent.iter().rev()) {
        // Anybody can give it another message id, so that it is no repetition.
        let replayed = [&other[..2], &[0, 9], &other[4..]].concat();
        let answer = socket.exchange(&replayed);
        let answer = message(&answer);
        let said = (answer.code().to_string(), answer.payload());
        assert_eq!((said.0.as_str(), said.1), ("4.01", &b"Replay detected"[..]));
    }
    let (mut forged, _) = asker.ask(&datagram(&Outgoing::new(RequestType::Get, &[b"x"]), 2, b"t"));
    *forged.last_mut().expect("a tag") ^= 1;
    let answer = sockets[0].exchange(&forged);
    assert_eq!(message(&answer).payload(), b"Decryption failed");
    let (_, mut unknown) = context(&folder, "unknown");
    let (datagram, _) = unknown.ask(&datagram(&Outgoing::new(RequestType::Get, &[b"x"]), 3, b"t"));
    let answer = sockets[0].exchange(&datagram);
    assert_eq!(message(&answer).payload(), b"Security context not found");
}

/// Asks, and once more with the Echo value if the server wants to see one.
fn ask_fresh(asker: &mut Asker, socket: &Datagrams, id: u16, request: &Outgoing<'_>) -> (Inner, bool) {
    let first = exchange(asker, socket, id, request);
    let Some(echo) = first.option(number::ECHO) else { return (first, false) };
    assert_eq!(first.code.to_string(), "4.01");
    let options = [request.options, &[RawOption { number: number::ECHO, value: echo }]].concat();
    (exchange(asker, socket, id + 1, &Outgoing { options: &options, ..*request }), true)
}

#[test]
fn after_a_restart_the_first_request_shows_that_it_is_fresh() {
    let folder = Folder::new();
    let (file, mut asker) = context(&folder, "gateway");
    let request = Outgoing::new(RequestType::Get, &[b"x"]);
    for (round, is_challenged) in [(1, false), (2, true), (3, true)] {
        let server = Server::start(&folder.path().join("data"), &["--oscore", text(&file)]);
        let socket = Datagrams::to(server.address());
        for (id, challenged) in [(1, is_challenged), (3, false)] {
            let (answer, was_challenged) = ask_fresh(&mut asker, &socket, id, &request);
            assert_eq!((answer.code.to_string().as_str(), was_challenged), ("4.04", challenged), "{round}");
        }
        server.kill();
    }
}

#[test]
fn a_protected_datagram_may_be_as_long_as_any() {
    let folder = Folder::new();
    let (file, mut asker) = context(&folder, "gateway");
    let arguments = ["--workers", "2", "--durability", "memory", "--oscore", text(&file)];
    let server = Server::start(&folder.path().join("data"), &arguments);
    let socket = Datagrams::to(server.address());
    for (id, length) in [(1, 1_900), (3, 2_100), (5, 5_000), (7, 65_000)] {
        let payload = vec![b'x'; length];
        let put = Outgoing { payload: &payload, ..Outgoing::new(RequestType::Put, &[b"long"]) };
        let answer = exchange(&mut asker, &socket, id, &put);
        assert_eq!(answer.code.to_string(), if id == 1 { "2.01" } else { "2.04" }, "{length}");
        assert_eq!(ask::get(server.address(), "long").payload.len(), length);
    }
}

#[test]
fn an_observer_under_a_context_hears_of_what_others_change() {
    let folder = Folder::new();
    let (file, mut asker) = context(&folder, "gateway");
    let server = Server::start(&folder.path().join("data"), &["--workers", "2", "--oscore", text(&file)]);
    ask::put(server.address(), "seen", None, b"0");
    let socket = Datagrams::to(server.address());
    let options = [RawOption { number: number::OBSERVE, value: b"" }];
    let register = Outgoing { options: &options, ..Outgoing::new(RequestType::Get, &[b"seen"]) };
    let (protected, mut awaited) = asker.ask(&datagram(&register, 1, b"t"));
    let first = asker.open(&socket.exchange(&protected), &mut awaited);
    assert!(first.option(number::OBSERVE).is_some() && first.payload == b"0", "{first:?}");
    for state in [b"1", b"2", b"3"] {
        ask::put(server.address(), "seen", None, state);
        let told = socket.receive();
        let outer = message(&told);
        assert_eq!(outer.message_id() % 2, 1, "the ids of other endpoints are even");
        if outer.kind() == MessageType::Confirmable {
            let [high, low] = outer.message_id().to_be_bytes();
            socket.send(&[0x60, 0, high, low]);
        }
        assert_eq!(asker.open(&told, &mut awaited).payload, state);
    }
    // A Reset finds its way to whoever has the observation.
    ask::put(server.address(), "seen", None, b"4");
    let told = socket.receive();
    let [high, low] = Message::parse(&told).expect("well-formed").message_id().to_be_bytes();
    socket.send(&[0x70, 0, high, low]);
    ask::put(server.address(), "seen", None, b"5");
    assert_eq!(code(&mut asker, &socket, 2, RequestType::Get, &[b"seen"]), "2.05");
    assert!(socket.waiting().is_empty(), "nobody is told any more");
}

#[test]
fn a_context_that_only_the_policy_knows_is_told_of() {
    let folder = Folder::new();
    let (file, _) = context(&folder, "gateway");
    let named = POLICY.replace("['gateway']", "['gateway', 'gatevay', 'other']");
    let policy = folder.file("policy.toml", &named);
    let arguments = ["--policy", text(&policy), "--oscore", text(&file)];
    let server = Server::start(&folder.path().join("data"), &arguments);
    let missing = "names an OSCORE context that is in no file of `oscore`";
    for name in ["gatevay", "other"] {
        let line = server.hear(missing);
        assert!(line.contains(name) && line.contains("policy.toml"), "{line}");
    }
    // Another policy is looked at too, and one that names what there is is not told of.
    folder.file("policy.toml", POLICY.replace("['gateway']", "['third']"));
    server.signal("HUP");
    assert!(server.hear(missing).contains("third"));
    folder.file("policy.toml", POLICY);
    server.signal("HUP");
    server.hear("another policy is in force");
    let (_, log) = server.terminate();
    assert_eq!(log.matches(missing).count(), 3, "{log}");
}

#[test]
fn a_context_is_used_by_one_server_and_named_once() {
    let folder = Folder::new();
    let (file, _) = context(&folder, "gateway");
    let data = folder.path().join("data");
    let server = Server::start(&data, &["--oscore", text(&file)]);
    let other = folder.path().join("other");
    let again = |files: &[&Path]| {
        let files = files.iter().flat_map(|file| ["--oscore", text(file)]);
        let ran =
            twite(["serve", "--data", text(&other), "--listen", "127.0.0.1:0"].into_iter().chain(files));
        assert_eq!(ran.code, Some(2), "{ran:?}");
        ran.stderr
    };
    assert!(again(&[&file]).contains("gateway.server.toml: is in use by another process"));
    server.kill();
    assert!(again(&[&file, &file]).contains("is in use by another process or a second time"));
    let copy = folder.path().join("copy.toml");
    std::fs::copy(&file, &copy).expect("a copy");
    std::fs::write(folder.path().join("copy.toml.sequence"), "0").expect("a file");
    assert!(again(&[&file, &copy]).contains("copy.toml: recipient_id"));
    assert!(again(&[&folder.path().join("none.toml")]).contains("none.toml: cannot be read"));
}

#[test]
fn a_context_has_a_rate_of_its_own() {
    let folder = Folder::new();
    let (eager_file, mut eager) = context(&folder, "eager");
    let (other_file, mut other) = context(&folder, "other");
    let mut command = program::command();
    command.args(["serve", "--listen", "127.0.0.1:0", "--durability", "memory", "--workers", "2"]);
    command.args(["--oscore", text(&eager_file), "--oscore", text(&other_file)]);
    command.arg("--data").arg(folder.path().join("data"));
    command.env("TWITE_LIMITS_TRUSTS_LOOPBACK", "false").env("TWITE_LIMITS_REQUESTS_PER_SECOND", "1");
    let server = Server::spawn(&mut command);
    let socket = Datagrams::to(server.address());
    let ask = |asker: &mut Asker, id| code(asker, &socket, id, RequestType::Get, &[b"x"]);
    assert_eq!(ask(&mut eager, 1), "4.04");
    assert!((2..100).any(|id| ask(&mut eager, id) == "4.29"), "98 in a second are too many");
    assert_eq!(ask(&mut other, 100), "4.04", "from the same address");
}

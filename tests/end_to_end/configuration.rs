//! What the server is told, and how it says that it cannot do it: one line, and the right exit code.

use std::net::UdpSocket;
use std::path::Path;

use twite_tests::ask;
use twite_tests::datagrams::{Datagrams, message};
use twite_tests::folder::Folder;
use twite_tests::program::{command, run, twite};
use twite_tests::server::Server;
use twite_tests::vectors::malformed;

/// Runs a server that does not start; the one line in which it says why.
fn refused(code: i32, arguments: &[&str]) -> String {
    let ran = twite(["serve", "--listen", "127.0.0.1:0"].iter().chain(arguments));
    assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
    assert!(ran.stdout.is_empty(), "{arguments:?}: {ran:?}");
    one_line(&ran.stderr)
}

/// The text if it is one line without the traces of a panic.
fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let [line] = lines.as_slice() else { panic!("not one line: {text}") };
    assert!(line.starts_with("twite: "), "{line}");
    for trace in ["panicked", "backtrace", "RUST_BACKTRACE", "Error {", "Err("] {
        assert!(!line.contains(trace), "{line}");
    }
    (*line).to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of our own")
}

#[test]
fn a_mistake_in_a_file_is_named_with_its_place() {
    let folder = Folder::new();
    let mistakes = [
        ("colour = 1\n", ":1:1: ", "key `colour` is not known; expected one of listen, data"),
        ("demo = true\n\n[limits]\nbodies = 5\n", ":4:1: ", "expected one of limits.body_bytes"),
        ("[limits]\nbody_bytes = 0\n", ":2:14: ", "limits.body_bytes: "),
        ("# a comment\ndemo = \"yes\"\n", ":2:8: ", "demo: "),
        ("listen = [\"127.0.0.1:0\", \"here\"]\n", ":1:26: ", "listen: "),
        ("demo = \n", ":1:", ""),
    ];
    for (content, place, expected) in mistakes {
        let file = folder.file("twite.toml", content);
        let line = refused(2, &["--config", text(&file)]);
        assert!(line.contains(&format!("twite.toml{place}")), "{line}");
        assert!(line.contains(expected), "{line}");
        assert!(line.contains("expected"), "{line}");
    }
    let line = refused(2, &["--config", text(&folder.path().join("missing.toml"))]);
    assert!(line.contains("missing.toml: cannot be read"), "{line}");
}

#[test]
fn a_mistake_in_a_variable_is_named() {
    for (name, value, expected) in [("TWITE_DEOM", "true", "TWITE_DEMO"), ("TWITE_DEMO", "maybe", "expected")]
    {
        let ran = run(command().arg("serve").env(name, value), &[]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        let line = one_line(&ran.stderr);
        assert!(line.contains(name) && line.contains(expected), "{line}");
    }
}

#[test]
fn what_cannot_be_had_is_named() {
    let folder = Folder::new();
    let file = folder.file("file", "");
    let line = refused(1, &["--data", text(&file)]);
    assert!(line.contains(text(&file)) && line.contains("is not a directory"), "{line}");

    let taken = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("it is bound").to_string();
    let data = folder.path().join("data");
    let ran = twite(["serve", "--data", text(&data), "--listen", &address]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let line = one_line(&ran.stderr);
    assert!(line.contains(&address) && line.contains("in use"), "{line}");
}

#[test]
fn a_corrupt_store_is_named() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    ask::put(server.address(), "note", None, b"text");
    assert_eq!(server.terminate().0, Some(0));
    let store = folder.path().join("twite.db");
    let sound = std::fs::read(&store).expect("the store is a file");
    let mut damaged = sound.clone();
    damaged[..16].fill(b'x');
    let mut scrambled = sound.clone();
    // Behind the header of the file, in the pages.
    scrambled[100..].fill(0xa5);
    for content in [damaged, scrambled] {
        folder.file("twite.db", content);
        let line = refused(1, &["--data", text(folder.path())]);
        assert!(line.contains("twite.db") && line.contains("corrupt"), "{line}");
    }
    folder.file("twite.db", sound);
    let server = Server::start(folder.path(), &[]);
    assert_eq!(ask::get(server.address(), "note").payload, b"text");
}

#[test]
fn a_data_directory_belongs_to_one_server() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let line = refused(1, &["--data", text(folder.path())]);
    assert!(line.contains(text(folder.path())) && line.contains("in use"), "{line}");
    assert_eq!(ask::code(&ask::put(server.address(), "note", None, b"")), "2.01");
}

#[test]
fn the_printed_configuration_loads_back() {
    let folder = Folder::new();
    let file = folder.file("twite.toml", "interval_ms = 77\n[timing]\nmax_retransmit = 2\n");
    let flags = ["--config", text(&file), "--demo", "--durability", "interval", "--log", "json"];
    let arguments = |more: &[&str]| -> Vec<String> {
        let all = ["serve", "--print-config"].iter().chain(more);
        all.map(|argument| (*argument).to_owned()).collect()
    };
    let printed = twite(arguments(&flags));
    assert_eq!(printed.code, Some(0), "{printed:?}");
    for expected in ["interval_ms = 77 # ", "demo = true # --demo", "max_retransmit = 2 # ", "[limits]"] {
        assert!(printed.text().contains(expected), "no {expected:?} in\n{}", printed.text());
    }
    let copy = folder.file("copy.toml", &printed.stdout);
    let again = twite(arguments(&["--config", text(&copy)]));
    assert_eq!(again.code, Some(0), "{again:?}");
    let values = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.split(" # ").next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(values(printed.text()), values(again.text()));
}

#[test]
fn the_log_stays_json_whatever_a_path_holds() {
    let folder = Folder::new();
    let mut command = command();
    command.env("TWITE_LOG", "trace").args(["serve", "--listen", "127.0.0.1:0", "--log", "json"]);
    let server = Server::spawn(command.arg("--data").arg(folder.path()));
    let vectors = malformed(&["uri"], true);
    let hostile = vectors.iter().find(|vector| vector.id == "M318").expect("log injection");
    let socket = Datagrams::to(server.address());
    let answer = socket.exchange(&hostile.datagram);
    assert_eq!(message(&answer).code().to_string(), "4.04");
    // The same path in a write goes further.
    let mut write = hostile.datagram.clone();
    write[1] = 3;
    write[3] ^= 1;
    assert_eq!(message(&socket.exchange(&write)).code().class(), 4);
    let (code, log) = server.terminate();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains(r"x\\x0a\\x1b[2J"), "the path is there, escaped: {log}");
    for line in log.lines() {
        let entry: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(entry["level"].is_string(), "{line}");
        assert!(!line.contains('\u{1b}'), "{line:?}");
    }
}

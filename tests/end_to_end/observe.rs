//! `twite observe`: what it shows and how it ends.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Stdio};

use twite_tests::ask::{delete, put};
use twite_tests::folder::Folder;
use twite_tests::program::command;
use twite_tests::server::Server;

const CBOR: u16 = 60;

/// An observer whose lines are read as they come.
struct Observer {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Observer {
    fn start(server: &Server, path: &str, arguments: &[&str]) -> Self {
        let mut command = command();
        command.arg("observe").arg(server.uri(path)).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("standard output"));
        Self { child, lines }
    }

    /// The next state; the observer's own `--for` ends a wait that is in vain.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("text");
        line.trim_end().to_owned()
    }

    /// What it still shows, its exit code and its standard error.
    fn end(mut self) -> (String, Option<i32>, String) {
        let (mut rest, mut errors) = (String::new(), String::new());
        self.lines.read_to_string(&mut rest).expect("text");
        self.child.stderr.take().expect("standard error").read_to_string(&mut errors).expect("text");
        let code = self.child.wait().expect("it ends").code();
        (rest, code, errors)
    }
}

fn celsius(degrees: u8) -> Vec<u8> {
    vec![0xa1, 0, 0x18, degrees]
}

#[test]
fn each_state_is_a_line_until_there_were_enough() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let path = "sensors/a1/temperature";
    put(server.address(), path, CBOR, &celsius(30));
    let mut observer = Observer::start(&server, path, &["--count", "3", "--for", "30s", "-v"]);
    assert_eq!(observer.line(), "{0: 30}");
    put(server.address(), path, CBOR, &celsius(31));
    assert_eq!(observer.line(), "{0: 31}");
    put(server.address(), path, CBOR, &celsius(32));
    let (rest, code, trace) = observer.end();
    assert_eq!((rest.as_str(), code), ("{0: 32}\n", Some(0)));
    assert!(trace.contains("Observe:0"), "{trace}");
    assert!(trace.lines().any(|line| line.starts_with("> ") && line.contains("Observe:1,")), "{trace}");
}

#[test]
fn json_is_asked_for_and_a_large_state_comes_whole() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let text = |letter: &str| format!("{{\"text\":\"{}\"}}", letter.repeat(5_000));
    put(server.address(), "long", 50, text("a").as_bytes());
    let mut observer = Observer::start(&server, "long", &["--count", "2", "--for", "30s", "-A", "json"]);
    assert_eq!(observer.line(), text("a"));
    put(server.address(), "long", 50, text("b").as_bytes());
    assert_eq!(observer.line(), text("b"));
    assert_eq!(observer.end().1, Some(0));
}

#[test]
fn the_end_of_the_resource_is_the_end_of_the_observation() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    put(server.address(), "gone", 0, b"soon");
    let mut observer = Observer::start(&server, "gone", &["--for", "30s"]);
    assert_eq!(observer.line(), "soon");
    delete(server.address(), "gone");
    let (_, code, errors) = observer.end();
    assert_eq!(code, Some(4), "{errors}");
    assert!(errors.contains("4.04"), "{errors}");
}

#[test]
fn time_is_up_and_what_is_not_there_is_not_observed() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    put(server.address(), "quiet", 0, b"one");
    let (shown, code, _) = Observer::start(&server, "quiet", &["--for", "1s"]).end();
    assert_eq!((shown.as_str(), code), ("one\n", Some(0)));
    assert_eq!(Observer::start(&server, "none", &["--for", "30s"]).end().1, Some(4));
}

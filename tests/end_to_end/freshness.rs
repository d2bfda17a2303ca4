//! A server that carries out fresh changes only, RFC 9175 §2.3.

use twite::exchange::Outgoing;
use twite::wire::{RequestType, number};
use twite_tests::ask;
use twite_tests::datagrams::{Datagrams, datagram, message};
use twite_tests::folder::Folder;
use twite_tests::program::{command, twite, twite_reading};
use twite_tests::server::Server;

fn strict(folder: &Folder) -> Server {
    strict_with(folder, &[])
}

fn strict_with(folder: &Folder, arguments: &[&str]) -> Server {
    let mut command = command();
    command.env("TWITE_FRESH_CHANGES", "true").args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
    Server::spawn(command.arg("--data").arg(folder.path()))
}

#[test]
fn a_change_without_a_fresh_value_changes_nothing() {
    let folder = Folder::new();
    let server = strict(&folder);
    let socket = Datagrams::to(server.address());
    let request = Outgoing { payload: b"text", ..Outgoing::new(RequestType::Post, &[b"notes"]) };
    let bytes = socket.exchange(&datagram(&request, 1, b"t"));
    let answer = message(&bytes);
    assert_eq!(answer.code().to_string(), "4.01");
    assert_eq!(answer.values(number::ECHO).next().map(<[u8]>::len), Some(12));
    assert_eq!(ask::code(&ask::get(server.address(), "notes")), "4.04");
    let discovered = ask::get(server.address(), ".well-known/core");
    assert_eq!(ask::code(&discovered), "2.05", "reading needs no value");
    assert!(!String::from_utf8_lossy(&discovered.payload).contains("notes/"), "{discovered:?}");
}

#[test]
fn the_client_sends_the_request_again_with_the_value_and_it_is_done_once() {
    let folder = Folder::new();
    let server = strict(&folder);
    let ran = twite(["post", "-v", "-t", "text", &server.uri("notes"), "once"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.stderr.matches("4.01").count(), 1, "challenged once: {}", ran.stderr);
    let notes = ask::get(server.address(), ".well-known/core");
    assert_eq!(String::from_utf8_lossy(&notes.payload).matches("notes/").count(), 1, "{notes:?}");
}

#[test]
fn a_body_in_blocks_is_challenged_on_its_first_block_only() {
    let folder = Folder::new();
    let server = strict(&folder);
    let body: Vec<u8> = (0..20_000).map(|at| (at % 251) as u8).collect();
    let ran = twite_reading(["put", "-v", "-t", "42", "-b", "256", &server.uri("image"), "-"], &body);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.stderr.matches("4.01").count(), 1, "challenged once: {}", ran.stderr);
    assert_eq!(twite(["get", &server.uri("image")]).stdout, body);
}

#[test]
fn under_a_context_one_value_shows_that_request_and_change_are_fresh() {
    let folder = Folder::new();
    let here = folder.path().to_str().expect("UTF-8");
    assert_eq!(twite(["keygen", "gateway", "--directory", here]).code, Some(0));
    let [server_side, client_side] = ["server", "client"].map(|side| format!("{here}/gateway.{side}.toml"));
    // After a restart the context wants to see a value too (RFC 8613 App. B.1.2).
    for _ in 0..2 {
        let server = strict_with(&folder, &["--oscore", &server_side]);
        let uri = server.uri("notes");
        let ran = twite(["put", "-v", "-t", "text", &uri, "text", "--oscore", &client_side]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(ran.stderr.matches("> v:1 t:CON c:POST").count(), 2, "challenged once: {}", ran.stderr);
        server.kill();
    }
}

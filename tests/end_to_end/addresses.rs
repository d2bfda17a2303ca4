//! An answer comes from the address that was asked; otherwise the client takes it for a stranger's.

use std::net::SocketAddr;

use twite_tests::datagrams::{Datagrams, message};
use twite_tests::folder::Folder;
use twite_tests::server::Server;

/// CON GET /t
const GET: &[u8] = b"\x41\x01\x00\x01\x01\xb1t";

/// Asks at `host` on the server's port; the socket hears nobody but that address.
fn asked_at(server: &Server, host: &str) {
    let address: SocketAddr = format!("{host}:{}", server.address().port()).parse().expect("an address");
    let answer = Datagrams::to(address).exchange(GET);
    assert_eq!(message(&answer).payload(), b"hello", "asked at {address}");
}

#[test]
fn a_server_on_all_ipv4_addresses_answers_from_each() {
    let folder = Folder::new();
    let server = Server::listening(folder.path(), &["0.0.0.0:0"], &["--open", "--plugtest"]);
    for host in ["127.0.0.1", "127.0.0.2", "127.3.2.1"] {
        asked_at(&server, host);
    }
}

#[test]
fn a_server_on_all_addresses_speaks_both_protocols() {
    let folder = Folder::new();
    let server = Server::listening(folder.path(), &["[::]:0"], &["--open", "--plugtest"]);
    for host in ["127.0.0.1", "127.0.0.2", "[::1]"] {
        asked_at(&server, host);
    }
}

#[test]
fn a_server_serves_the_same_on_several_addresses() {
    let folder = Folder::new();
    let server = Server::listening(folder.path(), &["127.0.0.1:0", "[::1]:0"], &["--plugtest"]);
    let [first, second] = server.addresses() else { panic!("two addresses: {:?}", server.addresses()) };
    // PUT /t "both"
    Datagrams::to(*first).exchange(b"\x41\x03\x00\x02\x02\xb1t\xffboth");
    let answer = Datagrams::to(*second).exchange(GET);
    assert_eq!(message(&answer).payload(), b"both");
}

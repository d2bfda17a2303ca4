//! The server as a service: sockets that it is given, what it tells its manager, its unit.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use twite_tests::ask;
use twite_tests::folder::Folder;
use twite_tests::program;
use twite_tests::server::Server;
use twite_tests::web;

/// How long the server may take to say something on a machine under load.
const PATIENCE: Duration = Duration::from_secs(30);

/// The command that starts a server with sockets on this address.
fn given(folder: &Folder, address: &str) -> Command {
    let mut command = Command::new("python3");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/end_to_end/pass_sockets.py")).arg(address);
    command
        .arg(program::command().get_program())
        .args(["serve", "--workers", "2", "--data"])
        .arg(folder.path());
    command
}

#[test]
fn sockets_that_are_passed_on_are_served() {
    let folder = Folder::new();
    let server = Server::spawn(&mut given(&folder, "127.0.0.1"));
    assert_ne!(server.address().port(), 5683, "not where it listens by default");
    ask::put(server.address(), "a", 50, b"1");
    assert_eq!(web::get(server.http(), "/a").text(), "1");
    assert_eq!(server.terminate().0, Some(0));
}

#[test]
fn what_is_asked_at_an_address_is_answered_from_there() {
    for (address, asked) in [("0.0.0.0", "127.0.0.2"), ("::", "127.0.0.3"), ("::", "::1")] {
        let folder = Folder::new();
        let server = Server::spawn(given(&folder, address).arg("--open"));
        let asked = (asked.parse::<std::net::IpAddr>().expect("an address"), server.address().port()).into();
        assert_eq!(ask::code(&ask::put(asked, "a", 50, b"1")), "2.01", "{address} {asked}");
    }
}

#[test]
fn a_passed_socket_is_open_to_others_no_more_than_any() {
    let folder = Folder::new();
    let refused = given(&folder, "0.0.0.0").output().expect("it runs");
    let log = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{log}");
    assert!(log.contains("other hosts reach 0.0.0.0") && log.contains("--policy FILE"), "{log}");
}

#[test]
fn the_manager_hears_when_it_is_ready_lives_and_stops() {
    let folder = Folder::new();
    let place = folder.path().join("notify");
    let manager = UnixDatagram::bind(&place).expect("a socket in a temporary folder");
    manager.set_read_timeout(Some(PATIENCE)).expect("a time");
    let hear = || {
        let mut text = [0; 64];
        let length = manager.recv(&mut text).expect("it says something");
        String::from_utf8_lossy(&text[..length]).into_owned()
    };
    let mut command = program::command();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path().join("data"));
    command.env("NOTIFY_SOCKET", &place).env("WATCHDOG_USEC", "100000");
    let server = Server::spawn(&mut command);
    assert_eq!(hear(), "READY=1");
    assert_eq!([hear(), hear()], ["WATCHDOG=1", "WATCHDOG=1"]);
    assert_eq!(server.terminate().0, Some(0));
    let last = std::iter::from_fn(|| Some(hear())).find(|said| said != "WATCHDOG=1");
    assert_eq!(last.as_deref(), Some("STOPPING=1"));
}

/// What a tool of systemd says of the unit.
fn analyze(arguments: &[&str], unit: &Path) -> String {
    let output = Command::new("systemd-analyze").args(arguments).arg(unit).output();
    let output = output.expect("systemd-analyze of Debian's systemd is installed: tests/setup does it");
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

#[test]
fn the_unit_is_well_formed_and_confined() {
    let folder = Folder::new();
    let packaging = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../server/packaging"));
    let service =
        std::fs::read_to_string(packaging.join("twite.service")).expect("it is part of the repository");
    // The program is not installed here.
    let installed = program::command().get_program().to_str().expect("a path of our own").to_owned();
    let unit = folder.file("twite.service", service.replace("/usr/bin/twite", &installed));
    let said = analyze(&["verify", "--man=no"], &unit);
    assert!(!said.contains("twite.service:"), "{said}");
    // From 0, which is safe, to 10.
    analyze(&["security", "--offline=yes", "--threshold=20", "--no-pager"], &unit);
    let configuration = packaging.join("twite.toml");
    let mut print = program::command();
    let printed =
        print.args(["serve", "--print-config", "--config"]).arg(configuration).output().expect("it runs");
    assert!(printed.status.success(), "{printed:?}");
}

//! RFC 7252 §8 and §12.8: servers that answer a group, and a client that asks it.
//!
//! The group is asked by the loopback interface. Where the machine does not carry IPv4 multicast there (a plain echo of
//! this program finds out), nothing is tested, and a message says so.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use twite_tests::datagrams::{Datagrams, message};
use twite_tests::folder::Folder;
use twite_tests::program::{command, twite};
use twite_tests::server::Server;

const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 1, 187);

/// NON GET /.well-known/core?href=/t, message id 1, token "m"
const DISCOVER: &[u8] = b"\x51\x01\x00\x01m\xbb.well-known\x04core\x47href=/t";

/// Whether a datagram to the group comes back by the loopback interface; if not, loudly.
fn carries_multicast() -> bool {
    let echo = || -> std::io::Result<bool> {
        let member = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        member.join_multicast_v4(&GROUP, &Ipv4Addr::LOCALHOST)?;
        member.set_read_timeout(Some(Duration::from_secs(2)))?;
        // Bound to the loopback address, it sends by that interface.
        UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.send_to(b"echo", (GROUP, member.local_addr()?.port()))?;
        let mut buffer = [0; 8];
        Ok(member.recv(&mut buffer)? == 4)
    };
    let found = echo();
    if !matches!(found, Ok(true)) {
        eprintln!("SKIPPED: the loopback interface of this machine carries no IPv4 multicast: {found:?}");
    }
    matches!(found, Ok(true))
}

/// Asks the group from the loopback address: who answered within the time, and how long after.
fn ask(port: u16, datagram: &[u8], time: Duration) -> Vec<(SocketAddr, Vec<u8>, Duration)> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let begun = Instant::now();
    socket.send_to(datagram, (GROUP, port)).expect("the loopback interface takes it");
    let mut buffer = [0; 2048];
    let mut answers = Vec::new();
    while let Some(left) = time.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) {
        socket.set_read_timeout(Some(left)).expect("a deadline");
        if let Ok((len, remote)) = socket.recv_from(&mut buffer) {
            answers.push((remote, buffer[..len].to_vec(), begun.elapsed()));
        }
    }
    answers
}

/// The leisure, and some time for a machine under load.
const LEISURE: Duration = Duration::from_millis(6_000);

fn answers_its_group(listen: &str) {
    if !carries_multicast() {
        return;
    }
    let folder = Folder::new();
    let server = Server::listening(folder.path(), &[listen], &["--open", "--plugtest"]);
    let port = server.address().port();
    let answers = ask(port, DISCOVER, LEISURE);
    let [(remote, datagram, _)] = answers.as_slice() else { panic!("one answer: {answers:?}") };
    assert_eq!(*remote, (Ipv4Addr::LOCALHOST, port).into(), "from a unicast address");
    let answer = message(datagram);
    assert_eq!((answer.code().to_string().as_str(), answer.token()), ("2.05", &b"m"[..]));
    assert!(answer.payload().starts_with(b"</t>"), "{:?}", String::from_utf8_lossy(answer.payload()));
}

#[test]
fn a_server_on_all_ipv4_addresses_answers_all_coap_nodes() {
    answers_its_group("0.0.0.0:0");
}

#[test]
fn a_server_on_all_addresses_answers_the_group_of_ipv4_too() {
    answers_its_group("[::]:0");
}

#[test]
fn errors_confirmable_requests_and_pings_to_the_group_meet_silence() {
    if !carries_multicast() {
        return;
    }
    let folder = Folder::new();
    let server = Server::listening(folder.path(), &["0.0.0.0:0"], &["--open", "--plugtest"]);
    let port = server.address().port();
    for datagram in [
        &b"\x51\x01\x00\x02m\xb7nowhere"[..],
        b"\x41\x01\x00\x03m\xb1t",
        b"\x51\x03\x00\x04m\xb1t\xffnew",
        b"\x40\x00\x00\x05",
    ] {
        ask(port, datagram, Duration::from_millis(1));
    }
    assert_eq!(ask(port, b"\x51\x03\x00\x06m\xb1t\xffnew", LEISURE), []);
    let unicast = Datagrams::to((Ipv4Addr::LOCALHOST, port).into());
    let state = unicast.exchange(b"\x41\x01\x00\x07\x01\xb1t");
    assert_eq!(message(&state).payload(), b"hello", "unchanged");
}

#[test]
fn a_server_that_is_told_so_answers_no_group() {
    if !carries_multicast() {
        return;
    }
    let folder = Folder::new();
    let arguments = ["serve", "--open", "--plugtest", "--listen", "0.0.0.0:0", "--data"];
    let mut told = command();
    told.args(arguments).arg(folder.path()).env("TWITE_MULTICAST", "false");
    let server = Server::spawn(&mut told);
    assert_eq!(ask(server.address().port(), DISCOVER, LEISURE), []);
}

#[test]
fn what_a_policy_hides_is_not_told_to_a_group() {
    if !carries_multicast() {
        return;
    }
    let folder = Folder::new();
    let obeying = |permitted: &str| {
        let policy = format!(
            "[identities.anonymous]\nroles = ['r']\n[roles.r]\npermissions = [{{ path = '{permitted}', methods = ['GET'] }}]\n"
        );
        let path = folder.file("policy.toml", policy);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("our own file");
        let path = path.to_str().expect("a path of our own");
        Server::listening(&folder.path().join(permitted), &["0.0.0.0:0"], &["--plugtest", "--policy", path])
    };
    // One may list and has nothing to list, one may not even list.
    let servers = ["{any}/core", "t"].map(obeying);
    let answers = std::thread::scope(|scope| {
        let asked = servers.each_ref().map(|server| {
            let port = server.address().port();
            scope.spawn(move || ask(port, DISCOVER, LEISURE))
        });
        asked.map(|asked| asked.join().expect("asked"))
    });
    assert_eq!(answers, [vec![], vec![]]);
    let unicast = Datagrams::to((Ipv4Addr::LOCALHOST, servers[0].address().port()).into());
    let listed = unicast.exchange(b"\x41\x01\x00\x01m\xbb.well-known\x04core\x47href=/t");
    assert_eq!(
        (message(&listed).code().to_string().as_str(), message(&listed).payload()),
        ("2.05", &b""[..])
    );
}

#[test]
fn a_group_needs_an_address_to_answer_from() {
    let folder = Folder::new();
    let data = folder.path().to_string_lossy().into_owned();
    let ran = twite(["serve", "--data", &data, "--listen", "224.0.1.187:61616"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("224.0.1.187:61616 is a group"), "{ran:?}");
}

#[test]
fn discover_finds_every_server_of_the_group() {
    if !carries_multicast() {
        return;
    }
    let port =
        UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr()).expect("one").port();
    let folders = [Folder::new(), Folder::new()];
    let group = format!("{GROUP}:{port}");
    let (first, second) = (format!("127.0.0.2:{port}"), format!("127.0.0.3:{port}"));
    let _servers = [&first, &second].map(|own| {
        let folder = if *own == first { &folders[0] } else { &folders[1] };
        Server::listening(folder.path(), &[own, &group], &["--plugtest"])
    });
    let uri = format!("coap://{group}?href=/t");
    let ran = twite(["discover", "--multicast", &uri, "--for", "6s", "--interface", "lo"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for own in [first, second] {
        let shown = format!("coap://{own}\n  /t");
        assert!(ran.text().contains(&shown), "{own}: {ran:?}");
    }
    assert_eq!(ran.text().lines().count(), 4, "{ran:?}");
}

#[test]
fn discover_says_that_nobody_answers() {
    if !carries_multicast() {
        return;
    }
    let ran = twite(["discover", "--multicast", "224.0.1.187:9", "--for", "1s", "--interface", "lo"]);
    assert_eq!((ran.code, ran.text()), (Some(3), ""), "{ran:?}");
    let ran = twite(["discover", "--multicast", "coap://127.0.0.1", "--interface", "lo"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let ran = twite(["discover"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
}

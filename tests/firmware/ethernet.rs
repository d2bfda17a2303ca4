//! Boards on an Ethernet of the test's own: IPv6, groups, a fixed address, and two boards with nothing between them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use coap_lite::{CoapOption, MessageClass, MessageType, Packet, RequestType, ResponseType};
use twite_tests::board::{Board, Cable, FIXED, Setup, build};
use twite_tests::emulator::Emulator;
use twite_tests::hub::Hub;
use twite_tests::neighbour::Neighbour;

/// CoAP's port.
const PORT: u16 = 5683;

/// How long something may take on a machine under load.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a member of a group may take to answer (RFC 7252 §8.2), and what an emulator may add.
const LEISURE: Duration = Duration::from_secs(7);

/// How long to wait before a request is sent again.
const AGAIN: Duration = Duration::from_secs(2);

/// The network of the fixed address.
const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

/// A prefix that a router announces, and the neighbour's address in it.
const PREFIX: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 7, 0, 0, 0, 0, 0);
const GLOBAL: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 7, 0, 0, 0, 0, 1);

/// The image with IPv6 and a fixed IPv4 address in place of DHCP.
fn image() -> PathBuf {
    static IMAGE: OnceLock<PathBuf> = OnceLock::new();
    let cargo = ["--no-default-features", "--features", "stop-start,ipv6"];
    IMAGE.get_or_init(|| build(Board::Lm3s6965evb, &[], "ethernet", &cargo)).clone()
}

/// The board at a port of a hub.
fn plug_in(hub: &Hub, port: usize, push: Option<SocketAddr>) -> (Emulator, Cable) {
    let cable = Cable { port: hub.port(port), last_of_mac: 0x60 + port as u8 };
    let push = push.map(|server| (server, Duration::from_secs(1)));
    let setup = Setup { image: Some(image()), cable: Some(cable.clone()), push, ..Setup::default() };
    (Emulator::start_with(&setup), cable)
}

/// A GET; its message id is its token, too.
fn get(kind: MessageType, id: u16, path: &str) -> Vec<u8> {
    let mut packet = Packet::new();
    packet.header.set_type(kind);
    packet.header.code = MessageClass::Request(RequestType::Get);
    packet.header.message_id = id;
    packet.set_token(id.to_be_bytes().to_vec());
    for segment in path.split('/') {
        packet.add_option(CoapOption::UriPath, segment.as_bytes().to_vec());
    }
    packet.to_bytes().expect("a small message")
}

/// The answer to the request of this token, whatever else comes; nothing, if it does not come in time.
fn answer(neighbour: &mut Neighbour, id: u16, patience: Duration) -> Option<(SocketAddr, Packet)> {
    let deadline = Instant::now() + patience;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let (from, bytes) = neighbour.receive(left)?;
        let packet = Packet::from_bytes(&bytes).expect("a message");
        if packet.get_token() == id.to_be_bytes() {
            return Some((from, packet));
        }
    }
}

/// What a board answers at this address, asked again and again; it answers from there.
fn ask(neighbour: &mut Neighbour, address: IpAddr, id: u16, path: &str) -> Packet {
    let to = SocketAddr::new(address, PORT);
    let deadline = Instant::now() + PATIENCE;
    loop {
        neighbour.send(to, &get(MessageType::Confirmable, id, path));
        if let Some((from, packet)) = answer(neighbour, id, AGAIN) {
            assert_eq!(from, to);
            return packet;
        }
        assert!(Instant::now() < deadline, "no answer from {to}");
    }
}

const CONTENT: MessageClass = MessageClass::Response(ResponseType::Content);

#[test]
fn a_board_is_reached_by_each_of_its_addresses_and_groups() {
    let hub = Hub::start(2, 0, Duration::ZERO, 1);
    let mut neighbour = Neighbour::plug_in(&hub.port(1), &[(NEIGHBOUR.into(), 24), (GLOBAL.into(), 64)]);
    let (board, cable) = plug_in(&hub, 0, None);
    let link_local = IpAddr::from(cable.link_local());
    assert_eq!(ask(&mut neighbour, FIXED.into(), 1, "lamps/board").header.code, CONTENT);
    assert_eq!(ask(&mut neighbour, link_local, 2, "lamps/board").header.code, CONTENT);

    let interface = cable.link_local().to_bits() & u128::from(u64::MAX);
    let global = Ipv6Addr::from_bits(PREFIX.to_bits() | interface);
    let deadline = Instant::now() + PATIENCE;
    // The board's log has no room for the rules of short forms.
    let written = global.segments().map(|segment| format!("{segment:04x}")).join(":");
    while !board.log().contains(&format!("listening on {written}")) {
        assert!(Instant::now() < deadline, "{}", board.log());
        neighbour.advertise(PREFIX);
        // What comes meanwhile is nothing that was asked for.
        let _ = neighbour.receive(Duration::from_millis(200));
    }
    assert_eq!(ask(&mut neighbour, global.into(), 3, "lamps/board").header.code, CONTENT);

    let groups = [
        (Ipv4Addr::new(224, 0, 1, 187).into(), FIXED.into()),
        (Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfd).into(), link_local),
    ];
    for ((group, member), id) in groups.into_iter().zip([0x10, 0x20]) {
        let group = SocketAddr::new(group, PORT);
        // An error is not said to a group, so that the list is all that comes.
        neighbour.send(group, &get(MessageType::NonConfirmable, id, "nowhere"));
        // What is not confirmable may be lost, also in an emulator that has no time.
        let mut found = (id + 1..=id + 5).filter_map(|id| {
            neighbour.send(group, &get(MessageType::NonConfirmable, id, ".well-known/core"));
            answer(&mut neighbour, id, LEISURE)
        });
        let (from, listing) = found.next().expect("a member of the group");
        assert_eq!((from, listing.header.code), (SocketAddr::new(member, PORT), CONTENT));
        assert_eq!(listing.header.get_type(), MessageType::NonConfirmable);
        let links = String::from_utf8(listing.payload).expect("text");
        assert!(links.contains("</sensors/board/temperature>"), "{links}");
        assert_eq!(answer(&mut neighbour, id, LEISURE), None);
    }
    assert_eq!((board.starts(), board.complaints().as_str()), (1, ""));
}

#[test]
fn two_boards_talk_through_a_bad_ethernet() {
    let hub = Hub::start(3, 20, Duration::from_millis(20), 0x6875_6221);
    let (first, cable) = plug_in(&hub, 0, None);
    let server = SocketAddr::new(cable.link_local().into(), PORT);
    let (second, talker) = plug_in(&hub, 1, Some(server));
    let mut neighbour = Neighbour::plug_in(&hub.port(2), &[(NEIGHBOUR.into(), 24)]);
    let deadline = Instant::now() + PATIENCE;
    for id in 1.. {
        let log = ask(&mut neighbour, talker.link_local().into(), id, "nodes/board/log");
        let log = String::from_utf8(log.payload).expect("text");
        assert!(!log.contains("server silent"), "{log}");
        // A node has no collection of readings: 4.04, which is an answer, and the readings come again and again.
        if log.matches("reading not taken").count() >= 3 {
            break;
        }
        assert!(Instant::now() < deadline, "{log}\n{}", second.log());
    }
    let (relayed, lost) = hub.counts();
    assert!(lost > 5, "{lost} of {relayed} frames lost: the network was good");
    assert_eq!((first.starts(), second.starts()), (1, 1));
    assert_eq!((first.complaints(), second.complaints()), (String::new(), String::new()));
}

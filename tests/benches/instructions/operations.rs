//! What runs under callgrind: one operation many times.

use std::hint::black_box;

use twite::base::{Instant, Links, Slot};
use twite::catalog::{Celsius, Lamp, LampState, Temperature};
use twite::endpoint::{Endpoint, Event, FixedSecurity, FixedStorage, Output, PeerRecord};
use twite::exchange::{Head, ObservationRecord, ObservedRecord, ObserverKey, Request, Response};
use twite::oscore::{Compressed, Start};
use twite::reliability::{Origin, Peer, Remembered, Timing};
use twite::resource::{Get, Path, Put, Template};
use twite::service::{self, Call, Error, Handle, Route};
use twite::wire::{Message, MessageType, number};
use twite_server::serve::memory::{Capacity, HostStorage};
use twite_tests::oscore;

/// GET /sensors/a/t... in 21 bytes: header, 4-byte token, two path segments.
const GET: &[u8; 21] = b"\x44\x01\x12\x34\xa1\xb2\xc3\xd4\xb7sensors\x04temp";

/// PUT /lamps/a {0: true}.
const PUT: &[u8] = b"\x44\x03\x12\x34\xa1\xb2\xc3\xd4\xb5lamps\x01a\x11\x3c\xff\xa1\x00\xf5";

/// An operation, its gate in instructions.
pub(crate) type Operation = (&'static str, fn(u64), u64);

pub(crate) const OPERATIONS: &[Operation] = &[
    ("parse a 21-byte GET", parse, 250),
    ("parse, route and answer a 21-byte GET", parse_route_answer, 600),
    ("typed GET through the endpoint", endpoint_get, 2_000),
    ("typed PUT through the endpoint", endpoint_put, 3_000),
    ("typed GET under OSCORE, both sides' protection", protected_get, 14_500),
];

fn parse(count: u64) {
    for _ in 0..count {
        black_box(Message::parse(black_box(GET))).expect("well-formed");
    }
}

fn parse_route_answer(count: u64) {
    static TEMPLATES: [Template; 4] = [
        Template::new("sensors/{id}/temperature"),
        Template::new("sensors/{id}/humidity"),
        Template::new("lamps/{id}"),
        Template::new("sensors/{id}"),
    ];
    let mut buffer = [0; 128];
    for _ in 0..count {
        let message = Message::parse(black_box(GET)).expect("well-formed");
        let request = Request::check(message).expect("no bad option");
        let path = Path::collect(request.path()).expect("two segments");
        let route = TEMPLATES.iter().position(|template| template.capture(&path).is_some());
        assert_eq!(route, Some(3));
        let head = Head::new(MessageType::Acknowledgement, message.message_id(), message.token());
        let response = Response::content(Some(60), b"\xa1\x00\xf9\x4d\x60");
        black_box(response.write(&mut buffer, head).expect("room"));
        black_box(&buffer);
    }
}

struct Board {
    lamp: LampState,
}

impl Handle<Get<Temperature>> for Board {
    fn handle(&mut self, _: Call<Get<Temperature>>) -> Result<Celsius, Error> {
        Ok(Celsius { celsius: 21.5, time: None })
    }
}

impl Handle<Put<Lamp>> for Board {
    fn handle(&mut self, call: Call<Put<Lamp>>) -> Result<(), Error> {
        self.lamp = call.input;
        Ok(())
    }
}

const ROUTES: &[Route<Board>] = &[Route::to::<Get<Temperature>>(), Route::to::<Put<Lamp>>()];

fn endpoint_get(count: u64) {
    let datagram = b"\x44\x01\x12\x34\xa1\xb2\xc3\xd4\xb7sensors\x01a\x0btemperature";
    drive(count, datagram, false);
}

fn endpoint_put(count: u64) {
    drive(count, PUT, true);
}

/// A request is protected, opened, served, its response protected and opened.
fn protected_get(count: u64) {
    let mut storage = Box::new(FixedStorage::<16, 16, 512>::new());
    let mut security = Box::new(FixedSecurity::<1, 16, 512>::new());
    let mut endpoint = Endpoint::new(storage.lend(), Timing::DEFAULT, [1; 32]);
    endpoint.secure(security.lend());
    let mut client = oscore::context(&oscore::vectors()["negative_context"], &[1], &[2], Start::Ephemeral);
    let server = oscore::context(&oscore::vectors()["negative_context"], &[2], &[1], Start::Ephemeral);
    endpoint.add_context(server).expect("room for it");
    let mut board = Board { lamp: LampState { on: false, brightness: None } };
    let peer = Peer::new(([127, 0, 0, 1], 40_000).into());
    let mut datagram = *b"\x44\x01\x12\x34\xa1\xb2\xc3\xd4\xb7sensors\x01a\x0btemperature";
    let (mut protected, mut room, now) = ([0; 256], [0; 512], Instant::from_millis(1));
    for round in 0..count {
        datagram[2..4].copy_from_slice(&(round as u16).to_be_bytes());
        let plain = Message::parse(black_box(&datagram)).expect("well-formed");
        let (length, mut awaited) = client.protect_request(&plain, &mut protected).expect("room");
        let Some(Event::Request(incoming)) =
            endpoint.handle_protected(now, peer, &protected[..length], &mut room)
        else {
            panic!("it is served")
        };
        service::serve(ROUTES, &mut board, incoming);
        let Output::Transmit { bytes, .. } = endpoint.poll_output(now) else { panic!("it is answered") };
        let outer = Message::parse(bytes).expect("well-formed");
        let value = outer.values(number::OSCORE).next().expect("it is protected");
        let compressed = Compressed::read(value).expect("an option of ours");
        let mut room = [0; 512];
        let response = client.open_response(&compressed, &outer, &mut awaited, &mut room);
        assert_eq!(response.expect("it is ours").code().class(), 2);
        while let Output::Transmit { .. } = endpoint.poll_output(now) {}
    }
}

/// Room for ten thousand observers.
const CROWD: Capacity = Capacity {
    peers: 12_000,
    duplicates: 16,
    once_per_peer: 16,
    deferred: 16,
    transmissions: 16,
    requests: 16,
    observers: 12_000,
    observers_per_peer: 8,
    estimates: 0,
    longest_token: 64,
    message: 128,
};

/// Registers `count` observers of one resource, one peer each.
pub(crate) fn register(count: u64) {
    let mut storage = HostStorage::new(CROWD);
    let mut endpoint = Endpoint::new(storage.lend(), Timing::DEFAULT, [1; 32]);
    let datagram = b"\x44\x01\x12\x34\xa1\xb2\xc3\xd4\x60\x55state";
    let now = Instant::from_millis(1);
    for number in 0..count {
        let address = [10, 0, (number >> 8) as u8, number as u8];
        let peer = Peer::new((address, 5683).into());
        if let Some(Event::Request(incoming)) = endpoint.handle_input(now, peer, black_box(datagram)) {
            incoming.observable(7).respond(&Response::content(Some(60), b"\xa1\x00\xf9\x4d\x60"));
        }
        while let Output::Transmit { bytes, .. } = endpoint.poll_output(now) {
            black_box(bytes);
        }
    }
    assert_eq!(endpoint.observations(), count as usize);
}

/// Serves the datagram `count` times, with a new message id each time if it is `fresh`.
fn drive(count: u64, datagram: &[u8], fresh: bool) {
    let mut storage = Box::new(FixedStorage::<16, 16, 512>::new());
    let mut endpoint = Endpoint::new(storage.lend(), Timing::DEFAULT, [1; 32]);
    let mut board = Board { lamp: LampState { on: false, brightness: None } };
    let peer = Peer::new(([127, 0, 0, 1], 40_000).into());
    let mut datagram = datagram.to_vec();
    let now = Instant::from_millis(1);
    for round in 0..count {
        if fresh {
            datagram[2..4].copy_from_slice(&(round as u16).to_be_bytes());
        }
        if let Some(Event::Request(incoming)) = endpoint.handle_input(now, peer, black_box(&datagram)) {
            service::serve(ROUTES, &mut board, incoming);
        }
        while let Output::Transmit { bytes, .. } = endpoint.poll_output(now) {
            assert_eq!(bytes[1] >> 5, 2, "a success");
            black_box(bytes);
        }
    }
}

/// Bytes of the tables for one of each: its slot and its links.
pub(crate) fn memory() -> [(&'static str, usize, usize); 2] {
    const fn place<K, V>() -> usize {
        size_of::<Slot<K, V>>() + size_of::<Links>()
    }
    let observer =
        place::<ObserverKey, ObservationRecord>() + place::<u64, ObservedRecord>() + place::<Origin, u32>();
    let endpoint = place::<Peer, PeerRecord>() + place::<Origin, Remembered>() + 64;
    [
        ("an observer of a resource of its own", observer, 400),
        ("a known endpoint and one remembered answer", endpoint, 300),
    ]
}

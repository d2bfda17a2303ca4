//! The shared model served by a device's engine: fixed storage, parts that are played by the test.

use std::cell::Cell;
use std::rc::Rc;

use embedded_hal::i2c::{self, I2c, Operation};
use twite::base::Instant;
use twite::endpoint::{Endpoint, Event, FixedStorage, Output};
use twite::reliability::{Peer, Timing};
use twite::service;
use twite_device::{Lm75, Node};

use crate::parts::Pin;

/// A bus with one sensor, whose register is the test's.
struct Bus(Rc<Cell<Option<i16>>>);

#[derive(Debug)]
struct NoAnswer;

impl i2c::Error for NoAnswer {
    fn kind(&self) -> i2c::ErrorKind {
        i2c::ErrorKind::NoAcknowledge(i2c::NoAcknowledgeSource::Address)
    }
}

impl i2c::ErrorType for Bus {
    type Error = NoAnswer;
}

impl I2c for Bus {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), NoAnswer> {
        let register = self.0.get().filter(|_| address == 0x48).ok_or(NoAnswer)?;
        for operation in operations {
            match operation {
                Operation::Write(bytes) => assert_eq!(*bytes, [0], "the temperature register"),
                Operation::Read(bytes) => bytes.copy_from_slice(&register.to_be_bytes()),
            }
        }
        Ok(())
    }
}

type Board = Node<Lm75<Bus>, Pin, Pin>;

/// The node, its parts from outside, and the endpoint it is served by.
struct Bench<'s> {
    node: Board,
    register: Rc<Cell<Option<i16>>>,
    lamp: Rc<Cell<bool>>,
    button: Rc<Cell<bool>>,
    endpoint: Endpoint<'s>,
    message_id: u16,
}

impl<'s> Bench<'s> {
    fn new(storage: &'s mut FixedStorage<2, 4, 512>) -> Self {
        let (register, lamp, button) = (Rc::new(Cell::new(None)), Rc::default(), Rc::default());
        let thermometer = Lm75::new(Bus(Rc::clone(&register)), 0x48);
        let node = Node::new(thermometer, Pin(Rc::clone(&lamp)), Pin(Rc::clone(&button)), 10_203);
        let endpoint = Endpoint::new(storage.lend(), Timing::DEFAULT, [3; 32]);
        Self { node: node.expect("pins do not fail"), register, lamp, button, endpoint, message_id: 0 }
    }

    /// The code and payload that answer a request of this method, path and rest.
    fn ask(&mut self, method: u8, path: &[&str], rest: &[u8]) -> (u8, Vec<u8>) {
        self.message_id += 1;
        let mut datagram = vec![0x40, method];
        datagram.extend(self.message_id.to_be_bytes());
        for (position, segment) in path.iter().enumerate() {
            let delta = if position == 0 { 0xb0 } else { 0 };
            datagram.push(delta | segment.len() as u8);
            datagram.extend(segment.as_bytes());
        }
        datagram.extend(rest);
        let peer = Peer::new(([127, 0, 0, 1], 5683).into());
        let now = Instant::from_millis(1);
        if let Some(Event::Request(incoming)) = self.endpoint.handle_input(now, peer, &datagram) {
            service::serve(&Board::ROUTES, &mut self.node, incoming);
        }
        let sent = self.sent();
        let bytes = sent.first().expect("an answer");
        let payload = bytes.iter().position(|&byte| byte == 0xff).map(|marker| bytes[marker + 1..].to_vec());
        (bytes[1], payload.unwrap_or_default())
    }

    /// Everything there is to send.
    fn sent(&mut self) -> Vec<Vec<u8>> {
        let mut sent = Vec::new();
        loop {
            match self.endpoint.poll_output(Instant::from_millis(1)) {
                Output::Transmit { bytes, .. } => sent.push(bytes.to_vec()),
                Output::Notify(notification) => service::notify(&Board::ROUTES, &mut self.node, notification),
                Output::Failed { .. } => {}
                Output::Wait(_) => return sent,
            }
        }
    }
}

const GET: u8 = 1;
const POST: u8 = 2;
const PUT: u8 = 3;
const PATCH: u8 = 6;
const IPATCH: u8 = 7;

#[test]
fn the_thermometer_is_read_when_it_is_asked() {
    let mut storage = FixedStorage::new();
    let mut bench = Bench::new(&mut storage);
    let path = ["sensors", "board"];
    assert_eq!(bench.ask(GET, &path, b"\x0btemperatur").0, 0, "truncated: rejected by Reset");
    bench.register.set(Some(0x1580));
    assert_eq!(bench.ask(GET, &path, b"\x0btemperature"), (0x45, vec![0xa1, 0, 0xf9, 0x4d, 0x60]));
    bench.register.set(Some(-0x0080));
    assert_eq!(bench.ask(GET, &path, b"\x0btemperature"), (0x45, vec![0xa1, 0, 0xf9, 0xb8, 0x00]));
    bench.register.set(None);
    assert_eq!(bench.ask(GET, &path, b"\x0btemperature").0, 0xa3, "5.03 when the sensor is silent");
}

#[test]
fn the_lamp_is_switched_by_put_and_toggled_by_post() {
    let mut storage = FixedStorage::new();
    let mut bench = Bench::new(&mut storage);
    let path = ["lamps", "board"];
    assert_eq!(bench.ask(PUT, &path, b"\x11\x3c\xff\xa1\x00\xf5").0, 0x44);
    assert!(bench.lamp.get());
    assert_eq!(bench.ask(POST, &path, b""), (0x44, vec![0xa1, 0, 0xf4]));
    assert!(!bench.lamp.get());
    assert_eq!(bench.ask(GET, &path, b""), (0x45, vec![0xa1, 0, 0xf4]));
    let (code, problem) = bench.ask(PUT, &path, b"\x11\x3c\xff\xa1\x00\x01");
    assert_eq!(code, 0x80);
    let text = String::from_utf8_lossy(&problem).into_owned();
    assert!(text.contains("on: expected true or false"), "{text}");
    assert!(!bench.lamp.get(), "a refused request changes nothing");
}

#[test]
fn the_lamp_is_patched() {
    let mut storage = FixedStorage::new();
    let mut bench = Bench::new(&mut storage);
    let path = ["lamps", "board"];
    assert_eq!(bench.ask(PATCH, &path, b"\x11\x3c\xff\xa1\x00\xf5"), (0x44, vec![]));
    assert!(bench.lamp.get());
    assert_eq!(bench.ask(IPATCH, &path, b"\x11\x3c\xff\xa0").0, 0x44);
    assert!(bench.lamp.get(), "what is not named stays");
    let (code, problem) = bench.ask(IPATCH, &path, b"\x11\x3c\xff\xa2\x00\xf4\x02\x01");
    let text = String::from_utf8_lossy(&problem).into_owned();
    assert!(code == 0x96 && text.contains("2: expected one of 0 (on), 1 (brightness)"), "{text}");
    assert_eq!(bench.ask(PATCH, &path, b"\x11\x3c\xff\xa1\x00\xf6").0, 0x96, "it is required");
    assert_eq!(bench.ask(PATCH, &path, b"\x11\x34\xff{}").0, 0x8f, "format 52");
    assert!(bench.lamp.get(), "a refused request changes nothing");
}

#[test]
fn the_button_counts_its_edges() {
    let mut storage = FixedStorage::new();
    let mut bench = Bench::new(&mut storage);
    for pressed in [true, true, false, true] {
        bench.button.set(pressed);
        bench.node.tick(7);
    }
    assert_eq!(bench.ask(GET, &["buttons", "board"], b""), (0x45, vec![0xa2, 0, 0xf5, 1, 2]));
    assert_eq!(bench.ask(GET, &["nodes", "board"], b""), (0x45, vec![0xa2, 0, 7, 1, 0x19, 0x27, 0xdb]));
    assert_eq!(bench.ask(GET, &["buttons", "other"], b"").0, 0x84);
}

#[test]
fn the_node_lists_what_it_has() {
    let mut storage = FixedStorage::new();
    let mut bench = Bench::new(&mut storage);
    let (code, listing) = bench.ask(GET, &[".well-known", "core"], b"");
    assert_eq!(code, 0x45);
    let listing = String::from_utf8(listing).expect("text");
    for path in ["</sensors/board/temperature>", "</lamps/board>", "</buttons/board>", "</nodes/board>"] {
        assert_eq!(listing.matches(path).count(), 1, "{path} in {listing}");
    }
}

#[test]
fn the_lamp_tells_its_observers() {
    let mut storage = FixedStorage::new();
    let mut bench = Bench::new(&mut storage);
    // Observe 0, then the path.
    let registration = b"\x60\x55lamps\x05board";
    assert_eq!(bench.ask(GET, &[], registration), (0x45, vec![0xa1, 0, 0xf4]));
    assert_eq!(bench.endpoint.observations(), 1);
    bench.ask(PUT, &["lamps", "board"], b"\x11\x3c\xff\xa1\x00\xf5");
    bench.endpoint.changed(service::number_of::<twite::catalog::Lamp>("board"));
    let sent = bench.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0][1], &sent[0][sent[0].len() - 3..]), (0x45, &[0xa1, 0, 0xf5][..]));
    bench.endpoint.changed(service::number_of::<twite::catalog::Button>("board"));
    assert!(bench.sent().is_empty(), "nobody observes the button");
}

//! Datagrams, commands and time into an endpoint on fixed storage that serves typed resources.
//!
//! An input is a list of steps: a byte whose lower four bits say what, the next two from whom and the upper two how,
//! then what the step needs. The invariants stand at [`World::check`] and [`World::ended`].
#![no_main]

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use coap_lite::{MessageType, Packet};
use libfuzzer_sys::fuzz_target;
use twite::base::{Duration, Instant};
use twite::catalog::{Celsius, Lamp, Temperature};
use twite::endpoint::{Endpoint, Event, FixedStorage, Output, RequestId, Ticket};
use twite::exchange::{Outgoing, Response};
use twite::reliability::{Peer, Timing};
use twite::service;
use twite::wire::{Code, Message, RawOption, RequestType};
use twite_fuzz::board::Board;
use twite_fuzz::bytes::Bytes;

/// Entries in every table but that of peers.
const EXCHANGES: usize = 4;
/// The longest message, in bytes.
const MESSAGE: usize = 192;
/// One message id is not executed twice within this time.
const LIFETIME: Duration = Timing::DEFAULT.exchange_lifetime();

type Storage = FixedStorage<3, EXCHANGES, MESSAGE, 96>;

/// The endpoint, what it serves, and what must be remembered of it.
struct World<'s> {
    endpoint: Endpoint<'s>,
    board: Board,
    now: Instant,
    tickets: Vec<Ticket>,
    requests: Vec<RequestId>,
    /// When a POST was executed last.
    executed: HashMap<(Peer, u16), Instant>,
    /// The last datagram to each peer.
    heard: HashMap<Peer, Vec<u8>>,
    /// The datagram that is reacted to now.
    asked: Option<(Peer, Vec<u8>)>,
}

fuzz_target!(|input: &[u8]| {
    let mut input = Bytes(input);
    let mut storage = Storage::new();
    let seed = input.byte().unwrap_or(0);
    let mut world = World {
        endpoint: Endpoint::new(storage.lend(), Timing::DEFAULT, [seed; 32]),
        board: Board::new(),
        now: Instant::from_millis(1),
        tickets: Vec::new(),
        requests: Vec::new(),
        executed: HashMap::new(),
        heard: HashMap::new(),
        asked: None,
    };
    while let Some(step) = input.byte() {
        world.step(step, &mut input);
    }
    world.ended();
});

/// One of three peers, the last of which speaks to a group.
fn peer(step: u8) -> Peer {
    let number = step >> 4 & 3;
    let local = if number == 3 { Ipv4Addr::new(224, 0, 1, 187) } else { Ipv4Addr::LOCALHOST };
    Peer { remote: ([192, 0, 2, number], 5683).into(), local: Some(IpAddr::V4(local)) }
}

impl World<'_> {
    fn step(&mut self, step: u8, input: &mut Bytes<'_>) {
        let (peer, how) = (peer(step), step >> 6);
        match step & 0x0f {
            0..=5 => {
                let datagram = input.slice();
                self.receive(peer, datagram, how);
            }
            6 => self.react(peer, how, input.slice()),
            7 | 8 => self.pass(Duration::from_millis(u64::from(input.short()) << (4 * how))),
            9 => self.endpoint.changed(service::number_of::<Temperature>("a")),
            10 => self.endpoint.changed(service::number_of::<Lamp>("a")),
            11 => {
                self.board.temperature =
                    Celsius { celsius: f32::from(input.byte().unwrap_or(0)), time: None };
                self.endpoint.changed(service::number_of::<Temperature>("a"));
            }
            12 => self.answer_deferred(how, input.slice()),
            13 => self.request(peer.answering(), how, input.slice()),
            14 => self.requests.extend(self.endpoint.ping(self.now, peer.answering())),
            _ => {
                if let Some(id) = self.requests.pop() {
                    self.endpoint.cancel(id);
                }
            }
        }
        self.drain();
    }

    fn receive(&mut self, peer: Peer, datagram: &[u8], how: u8) {
        self.asked = Some((peer, datagram.to_vec()));
        let Some(event) = self.endpoint.handle_input(self.now, peer, datagram) else { return };
        match event {
            Event::Request(incoming) => {
                let message = *incoming.request().message();
                assert!(!peer.is_multicast() || message.code().is_safe(), "a group changes nothing");
                if message.code() == Code::POST {
                    let before = self.executed.insert((peer, message.message_id()), self.now);
                    assert!(
                        before.is_none_or(|before| self.now.since(before) >= LIFETIME),
                        "{message:?} is executed twice"
                    );
                }
                match how {
                    0 | 1 => service::serve(Board::ROUTES, &mut self.board, incoming),
                    2 => self.tickets.extend(incoming.defer()),
                    _ => drop(incoming),
                }
            }
            Event::Response { id, message } => {
                assert!(message.code().is_response(), "{message:?} answers {id:?}");
            }
            Event::Pong(_) | Event::Failed { .. } => {}
        }
    }

    /// Answers the last datagram to this peer: by an acknowledgement, a Reset, or a response with these bytes behind
    /// its token.
    fn react(&mut self, peer: Peer, how: u8, rest: &[u8]) {
        let Some(heard) = self.heard.get(&peer.answering()) else { return };
        let &[first, _, high, low, ref behind @ ..] = heard.as_slice() else { return };
        let token = &behind[..usize::from(first & 0x0f)];
        let datagram = match how {
            0 => vec![0x60, 0, high, low],
            1 => vec![0x70, 0, high, low],
            2 => [&[0x60 | first & 0x0f, 0x45, high, low], token, rest].concat(),
            _ => [&[0x40 | first & 0x0f, 0x45, high, low], token, rest].concat(),
        };
        self.receive(peer, &datagram, 0);
    }

    fn answer_deferred(&mut self, how: u8, payload: &[u8]) {
        let Some(ticket) = self.tickets.pop() else { return };
        let format = (how & 1 != 0).then_some(60);
        // It may have been given up.
        let _ = self.endpoint.respond(self.now, ticket, &Response::content(format, payload));
    }

    fn request(&mut self, peer: Peer, how: u8, payload: &[u8]) {
        let observe = [RawOption { number: 6, value: b"" }];
        let get = Outgoing::new(RequestType::Get, &[b"a"]);
        let request = match how {
            0 => get,
            1 => Outgoing { confirmable: false, ..get },
            2 => Outgoing { options: &observe, ..get },
            _ => Outgoing { payload, ..Outgoing::new(RequestType::Put, &[b"a"]) },
        };
        self.requests.extend(self.endpoint.request(self.now, peer, &request));
    }

    /// Lets time pass, timer by timer.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.drain()
            && at <= end
        {
            self.now = at;
        }
        self.now = end;
    }

    /// Takes what the endpoint puts out now; when it wants to be asked again.
    fn drain(&mut self) -> Option<Instant> {
        let mut sent = 0;
        loop {
            let (peer, bytes) = match self.endpoint.poll_output(self.now) {
                Output::Transmit { peer, bytes } => (peer, bytes.to_vec()),
                Output::Notify(notification) => {
                    service::notify(Board::ROUTES, &mut self.board, notification);
                    continue;
                }
                Output::Failed { .. } => continue,
                Output::Wait(deadline) => {
                    assert!(deadline.is_none_or(|at| at > self.now), "it waits for the past");
                    self.asked = None;
                    return deadline;
                }
            };
            sent += 1;
            assert!(sent <= 1 + 2 * EXCHANGES, "one input makes the endpoint talk without end");
            self.check(peer, &bytes);
            self.heard.insert(peer, bytes);
        }
    }

    /// Everything that goes out is a message of at most the size agreed on, to one peer; at most one Reset or
    /// acknowledgement comes back for a datagram, and none for an acknowledgement, a Reset or what a group heard.
    fn check(&self, peer: Peer, bytes: &[u8]) {
        assert!(bytes.len() <= MESSAGE && bytes.len() <= self.endpoint.message_capacity());
        assert!(!peer.is_multicast(), "a response leaves from an address of one host");
        let message = Message::parse(bytes).expect("we write messages");
        Packet::from_bytes(bytes).expect("coap-lite reads them");
        if !matches!(message.kind(), MessageType::Acknowledgement | MessageType::Reset) {
            return;
        }
        // A deferred request is acknowledged when its time or its answer comes.
        let Some((asker, asked)) = &self.asked else {
            assert_eq!(message.kind(), MessageType::Acknowledgement, "{message:?} for nothing");
            return;
        };
        assert!(!asker.is_multicast(), "{message:?} to a group");
        assert_eq!((*asker, asked.get(2..4)), (peer, bytes.get(2..4)), "{message:?} for {asked:02x?}");
        // A notification that nobody waits for is ended by a Reset (RFC 7641 §3.6).
        let notified = asked[0] >> 4 & 3 == 1
            && Message::parse(asked)
                .is_ok_and(|asked| asked.code().is_response() && asked.values(6).count() > 0);
        assert!(asked[0] >> 4 & 3 == 0 || notified, "{message:?} for {asked:02x?}");
    }

    /// Whatever came, no timer is left after the longest exchange, one for each place in the tables.
    fn ended(&mut self) {
        while !self.tickets.is_empty() {
            self.answer_deferred(0, b"late");
            self.drain();
        }
        let longest = LIFETIME.times(4 * EXCHANGES as u64);
        let end = self.now + longest;
        while let Some(at) = self.drain() {
            assert!(at <= end, "a timer is left");
            self.now = at;
        }
        assert_eq!(self.endpoint.counters().undrained, 0);
        let probe =
            self.endpoint.handle_input(self.now, peer(0), b"\x50\x01\xff\xff\xb7sensors\x01a\x0btemperature");
        assert!(matches!(probe, Some(Event::Request(_))), "it serves no more");
    }
}

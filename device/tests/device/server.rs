//! A server that the device speaks to, and the network between them.

use std::collections::BTreeMap;

use twite::base::{Duration, Instant};
use twite::endpoint::{Endpoint, Event, FixedStorage, Output};
use twite::exchange::Response;
use twite::reliability::{Peer, Timing};
use twite::wire::{RequestType, ResponseType};

use crate::world::World;

pub(crate) const SERVER: u16 = 5683;

pub(crate) type Hall = FixedStorage<4, 64, 384>;

/// What the server does with a request.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Mood {
    /// PUT stores under the conditions of the request, POST is answered 2.04.
    Serve,
    /// This code, and Max-Age.
    Refuse(ResponseType, Option<u32>),
    /// Datagrams vanish.
    Silent,
    /// Requests are served, answers vanish.
    Dumb,
}

/// A request that reached the server's application.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Asked {
    pub(crate) at: Instant,
    pub(crate) method: RequestType,
    pub(crate) path: String,
    pub(crate) query: Vec<String>,
    pub(crate) payload: Vec<u8>,
}

/// Loss and repetition of datagrams in percent, and how long they travel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    pub(crate) loss: u64,
    pub(crate) repetition: u64,
    pub(crate) travel: Duration,
}

pub(crate) const FAIR: Weather = Weather { loss: 0, repetition: 0, travel: Duration::from_millis(20) };

pub(crate) struct Server<'s> {
    endpoint: Endpoint<'s>,
    pub(crate) mood: Mood,
    pub(crate) asked: Vec<Asked>,
    /// What was created, in the order of creation.
    pub(crate) stored: Vec<(String, Vec<u8>)>,
    /// How often something was to be created that was there already.
    pub(crate) present: usize,
    weather: Weather,
    dice: u64,
    /// Datagrams under way, by when they arrive: whether to the server.
    air: BTreeMap<(Instant, u64), (bool, Vec<u8>)>,
    sent: u64,
    /// When the device sent each datagram that was no acknowledgement, delivered or not.
    pub(crate) transmissions: Vec<(Instant, Vec<u8>)>,
}

impl<'s> Server<'s> {
    pub(crate) fn new(hall: &'s mut Hall, weather: Weather, seed: u64) -> Self {
        let endpoint = Endpoint::new(hall.lend(), Timing::DEFAULT, [9; 32]);
        let (dice, air) = (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, BTreeMap::new());
        let (asked, stored, transmissions) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            endpoint,
            mood: Mood::Serve,
            asked,
            stored,
            present: 0,
            weather,
            dice,
            air,
            sent: 0,
            transmissions,
        }
    }

    /// Lets time pass for both and for what travels between them.
    pub(crate) fn run(&mut self, world: &mut World<'_>, time: Duration) {
        let end = world.now + time;
        loop {
            let (sent, until) = world.drain();
            for datagram in sent {
                assert_eq!(datagram.peer.remote.port(), SERVER);
                self.transmissions.push((datagram.at, datagram.bytes.clone()));
                self.send(world.now, true, &datagram.bytes);
            }
            let arrival = self.air.keys().next().map(|(at, _)| *at);
            let next = arrival.map_or(until, |arrival| arrival.min(until));
            if next > end {
                break;
            }
            world.now = next;
            while let Some(entry) = self.air.first_entry().filter(|entry| entry.key().0 <= next) {
                match entry.remove() {
                    (true, bytes) => self.receive(next, &bytes),
                    (false, bytes) => world.device.handle(next, server(), &bytes),
                }
            }
        }
        world.now = end;
    }

    fn roll(&mut self) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice
    }

    fn send(&mut self, now: Instant, to_server: bool, bytes: &[u8]) {
        let lost = self.roll() % 100 < self.weather.loss;
        if lost || self.mood == Mood::Silent || self.mood == Mood::Dumb && !to_server {
            return;
        }
        let copies = if self.roll() % 100 < self.weather.repetition { 2 } else { 1 };
        for _ in 0..copies {
            let travel = self.weather.travel.scaled(500 + (self.roll() % 1_000) as u32);
            self.sent += 1;
            self.air.insert((now + travel, self.sent), (to_server, bytes.to_vec()));
        }
    }

    fn receive(&mut self, now: Instant, bytes: &[u8]) {
        let device = Peer::new(([192, 0, 2, 99], 5683).into());
        if let Some(Event::Request(incoming)) = self.endpoint.handle_input(now, device, bytes) {
            let request = *incoming.request();
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
            let path = request.path().map(text).collect::<Vec<_>>().join("/");
            let query = request.query().map(text).collect();
            let payload = request.payload().to_vec();
            self.asked.push(Asked {
                at: now,
                method: request.method(),
                path: path.clone(),
                query,
                payload: payload.clone(),
            });
            let (code, max_age) = match self.mood {
                Mood::Refuse(code, max_age) => (code, max_age),
                _ if request.method() == RequestType::Post => (ResponseType::Changed, None),
                _ if self.stored.iter().any(|(known, _)| *known == path) => {
                    assert!(request.if_none_match());
                    self.present += 1;
                    (ResponseType::PreconditionFailed, None)
                }
                _ => {
                    self.stored.push((path, payload));
                    (ResponseType::Created, None)
                }
            };
            incoming.respond(&Response { max_age, ..Response::new(code) });
        }
        loop {
            let bytes = match self.endpoint.poll_output(now) {
                Output::Transmit { bytes, .. } => bytes.to_vec(),
                _ => break,
            };
            self.send(now, false, &bytes);
        }
    }
}

pub(crate) fn server() -> Peer {
    Peer { local: Some([192, 0, 2, 99].into()), ..Peer::new(([192, 0, 2, 1], SERVER).into()) }
}

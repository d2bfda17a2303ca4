//! The engine as firmware builds it: fixed storage, virtual time, no socket.

use twite::base::{Duration, Instant};
use twite::endpoint::{Endpoint, Event, FixedStorage, Incoming, Output};
use twite::exchange::{Problem, Response};
use twite::reliability::{Peer, Timing};
use twite::wire::ResponseType;
use twite_server::serve::fixture::Fixture;

/// Storage of a small device.
pub type DeviceStorage = FixedStorage<8, 8, 512>;

/// An endpoint that serves the fixture.
pub struct Engine<'s> {
    /// The endpoint.
    pub endpoint: Endpoint<'s>,
    /// What it serves.
    pub fixture: Fixture,
    /// The present time.
    pub now: Instant,
}

impl<'s> Engine<'s> {
    /// On this storage.
    pub fn new(storage: &'s mut DeviceStorage) -> Self {
        Self {
            endpoint: Endpoint::new(storage.lend(), Timing::DEFAULT, [1; 32]),
            fixture: Fixture::default(),
            now: Instant::from_millis(1),
        }
    }

    /// A datagram from `peer` comes in; the datagrams that go back.
    pub fn receive(&mut self, peer: Peer, datagram: &[u8]) -> Vec<Vec<u8>> {
        let fixture = &mut self.fixture;
        if let Some(Event::Request(incoming)) = self.endpoint.handle_input(self.now, peer, datagram) {
            if let Some(rest) = fixture.serve(incoming) {
                not_found(rest);
            }
        }
        self.drain().0
    }

    /// Lets time pass; the datagrams that go out meanwhile.
    pub fn pass(&mut self, time: Duration) -> Vec<Vec<u8>> {
        let end = self.now + time;
        let mut sent = Vec::new();
        loop {
            let (datagrams, deadline) = self.drain();
            sent.extend(datagrams);
            match deadline {
                Some(at) if at <= end => self.now = at,
                _ => break,
            }
        }
        self.now = end;
        sent
    }

    fn drain(&mut self) -> (Vec<Vec<u8>>, Option<Instant>) {
        let mut sent = Vec::new();
        loop {
            match self.endpoint.poll_output(self.now) {
                Output::Transmit { bytes, .. } => sent.push(bytes.to_vec()),
                Output::Failed { .. } => {}
                Output::Wait(deadline) => return (sent, deadline),
            }
        }
    }
}

/// 4.04 for everything the fixture does not know.
pub fn not_found(incoming: Incoming<'_, '_>) {
    incoming.fail(&Response::new(ResponseType::NotFound), &Problem::titled("no such resource"));
}

/// The peer at `port` of the loopback address.
pub fn peer(port: u16) -> Peer {
    Peer::new(([127, 0, 0, 1], port).into())
}

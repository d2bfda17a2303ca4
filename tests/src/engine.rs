//! The engine as firmware builds it: fixed storage, virtual time, no socket.

use twite::base::{Duration, Instant};
use twite::endpoint::{Endpoint, Event, Failure, FixedStorage, Incoming, Output, RequestId, Storage};
use twite::exchange::{Problem, Response};
use twite::reliability::{Peer, Timing, Timings};
use twite::resource::link::Link;
use twite::service;
use twite::wire::ResponseType;
use twite_server::serve::fixture::{Fixture, LINKS};

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
    /// The present representation of whatever is observed: format and body, or nothing once it is gone.
    pub state: Option<(u16, Vec<u8>)>,
    /// Requests of ours that timed out so far.
    pub failed: Vec<(RequestId, Failure)>,
}

/// A datagram that went out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sent {
    /// When.
    pub at: Instant,
    /// To whom.
    pub peer: Peer,
    /// The datagram.
    pub bytes: Vec<u8>,
}

/// What a datagram meant to the application.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    /// Nothing.
    Nothing,
    /// A request.
    Request,
    /// The response to a request of ours: which one, and the payload.
    Response(RequestId, Vec<u8>),
    /// The answer to a ping.
    Pong(RequestId),
    /// A request of ours was refused.
    Failed(RequestId, Failure),
}

impl<'s> Engine<'s> {
    /// On this storage.
    pub fn new(storage: &'s mut DeviceStorage) -> Self {
        Self::on(storage.lend())
    }

    /// On memory of any size.
    pub fn on(storage: Storage<'s>) -> Self {
        Self::timed(storage, Timing::DEFAULT)
    }

    /// With these transmission parameters.
    pub fn timed(storage: Storage<'s>, timings: impl Into<Timings<'s>>) -> Self {
        Self {
            endpoint: Endpoint::new(storage, timings, [1; 32]),
            fixture: Fixture::default(),
            now: Instant::from_millis(1),
            state: None,
            failed: Vec::new(),
        }
    }

    /// A datagram from `peer` comes in; the datagrams that go back.
    pub fn receive(&mut self, peer: Peer, datagram: &[u8]) -> Vec<Vec<u8>> {
        let fixture = &mut self.fixture;
        if let Some(Event::Request(incoming)) = self.endpoint.handle_input(self.now, peer, datagram)
            && let Some(rest) = fixture.serve(self.now, incoming)
        {
            not_found(rest);
        }
        self.drain().0
    }

    /// The same with what `serve` answers instead of the fixture.
    pub fn receive_with(
        &mut self,
        peer: Peer,
        datagram: &[u8],
        serve: impl FnOnce(Incoming<'_, 's>),
    ) -> Vec<Vec<u8>> {
        if let Some(Event::Request(incoming)) = self.endpoint.handle_input(self.now, peer, datagram) {
            serve(incoming);
        }
        self.drain().0
    }

    /// A datagram from `peer` comes in: what it means, and the datagrams that go back. A request is dropped.
    pub fn hear(&mut self, peer: Peer, datagram: &[u8]) -> (Heard, Vec<Vec<u8>>) {
        let heard = match self.endpoint.handle_input(self.now, peer, datagram) {
            None => Heard::Nothing,
            Some(Event::Request(_)) => Heard::Request,
            Some(Event::Response { id, message }) => Heard::Response(id, message.payload().to_vec()),
            Some(Event::Pong(id)) => Heard::Pong(id),
            Some(Event::Failed { id, failure }) => Heard::Failed(id, failure),
        };
        (heard, self.drain().0)
    }

    /// Lets time pass; the datagrams that go out meanwhile.
    pub fn pass(&mut self, time: Duration) -> Vec<Vec<u8>> {
        self.pass_with_times(time).into_iter().map(|sent| sent.bytes).collect()
    }

    /// Lets time pass; what goes out meanwhile, when and to whom.
    pub fn pass_with_times(&mut self, time: Duration) -> Vec<Sent> {
        let end = self.now + time;
        let mut all = Vec::new();
        loop {
            let (sent, deadline) = self.poll();
            all.extend(sent);
            match deadline {
                Some(at) if at <= end => self.now = at,
                _ => break,
            }
        }
        self.now = end;
        all
    }

    /// Drains the endpoint: the datagrams, and when it wants to be asked again.
    pub fn drain(&mut self) -> (Vec<Vec<u8>>, Option<Instant>) {
        let (sent, deadline) = self.poll();
        (sent.into_iter().map(|sent| sent.bytes).collect(), deadline)
    }

    fn poll(&mut self) -> (Vec<Sent>, Option<Instant>) {
        let mut sent = Vec::new();
        loop {
            match self.endpoint.poll_output(self.now) {
                Output::Transmit { peer, bytes } => {
                    sent.push(Sent { at: self.now, peer, bytes: bytes.to_vec() });
                }
                Output::Notify(notification) => match &self.state {
                    Some((format, body)) => notification.respond(&Response::content(Some(*format), body)),
                    None => {
                        let gone = Response::new(ResponseType::NotFound);
                        notification.fail(&gone, &Problem::titled("no such resource"));
                    }
                },
                Output::Failed { id, failure } => self.failed.push((id, failure)),
                Output::Wait(deadline) => return (sent, deadline),
            }
        }
    }
}

/// Discovery lists the fixture; 4.04 for everything else that it does not know.
pub fn not_found(incoming: Incoming<'_, '_>) {
    let request = *incoming.request();
    if request.path().eq([b".well-known".as_slice(), b"core"]) {
        return service::list(&request, incoming, |filter, writer| {
            let links = LINKS.iter().map(|&(path, content_formats)| Link {
                path,
                content_formats,
                ..Link::default()
            });
            links.filter(|link| filter.matches(link)).for_each(|link| writer.link(&link));
        });
    }
    incoming.fail(&Response::new(ResponseType::NotFound), &Problem::titled("no such resource"));
}

/// The peer at `port` of the loopback address.
pub fn peer(port: u16) -> Peer {
    Peer::new(([127, 0, 0, 1], port).into())
}

//! A blocking client over the shared endpoint: one socket, one peer, one request at a time; under a security context if it
//! has one.

mod group;
mod observe;
mod protection;
mod reply;
mod transfer;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant as Clock};

use twite::base::{Instant, Lent, Links, Slot};
use twite::endpoint::{Endpoint, Event, Failure, FixedStorage, Output, RequestId, Storage};
use twite::exchange::{Echoed, Outgoing};
use twite::reliability::{Estimate, Peer, Timing};

pub use group::{Group, ask_group};
pub use protection::ClientSecurity;
pub use reply::{ClientError, Reply};
pub use transfer::Blocks;

/// The largest datagram that is sent or received.
const MESSAGE: usize = 2048;

/// The memory a client works on.
#[derive(Debug, Default)]
pub struct ClientStorage {
    fixed: Box<FixedStorage<2, 4, MESSAGE>>,
    estimates: (Vec<Slot<Peer, Estimate>>, Vec<Links>),
}

impl ClientStorage {
    /// Memory with which the retransmission timeout follows measured round trips (draft-ietf-core-cocoa-03).
    pub fn measuring() -> Self {
        Self { estimates: (vec![Slot::EMPTY], vec![[0; 4]]), ..Self::default() }
    }

    /// Lends it to a client.
    pub fn lend(&mut self) -> Storage<'_> {
        let mut storage = self.fixed.lend();
        storage.tables.estimates = Lent::new(&mut self.estimates.0, &mut self.estimates.1);
        storage
    }
}

/// Which way a datagram went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// From us.
    Sent,
    /// To us.
    Received,
}

/// Sees every datagram that passes.
pub type Trace<'t> = Box<dyn FnMut(Direction, &[u8]) + 't>;

/// A client of one server.
pub struct Client<'s> {
    endpoint: Endpoint<'s>,
    socket: UdpSocket,
    peer: Peer,
    start: Clock,
    trace: Trace<'s>,
    /// The latest notification that came while another response was waited for.
    missed: Option<(RequestId, Reply)>,
    /// What the server wants to see again.
    echoed: Echoed,
    protection: Option<protection::Protection>,
    /// What the last answer said that came without the protection of its request.
    diagnostic: String,
}

impl<'s> Client<'s> {
    /// A client of the server at `server`.
    ///
    /// # Errors
    /// When there is no socket or no randomness to be had.
    pub fn connect(storage: Storage<'s>, server: SocketAddr, timing: Timing) -> io::Result<Self> {
        let any: SocketAddr = match server {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(any)?;
        socket.connect(server)?;
        Ok(Self {
            endpoint: Endpoint::new(storage, timing, crate::clock::seed()?),
            socket,
            peer: Peer::new(server),
            start: Clock::now(),
            trace: Box::new(|_, _| {}),
            missed: None,
            echoed: Echoed::default(),
            protection: None,
            diagnostic: String::new(),
        })
    }

    /// Lets `trace` see every datagram.
    #[must_use]
    pub fn traced(self, trace: impl FnMut(Direction, &[u8]) + 's) -> Self {
        Self { trace: Box::new(trace), ..self }
    }

    /// Sends a request and waits for its response, at most `patience`. A server that wants to see its Echo value
    /// first (RFC 9175 §2.3) gets the request once more.
    ///
    /// # Errors
    /// Why there is none.
    pub fn request(&mut self, request: &Outgoing<'_>, patience: Duration) -> Result<Reply, ClientError> {
        let begun = Clock::now();
        let reply = self.ask(request, begun, patience)?;
        if !reply.is_challenge {
            return Ok(reply);
        }
        self.ask(request, begun, patience)
    }

    fn ask(
        &mut self,
        request: &Outgoing<'_>,
        begun: Clock,
        patience: Duration,
    ) -> Result<Reply, ClientError> {
        let mut echoed = self.echoed;
        let known = echoed;
        let options: Vec<_> = request.options.iter().copied().chain(known.option()).collect();
        let request = Outgoing { options: &options, ..*request };
        let id = self.send(&request)?;
        let mut reply = None;
        self.run(id, begun + patience, |event| {
            reply = answer(id, &event, begun, &mut echoed);
            reply.is_some()
        })?;
        self.echoed = echoed;
        reply.unwrap_or(Err(Failure::TimedOut)).map_err(|failure| self.failed(failure))
    }

    /// Asks whether the server is there; the time its answer took.
    ///
    /// # Errors
    /// Why there is no answer.
    pub fn ping(&mut self, patience: Duration) -> Result<Duration, ClientError> {
        let begun = Clock::now();
        let id = self.endpoint.ping(self.now(), self.peer).map_err(|_| ClientError::TooLarge)?;
        let mut elapsed = None;
        self.run(id, begun + patience, |event| {
            let answered = matches!(event, Event::Pong(pinged) if pinged == id);
            if answered {
                elapsed = Some(begun.elapsed());
            }
            answered
        })?;
        elapsed.ok_or(ClientError::Failed(Failure::TimedOut))
    }

    fn now(&self) -> Instant {
        crate::clock::since(self.start)
    }

    /// Drives the endpoint until `done` says so or the time is over; then the request is forgotten.
    fn run(
        &mut self,
        id: RequestId,
        until: Clock,
        done: impl FnMut(Event<'_, 's>) -> bool,
    ) -> Result<(), ClientError> {
        let finished = self.wait(id, Some(until), done);
        if !matches!(finished, Ok(true)) {
            self.endpoint.cancel(id);
        }
        finished.map(|_| ())
    }

    /// The next response to a request that may have several; `None` if there is none before `until`.
    fn next_reply(&mut self, id: RequestId, until: Option<Clock>) -> Result<Option<Reply>, ClientError> {
        if let Some((_, reply)) = self.missed.take_if(|(missed, _)| *missed == id) {
            return Ok(Some(reply));
        }
        let begun = Clock::now();
        let (mut outcome, mut echoed) = (None, self.echoed);
        self.wait(id, until, |event| {
            outcome = answer(id, &event, begun, &mut echoed);
            outcome.is_some()
        })?;
        self.echoed = echoed;
        outcome.transpose().map_err(|failure| self.failed(failure))
    }

    /// Drives the endpoint until `done` says so or the time is over; whether it was done.
    fn wait(
        &mut self,
        id: RequestId,
        until: Option<Clock>,
        mut done: impl FnMut(Event<'_, 's>) -> bool,
    ) -> Result<bool, ClientError> {
        let (mut buffer, mut room) = (vec![0; MESSAGE], vec![0; self.room()]);
        loop {
            let deadline = self.drain(id)?;
            let wait =
                deadline.map_or(Duration::MAX, |at| Duration::from_micros(at.since(self.now()).as_micros()));
            let left = until.map_or(Duration::MAX, |until| until.saturating_duration_since(Clock::now()));
            if left.is_zero() {
                return Ok(false);
            }
            let patience = wait.min(left).clamp(Duration::from_millis(1), Duration::from_secs(3600));
            self.socket.set_read_timeout(Some(patience))?;
            let len = match self.socket.recv(&mut buffer) {
                Ok(len) => len,
                Err(error) if is_timeout(&error) => continue,
                Err(error) => return Err(error.into()),
            };
            let datagram = buffer.get(..len).unwrap_or_default();
            (self.trace)(Direction::Received, datagram);
            let now = crate::clock::since(self.start);
            let Some(event) = self.endpoint.handle_protected(now, self.peer, datagram, &mut room) else {
                continue;
            };
            if let Event::Failed { failure: Failure::Unprotected(_), .. } = &event {
                self.diagnostic = protection::diagnostic(datagram);
            }
            if let Event::Response { id: other, message } = &event
                && *other != id
            {
                self.missed = Some((*other, Reply::new(message, Duration::ZERO)));
                continue;
            }
            if done(event) {
                self.drain(id)?;
                return Ok(true);
            }
        }
    }

    /// Sends what there is to send; when to come back.
    fn drain(&mut self, id: RequestId) -> Result<Option<Instant>, ClientError> {
        let failure = loop {
            let now = crate::clock::since(self.start);
            match self.endpoint.poll_output(now) {
                Output::Transmit { bytes, .. } => {
                    (self.trace)(Direction::Sent, bytes);
                    self.socket.send(bytes)?;
                }
                Output::Failed { id: failed, failure } if failed == id => {
                    break failure;
                }
                // Nobody observes a client, and other requests are over.
                Output::Notify(_) | Output::Failed { .. } => {}
                Output::Wait(deadline) => return Ok(deadline),
            }
        };
        Err(self.failed(failure))
    }
}

/// What the event says about the request, if anything.
fn answer(
    id: RequestId,
    event: &Event<'_, '_>,
    begun: Clock,
    echoed: &mut Echoed,
) -> Option<Result<Reply, Failure>> {
    match event {
        Event::Response { id: answered, message } if *answered == id => {
            let is_challenge = echoed.take(message);
            Some(Ok(Reply { is_challenge, ..Reply::new(message, begun.elapsed()) }))
        }
        Event::Failed { id: failed, failure } if *failed == id => Some(Err(*failure)),
        _ => None,
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

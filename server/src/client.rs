//! A blocking client over the shared endpoint: one socket, one peer, one request at a time.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant as Clock};

use twite::base::Instant;
use twite::endpoint::{Endpoint, Event, Failure, FixedStorage, Output, RequestId, Storage};
use twite::exchange::{Download, Outgoing, Part, Sent, Step, Upload};
use twite::reliability::{Peer, Timing};
use twite::wire::{Block, Code, Message, RawOption, number};

/// The largest datagram that is sent or received.
const MESSAGE: usize = 2048;

/// The memory a client works on.
#[derive(Debug, Default)]
pub struct ClientStorage(Box<FixedStorage<2, 4, MESSAGE>>);

impl ClientStorage {
    /// Lends it to a client.
    pub fn lend(&mut self) -> Storage<'_> {
        self.0.lend()
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
}

/// A response, owned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// Its code.
    pub code: Code,
    /// Its options in order.
    pub options: Vec<(u16, Vec<u8>)>,
    /// Its body.
    pub payload: Vec<u8>,
    /// From the request's first transmission to the response.
    pub elapsed: Duration,
    part: Part,
}

impl Reply {
    fn new(message: &Message<'_>, elapsed: Duration) -> Self {
        let options = message.options().map(|option| (option.number, option.value.to_vec())).collect();
        Self {
            code: message.code(),
            options,
            payload: message.payload().to_vec(),
            elapsed,
            part: Part::of(message),
        }
    }

    /// The first option of this number as an unsigned integer.
    pub fn uint(&self, number: u16) -> Option<u32> {
        let (_, value) = self.options.iter().find(|(known, _)| *known == number)?;
        twite::wire::uint(value)
    }

    /// The format of the body.
    pub fn content_format(&self) -> Option<u16> {
        self.uint(number::CONTENT_FORMAT).and_then(|format| u16::try_from(format).ok())
    }
}

/// How a client cuts bodies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Blocks {
    /// The largest block as an exponent from 0 (16 bytes) to 6 (1024 bytes).
    pub exponent: u8,
    /// Whether the first request already asks for blocks of this size (RFC 7959 §2.4, early negotiation).
    pub early: bool,
}

impl Default for Blocks {
    fn default() -> Self {
        Self { exponent: Block::MAX_EXPONENT, early: false }
    }
}

/// How often a transfer is begun anew when the resource changes under it.
const ATTEMPTS: u32 = 4;

/// Why there is no response.
#[derive(Debug)]
pub enum ClientError {
    /// The socket failed.
    Io(io::Error),
    /// Nobody answered.
    Failed(Failure),
    /// The request does not fit a message of the largest size.
    TooLarge,
    /// The resource changed again and again while it was fetched block by block.
    Changed,
    /// A block of the response is not the one that was asked for.
    BrokenTransfer,
}

impl std::fmt::Display for ClientError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                f.write_str("no answer: nobody listens there")
            }
            Self::Io(error) => write!(f, "{error}"),
            Self::Failed(failure) => write!(f, "{failure}"),
            Self::TooLarge => write!(f, "the request does not fit a message of {MESSAGE} bytes"),
            Self::Changed => f.write_str("the resource keeps changing while it is fetched in blocks"),
            Self::BrokenTransfer => f.write_str("the blocks of the response do not fit together"),
        }
    }
}

impl std::error::Error for ClientError {}

impl From<io::Error> for ClientError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
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
        })
    }

    /// Lets `trace` see every datagram.
    #[must_use]
    pub fn traced(self, trace: impl FnMut(Direction, &[u8]) + 's) -> Self {
        Self { trace: Box::new(trace), ..self }
    }

    /// Sends a request and waits for its response, at most `patience`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn request(&mut self, request: &Outgoing<'_>, patience: Duration) -> Result<Reply, ClientError> {
        let begun = Clock::now();
        let id = self.endpoint.request(self.now(), self.peer, request).map_err(|_| ClientError::TooLarge)?;
        let mut reply = None;
        self.run(id, begun + patience, |event| match event {
            Event::Response { id: answered, message } if answered == id => {
                reply = Some(Ok(Reply::new(&message, begun.elapsed())));
                true
            }
            Event::Failed { id: failed, failure } if failed == id => {
                reply = Some(Err(failure));
                true
            }
            _ => false,
        })?;
        reply.unwrap_or(Err(Failure::TimedOut)).map_err(ClientError::Failed)
    }

    /// Sends a request whose body and whose response's body may be of any length: what does not fit a block of
    /// this exponent goes in blocks (RFC 7959), each with `patience` of its own. `progress` hears how many bytes
    /// went or came, of how many.
    ///
    /// # Errors
    /// Why there is no response.
    pub fn transfer(
        &mut self,
        request: &Outgoing<'_>,
        blocks: Blocks,
        patience: Duration,
        mut progress: impl FnMut(usize, Option<usize>),
    ) -> Result<Reply, ClientError> {
        let begun = Clock::now();
        for _ in 0..ATTEMPTS {
            let first = self.upload(request, blocks, patience, &mut progress)?;
            if let Some(reply) = self.download(request, blocks, first, patience, &mut progress)? {
                return Ok(Reply { elapsed: begun.elapsed(), ..reply });
            }
        }
        Err(ClientError::Changed)
    }

    /// Sends the body; the response to its last block.
    fn upload(
        &mut self,
        request: &Outgoing<'_>,
        blocks: Blocks,
        patience: Duration,
        progress: &mut impl FnMut(usize, Option<usize>),
    ) -> Result<Reply, ClientError> {
        let early = blocks.early.then_some(Block { number: 0, more: false, exponent: blocks.exponent });
        let Some(mut upload) = Upload::new(request.payload.len(), blocks.exponent) else {
            return self.exchange(request, None, early, None, patience);
        };
        let total = request.payload.len();
        loop {
            let (block, range) = upload.block();
            let part =
                Outgoing { payload: request.payload.get(range.clone()).unwrap_or_default(), ..*request };
            let size = (block.number == 0).then_some(total);
            let reply = self.exchange(&part, Some(block), early.filter(|_| !block.more), size, patience)?;
            progress(range.end, Some(total));
            if upload.step(&reply.part) == Sent::Answered {
                return Ok(reply);
            }
        }
    }

    /// Fetches what the first response left out; `None` if the resource changed meanwhile.
    fn download(
        &mut self,
        request: &Outgoing<'_>,
        blocks: Blocks,
        first: Reply,
        patience: Duration,
        progress: &mut impl FnMut(usize, Option<usize>),
    ) -> Result<Option<Reply>, ClientError> {
        let mut download = Download::default();
        let mut body = Vec::new();
        let mut reply = first;
        loop {
            let step = download.step(&reply.part);
            body.extend_from_slice(&reply.payload);
            match step {
                Step::Done => return Ok(Some(Reply { payload: body, ..reply })),
                Step::Changed => return Ok(None),
                Step::Broken => return Err(ClientError::BrokenTransfer),
                Step::More(block) => {
                    progress(download.received(), download.size().map(|size| size as usize));
                    let rest = Outgoing { payload: &[], content_format: None, ..*request };
                    reply =
                        self.exchange(&rest, None, Some(block.at_most(blocks.exponent)), None, patience)?;
                }
            }
        }
    }

    fn exchange(
        &mut self,
        request: &Outgoing<'_>,
        block1: Option<Block>,
        block2: Option<Block>,
        size1: Option<usize>,
        patience: Duration,
    ) -> Result<Reply, ClientError> {
        let values = [
            (number::BLOCK1, block1.map(Block::to_option)),
            (number::BLOCK2, block2.map(Block::to_option)),
            (number::SIZE1, size1.and_then(|size| u32::try_from(size).ok())),
        ]
        .map(|(number, value)| (number, value.map(u32::to_be_bytes)));
        let added = values.iter().filter_map(|(number, value)| {
            let value = value.as_ref()?;
            let skip = value.iter().take_while(|byte| **byte == 0).count();
            Some(RawOption { number: *number, value: value.get(skip..)? })
        });
        let options: Vec<RawOption<'_>> = request.options.iter().copied().chain(added).collect();
        self.request(&Outgoing { options: &options, ..*request }, patience)
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
        mut done: impl FnMut(Event<'_, 's>) -> bool,
    ) -> Result<(), ClientError> {
        let mut buffer = vec![0; MESSAGE];
        loop {
            let deadline = self.drain(id)?;
            let wait =
                deadline.map_or(Duration::MAX, |at| Duration::from_micros(at.since(self.now()).as_micros()));
            let left = until.saturating_duration_since(Clock::now());
            if left.is_zero() {
                self.endpoint.cancel(id);
                return Ok(());
            }
            self.socket.set_read_timeout(Some(wait.min(left).max(Duration::from_millis(1))))?;
            let len = match self.socket.recv(&mut buffer) {
                Ok(len) => len,
                Err(error) if is_timeout(&error) => continue,
                Err(error) => {
                    self.endpoint.cancel(id);
                    return Err(error.into());
                }
            };
            let datagram = buffer.get(..len).unwrap_or_default();
            (self.trace)(Direction::Received, datagram);
            let now = crate::clock::since(self.start);
            let finished = self.endpoint.handle_input(now, self.peer, datagram).is_some_and(&mut done);
            if finished {
                self.drain(id)?;
                return Ok(());
            }
        }
    }

    /// Sends what there is to send; when to come back.
    fn drain(&mut self, id: RequestId) -> Result<Option<Instant>, ClientError> {
        loop {
            let now = crate::clock::since(self.start);
            match self.endpoint.poll_output(now) {
                Output::Transmit { bytes, .. } => {
                    (self.trace)(Direction::Sent, bytes);
                    self.socket.send(bytes)?;
                }
                Output::Failed { id: failed, failure } if failed == id => {
                    return Err(ClientError::Failed(failure));
                }
                // Nobody observes a client, and other requests are over.
                Output::Notify(_) | Output::Failed { .. } => {}
                Output::Wait(deadline) => return Ok(deadline),
            }
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

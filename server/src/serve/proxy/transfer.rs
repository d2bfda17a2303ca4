//! A whole request and its whole response, in blocks where they do not fit a message (RFC 7959).

use std::cell::Cell;
use std::net::SocketAddr;

use tokio::sync::{mpsc, oneshot};
use twite::endpoint::Failure;
use twite::exchange::{Download, Echoed, Part, Sent, Step, Upload};
use twite::wire::{Block, Code, Message, RequestType, ResponseType, number};

use super::asking::{Ear, Order, Question};
use crate::proxy::{Options, Reply, Wanted, has_unsafe};

/// Asks others over CoAP.
#[derive(Debug)]
pub(super) struct Line {
    orders: mpsc::Sender<Order>,
    next: Cell<u64>,
    body_bytes: usize,
}

/// Why there is no response that could be passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// 5.04: nobody answers.
    Silence,
    /// 5.02: the answer is none, or one that cannot be passed on.
    Nonsense(&'static str),
    /// 5.01: it cannot be said there.
    Unknown(&'static str),
    /// 5.03: too much is under way.
    Busy,
}

/// A request that nobody waits for is forgotten.
struct Waiting<'l> {
    line: &'l Line,
    number: u64,
}

/// How often a transfer is begun anew when the resource changes under it.
const ATTEMPTS: u32 = 4;

/// The largest blocks.
const EXPONENT: u8 = Block::MAX_EXPONENT;

impl Line {
    pub(super) fn new(orders: mpsc::Sender<Order>, body_bytes: usize, first: u64) -> Self {
        Self { orders, next: Cell::new(first), body_bytes }
    }

    /// A number that no request has yet.
    pub(super) fn number(&self) -> u64 {
        self.next.set(self.next.get().wrapping_add(1));
        self.next.get()
    }

    /// Gives an order.
    pub(super) fn order(&self, order: Order) -> Result<(), Fault> {
        self.orders.try_send(order).map_err(|_| Fault::Busy)
    }

    /// Asks once, and once more with the Echo value that is asked for (RFC 9175 §2.3): the message that answers.
    pub(super) async fn ask(&self, peer: SocketAddr, question: &Question) -> Result<Vec<u8>, Fault> {
        let mut echoed = Echoed::default();
        let answer = self.ask_once(peer, question.clone()).await?;
        if !Message::parse(&answer).is_ok_and(|message| echoed.take(&message)) {
            return Ok(answer);
        }
        let mut again = question.clone();
        again.options.extend(echoed.option().map(|option| (option.number, option.value.to_vec())));
        self.ask_once(peer, again).await
    }

    async fn ask_once(&self, peer: SocketAddr, question: Question) -> Result<Vec<u8>, Fault> {
        let (sender, receiver) = oneshot::channel();
        let number = self.number();
        self.order(Order::Ask(number, peer, question, Ear::Once(sender)))?;
        let waiting = Waiting { line: self, number };
        let heard = receiver.await;
        drop(waiting);
        heard.map_err(|_| Fault::Busy)?.map_err(Fault::of)
    }

    /// Asks with the whole body and waits for the whole response.
    pub(super) async fn transfer(&self, peer: SocketAddr, wanted: &Wanted) -> Result<Reply, Fault> {
        let question =
            Question { method: wanted.method, options: wanted.all_options(), payload: wanted.body.clone() };
        for _ in 0..ATTEMPTS {
            let first = self.upload(peer, &question).await?;
            if let Some(reply) = self.download(peer, &question, first).await? {
                return Ok(reply);
            }
            // What must be done once is not begun anew.
            if !Code::from(question.method).is_idempotent() {
                break;
            }
        }
        Err(Fault::Nonsense("the resource keeps changing while it is fetched in blocks"))
    }

    /// Sends the body; the message that answers its last block.
    async fn upload(&self, peer: SocketAddr, question: &Question) -> Result<Vec<u8>, Fault> {
        let Some(mut upload) = Upload::new(question.payload.len(), EXPONENT) else {
            return self.ask(peer, question).await;
        };
        // Of several clients' bodies on the way to one resource none is mixed (RFC 9175 §3.3).
        let tag = self.number().to_be_bytes().to_vec();
        loop {
            let (block, range) = upload.block();
            let mut part = question.clone();
            part.options.push((number::BLOCK1, uint(block.to_option())));
            part.options.push((number::REQUEST_TAG, tag.clone()));
            if block.number == 0 {
                let size = u32::try_from(question.payload.len()).unwrap_or(u32::MAX);
                part.options.push((number::SIZE1, uint(size)));
            }
            part.payload = question.payload.get(range).unwrap_or_default().to_vec();
            let answer = self.ask(peer, &part).await?;
            let message = parse(&answer)?;
            if upload.step(&Part::of(&message)) == Sent::Answered {
                return Ok(answer);
            }
        }
    }

    /// Fetches what the first message left out; `None` if the resource changed meanwhile.
    pub(super) async fn download(
        &self,
        peer: SocketAddr,
        question: &Question,
        first: Vec<u8>,
    ) -> Result<Option<Reply>, Fault> {
        let mut download = Download::default();
        let mut body = Vec::new();
        let mut answer = first;
        loop {
            let message = parse(&answer)?;
            if has_unsafe(&message) {
                return Err(Fault::Nonsense("the response has an option that no proxy may pass on unknown"));
            }
            let step = download.step(&Part::of(&message));
            body.extend_from_slice(message.payload());
            if body.len() > self.body_bytes {
                return Err(Fault::Nonsense("the response is too large to be passed on"));
            }
            match step {
                Step::Done => return Ok(Some(Reply::new(&message, body))),
                Step::Changed => return Ok(None),
                Step::Broken => {
                    return Err(Fault::Nonsense("the blocks of the response do not fit together"));
                }
                Step::More(block) => answer = self.ask(peer, &question.rest(block)).await?,
            }
        }
    }
}

impl Question {
    /// The request for a further block of the response. The body of a FETCH says what the block is of (RFC 8132 §2.1);
    /// any other was taken.
    fn rest(&self, block: Block) -> Self {
        let mut options: Options = self.options.clone();
        options.retain(|(option, _)| *option != number::OBSERVE);
        let payload = if self.method == RequestType::Fetch {
            self.payload.clone()
        } else {
            options.retain(|(option, _)| *option != number::CONTENT_FORMAT);
            Vec::new()
        };
        options.push((number::BLOCK2, uint(block.to_option())));
        Self { method: self.method, options, payload }
    }
}

impl Fault {
    /// What a failure means to who waits.
    pub(super) const fn of(failure: Failure) -> Self {
        match failure {
            Failure::TimedOut => Self::Silence,
            Failure::Reset => Self::Nonsense("the request was rejected"),
            Failure::BadOption(_) => Self::Nonsense("the response has a critical option that is unknown"),
            Failure::Unprotected(_) => Self::Nonsense("the response is not protected"),
        }
    }

    /// The code and the title of what the client is told.
    pub(super) const fn told(self) -> (ResponseType, &'static str) {
        match self {
            Self::Silence => (ResponseType::GatewayTimeout, "no answer from there"),
            Self::Nonsense(why) => (ResponseType::BadGateway, why),
            Self::Unknown(why) => (ResponseType::NotImplemented, why),
            Self::Busy => (ResponseType::ServiceUnavailable, "too many requests to others under way"),
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        // Where it is answered there is nothing to forget.
        let _ = self.line.order(Order::Forget(self.number));
    }
}

/// Reads what the endpoint has read already.
pub(super) fn parse(answer: &[u8]) -> Result<Message<'_>, Fault> {
    Message::parse(answer).map_err(|_| Fault::Nonsense("the response is no message"))
}

/// The value of an option: a number without leading zeros.
pub(super) fn uint(number: u32) -> Vec<u8> {
    number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
}

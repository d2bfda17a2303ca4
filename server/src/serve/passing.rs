//! Requests of clients that are about somebody else's resources (RFC 7252 §5.7): on their way to the proxy's thread, and
//! what comes back.

use std::io;
use std::num::NonZeroU8;

use tokio::sync::mpsc;
use twite::base::{Duration, Instant};
use twite::endpoint::{Incoming, Ticket};
use twite::exchange::{Passed, Problem, Request, Response};
use twite::wire::{ResponseType, number, uint};

use super::listener::{DEFERRED, Listener};
use super::proxy::{Answer, Back, Door, Errand, Sorry};
use super::site::Site;
use super::uploads::{Taken, UploadLimits, Uploads};
use crate::clock;
use crate::proxy::{HOPS, Refused, Target, Wanted, forwarded, raw};
use crate::store::Store;

/// What a listener needs for them.
#[derive(Debug)]
pub(super) struct Passing {
    door: Door,
    answers: mpsc::Sender<Back>,
    uploads: Uploads,
}

/// Why a request is not passed on.
enum Refusal {
    /// 5.05 and why: nobody is asked.
    Target(Refused),
    /// 5.08: it was passed on too often (RFC 8768 §3).
    Hops,
}

/// How long a body may wait for its next block before another takes its place.
const PATIENCE: Duration = Duration::from_secs(93);

/// Bodies under way at once.
const UPLOADS: usize = 16;

impl Passing {
    /// What a listener needs, and what it has to hear. Each ticket has its place among the answers.
    pub(super) fn new(door: Door, seed: [u8; 32]) -> (Self, mpsc::Receiver<Back>) {
        let (answers, back) = mpsc::channel(DEFERRED);
        let seed = seed.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        let body_bytes = door.body_bytes();
        let limits =
            UploadLimits { bodies: UPLOADS, total_bytes: 4 * body_bytes, body_bytes, patience: PATIENCE };
        (Self { door, answers, uploads: Uploads::new(limits, seed) }, back)
    }

    /// Sends a request on its way to somebody else, or answers it.
    pub(super) fn pass_on(&mut self, now: Instant, site: &Site, incoming: Incoming<'_, '_>) {
        let request = *incoming.request();
        let target = match target(&request) {
            Ok(target) => target,
            Err(refused) => return refuse(incoming, &Refusal::Target(refused)),
        };
        let Some(incoming) = site.admit_to(&target.segments(), incoming) else { return };
        if let Err(refused) = self.door.admit(&target) {
            return refuse(incoming, &Refusal::Target(refused));
        }
        let Some(hops) = hops(&request) else { return refuse(incoming, &Refusal::Hops) };
        let body = match request.block1() {
            None => request.payload().to_vec(),
            Some(block) => {
                let sender = (incoming.peer(), incoming.scope());
                match self.uploads.take(now, sender, block, &request) {
                    Taken::Complete(body) => body,
                    Taken::Continue => return incoming.respond(&Response::new(ResponseType::Continue)),
                    Taken::Misfit(misfit) => return incoming.misfit(misfit, self.door.body_bytes()),
                    Taken::Full => return busy(incoming),
                }
            }
        };
        let options = forwarded(request.message());
        let wanted = Wanted { target, method: request.method(), options, hops, body };
        let continues = request.block2().is_some_and(|block| block.number > 0);
        let (client, accept) = (incoming.peer().remote.ip().to_canonical(), request.accept());
        let Ok(ticket) = incoming.defer() else { return };
        let answer = Answer::Ticket { ticket: ticket.to_bits(), accept, answers: self.answers.clone() };
        if let Err(answer) = self.door.send(Errand { client, wanted, continues, answer }) {
            answer.give(Err(Sorry::busy()));
        }
    }
}

/// The next answer; never one where there is no proxy.
pub(super) async fn next(back: Option<&mut mpsc::Receiver<Back>>) -> Option<Back> {
    match back {
        Some(back) => back.recv().await,
        None => std::future::pending().await,
    }
}

impl<S: Store> Listener<'_, S> {
    /// Takes such requests from now on, if anybody may be asked; what comes back.
    pub(super) fn begin_passing(&mut self) -> io::Result<Option<mpsc::Receiver<Back>>> {
        let Some(door) = &self.shared.proxy else { return Ok(None) };
        let (passing, back) = Passing::new(door.clone(), clock::seed()?);
        self.passing = Some(passing);
        self.endpoint.pass_on();
        Ok(Some(back))
    }

    /// Answers with what came back.
    pub(super) fn pass_back(&mut self, back: &Back) {
        let (now, ticket) = (self.now(), Ticket::from_bits(back.ticket));
        let answered = match &back.outcome {
            Ok(reply) => {
                let options = raw(&reply.options);
                let passed = Passed { code: reply.code, options: &options, payload: &reply.payload };
                self.endpoint.pass_back(now, ticket, &passed)
            }
            Err(sorry) => {
                let (code, title) = match sorry {
                    Sorry::Fault(code, title) => (*code, (*title).to_owned()),
                    Sorry::Refused(refused) => (ResponseType::ProxyingNotSupported, refused.to_string()),
                };
                let max_age = (code == ResponseType::ServiceUnavailable).then_some(1);
                let response = Response { max_age, ..Response::new(code) };
                self.endpoint.fail(now, ticket, back.accept, &response, &Problem::titled(&title))
            }
        };
        if answered.is_err() {
            tracing::warn!("somebody else answered what nobody waits for");
        }
        self.drain();
    }
}

/// Whom a request is for.
fn target(request: &Request<'_>) -> Result<Target, Refused> {
    let text = |value: &[u8]| {
        let unfit = |_| Refused::Malformed("expected UTF-8 in the options that name the target".to_owned());
        String::from_utf8(value.to_vec()).map_err(unfit)
    };
    let first = |option| request.values(option).next();
    // Proxy-Uri goes before all others (RFC 7252 §5.10.2).
    if let Some(uri) = first(number::PROXY_URI) {
        return Target::read(&text(uri)?);
    }
    let scheme = text(first(number::PROXY_SCHEME).unwrap_or_default())?;
    let host = text(first(number::URI_HOST).unwrap_or_default())?;
    let port = first(number::URI_PORT).and_then(uint).map(|port| u16::try_from(port).unwrap_or(0));
    let path = request.path().map(text).collect::<Result<_, _>>()?;
    let query = request.query().map(text).collect::<Result<_, _>>()?;
    Target::of_options(&scheme, &host, port, path, query)
}

/// How many further proxies may pass a request on; `None` if not even we.
fn hops(request: &Request<'_>) -> Option<NonZeroU8> {
    match request.hop_limit() {
        None => Some(HOPS),
        Some(hops) => NonZeroU8::new(hops.get() - 1),
    }
}

fn refuse(incoming: Incoming<'_, '_>, refusal: &Refusal) {
    let (code, title) = match refusal {
        Refusal::Target(refused) => (ResponseType::ProxyingNotSupported, refused.to_string()),
        Refusal::Hops => (ResponseType::HopLimitReached, "the hop limit is reached".to_owned()),
    };
    incoming.fail(&Response::new(code), &Problem::titled(&title));
}

fn busy(incoming: Incoming<'_, '_>) {
    let response = Response { max_age: Some(30), ..Response::new(ResponseType::ServiceUnavailable) };
    incoming.fail(&response, &Problem::titled("too many bodies under way"));
}

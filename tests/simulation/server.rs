//! A server: an endpoint over a model of resources.

use twite::base::Instant;
use twite::endpoint::{Endpoint, Event, Incoming, Output, Ticket};
use twite::exchange::{ETag, Problem, Response};
use twite::reliability::Peer;
use twite::wire::{RequestType, ResponseType};

use crate::ledger::{Invariant, Ledger};
use crate::model::{Model, body, read_body, read_small, small};
use crate::network::Node;
use crate::planted::Fault;
use crate::task::STATE_PATHS;

/// The number of the first resource that can be observed.
const STATE: u64 = 9;

/// One server.
pub(crate) struct Server<'s> {
    /// Its number.
    pub number: usize,
    /// The engine.
    pub endpoint: Endpoint<'s>,
    /// How often it was restarted.
    pub generation: u32,
    /// Requests that wait for their answer.
    pub deferred: usize,
}

/// A request that is answered later.
pub(crate) struct Deferral {
    /// Stands for it.
    pub ticket: Ticket,
    /// What a POST wants to be told; a GET is told the register.
    pub post: Option<u64>,
}

/// What came of a request.
#[derive(Default)]
struct Served {
    deferral: Option<Deferral>,
    changed: Option<usize>,
}

impl<'s> Server<'s> {
    pub(crate) const fn new(number: usize, endpoint: Endpoint<'s>) -> Self {
        Self { number, endpoint, generation: 0, deferred: 0 }
    }

    /// A datagram came.
    pub(crate) fn hear(
        &mut self,
        now: Instant,
        from: Peer,
        bytes: &[u8],
        model: &mut Model,
        ledger: &mut Ledger,
        fault: Fault,
    ) -> Option<Deferral> {
        let served = match self.endpoint.handle_input(now, from, bytes) {
            Some(Event::Request(incoming)) => serve(now, self.number, incoming, model, ledger, fault),
            other => {
                drop(other);
                Served::default()
            }
        };
        if let Some(which) = served.changed {
            self.endpoint.changed(STATE + which as u64);
        }
        self.deferred += usize::from(served.deferral.is_some());
        served.deferral
    }

    /// What is observed changes.
    pub(crate) fn change(&mut self, now: Instant, which: usize, model: &mut Model, forget: bool) {
        model.change(now, which);
        if !forget {
            self.endpoint.changed(STATE + which as u64);
        }
    }

    /// Answers what was put off.
    pub(crate) fn answer(&mut self, now: Instant, deferral: &Deferral, model: &Model, ledger: &mut Ledger) {
        let payload = small(deferral.post.unwrap_or_else(|| model.register.last()));
        let code = if deferral.post.is_some() { ResponseType::Changed } else { ResponseType::Content };
        let response = Response { payload: &payload, ..Response::new(code) };
        let answered = self.endpoint.respond(now, deferral.ticket, &response);
        ledger.check(now, Invariant::EndsOnce, answered.is_ok(), || "a ticket was gone".into());
        self.deferred -= 1;
    }

    /// Drains the endpoint into `outbox`; when it wants to be asked again.
    pub(crate) fn drain(
        &mut self,
        now: Instant,
        model: &Model,
        outbox: &mut Vec<(Peer, Vec<u8>)>,
    ) -> Option<Instant> {
        loop {
            match self.endpoint.poll_output(now) {
                Output::Transmit { peer, bytes } => outbox.push((peer, bytes.to_vec())),
                Output::Notify(notification) => {
                    let which = (notification.resource() - STATE) as usize;
                    let value = model.states[which].last();
                    // This handler fails now and then.
                    if which != 2 || value % 37 != 36 {
                        notification.respond(&Response::content(Some(42), &small(value)));
                    }
                }
                Output::Failed { .. } => {}
                Output::Wait(deadline) => return deadline,
            }
        }
    }
}

fn serve(
    now: Instant,
    server: usize,
    incoming: Incoming<'_, '_>,
    model: &mut Model,
    ledger: &mut Ledger,
    fault: Fault,
) -> Served {
    let request = *incoming.request();
    let path = request.path().next().unwrap_or_default();
    match (request.method(), path) {
        (RequestType::Get | RequestType::Fetch, b"register") => {
            let stale = fault == Fault::ServesStale;
            let value = if stale { model.register.first() } else { model.register.last() };
            incoming.respond(&Response::content(Some(42), &small(value)));
        }
        (RequestType::Put, b"register") => {
            let Some(value) = read_small(incoming.body()) else { return refuse(incoming) };
            model.register.set(now, value);
            incoming.respond(&Response::new(ResponseType::Changed));
        }
        (RequestType::Delete, b"register") => {
            model.register.set(now, 0);
            incoming.respond(&Response::new(ResponseType::Deleted));
        }
        (RequestType::Post, b"counter" | b"slow") | (RequestType::Patch, b"counter") => {
            return post(now, server, incoming, ledger, path == b"slow");
        }
        (RequestType::Get, b"slow") => {
            let deferral = incoming.defer().ok().map(|ticket| Deferral { ticket, post: None });
            return Served { deferral, changed: None };
        }
        (RequestType::Get, b"large") => {
            let version = model.large.last();
            let etag = ETag::new(&version.to_be_bytes());
            incoming.respond(&Response { etag, ..Response::content(Some(42), &body(version)) });
        }
        (RequestType::Put, b"large") => {
            let version = read_body(incoming.body());
            let length = incoming.body().len();
            ledger.check_undamaged(now, Invariant::WholeUpload, version.is_some(), || {
                format!("server {server} got a body of {length} bytes that nobody sent")
            });
            let Some(version) = version else { return refuse(incoming) };
            model.large.set(now, version);
            incoming.respond(&Response::new(ResponseType::Changed));
        }
        // The handler fails: the request is dropped.
        (RequestType::Get, b"broken") => {}
        _ => return serve_state(now, server, incoming, model, ledger),
    }
    Served::default()
}

fn serve_state(
    now: Instant,
    server: usize,
    incoming: Incoming<'_, '_>,
    model: &mut Model,
    ledger: &mut Ledger,
) -> Served {
    let request = *incoming.request();
    let path = request.path().next().unwrap_or_default();
    let which = STATE_PATHS.iter().position(|known| known.as_bytes() == path);
    match (request.method(), which) {
        (RequestType::Get, Some(which)) => {
            let payload = small(model.states[which].last());
            incoming.observable(STATE + which as u64).respond(&Response::content(Some(42), &payload));
            Served::default()
        }
        (RequestType::Put, Some(which)) => {
            model.change(now, which);
            ledger.outdated(Node::Server(server));
            incoming.respond(&Response::new(ResponseType::Changed));
            Served { deferral: None, changed: Some(which) }
        }
        _ => refuse(incoming),
    }
}

fn post(now: Instant, server: usize, incoming: Incoming<'_, '_>, ledger: &mut Ledger, slow: bool) -> Served {
    let Some(id) = read_small(incoming.body()) else { return refuse(incoming) };
    let (peer, message_id) = (incoming.peer().remote, incoming.request().message().message_id());
    if slow {
        let Ok(ticket) = incoming.defer() else { return Served::default() };
        ledger.executed(now, server, peer, message_id, id);
        return Served { deferral: Some(Deferral { ticket, post: Some(id) }), changed: None };
    }
    ledger.executed(now, server, peer, message_id, id);
    incoming.respond(&Response { payload: &small(id), ..Response::new(ResponseType::Changed) });
    Served::default()
}

fn refuse(incoming: Incoming<'_, '_>) -> Served {
    incoming.fail(&Response::new(ResponseType::BadRequest), &Problem::titled("no such thing here"));
    Served::default()
}

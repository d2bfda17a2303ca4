//! One socket, one endpoint: receive, decide, answer. Nothing here blocks, locks, or starts a task.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant as Clock};

use tokio::sync::{Notify, mpsc, watch};
use twite::base::Instant;
use twite::endpoint::{Endpoint, Event, Incoming, Output, Ticket};
use twite::exchange::{Problem, Response};
use twite::reliability::{Peer, Timings};
use twite::wire::ResponseType;

use super::changes::Missed;
use super::groups::Groups;
use super::memory::HostStorage;
use super::outcome::{self, Waiting};
use super::plugtest::{self, Later};
use super::retries::{Retries, Stalled};
use super::site::{Served, Site, Subject, Submission};
use super::socket::{Batch, Socket};
use super::turns::Turn;
use crate::clock;
use crate::logging::escaped;
use crate::store::{Completed, Completion, Error, Operation, Store};

/// How many writes may wait for the store at once; each has its place in the completion queue.
pub(super) const DEFERRED: usize = 1_024;

/// How long a stopping server waits for the store to answer what is in flight.
const PATIENCE: Duration = Duration::from_secs(5);

/// What listeners of one thread share.
#[derive(Debug)]
pub(super) struct Shared<S> {
    pub(super) site: Rc<RefCell<Site>>,
    pub(super) store: std::sync::Arc<S>,
    /// Wakes the listeners when a resource changed.
    pub(super) changed: Rc<Notify>,
    pub(super) start: Clock,
    pub(super) body_bytes: usize,
}

/// A socket and what is served on it.
struct Listener<'s, S> {
    socket: &'s Socket,
    endpoint: Endpoint<'s>,
    shared: &'s Shared<S>,
    completions: mpsc::Sender<Completed>,
    /// What is known of each ticket's request, by the ticket's number.
    waiting: Vec<Waiting>,
    in_flight: usize,
    /// Patches that may have to be applied again.
    retries: Retries,
    /// Observed resources by their numbers.
    observed: HashMap<u64, Subject>,
    /// Answers that are given after a while.
    later: plugtest::Waiting,
    /// How far the changes of the site were looked at.
    seen: u64,
    /// How often observers were forgotten.
    forgotten: u64,
    /// Whether the server stops: nobody is served any more.
    stops: bool,
}

/// Serves the socket until `stop` says so, then answers what is in flight.
pub(super) async fn run<S: Store>(
    socket: &Socket,
    mut groups: Groups,
    shared: &Shared<S>,
    storage: &mut HostStorage,
    timings: Timings<'_>,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let (completions, mut completed) = mpsc::channel(DEFERRED);
    let mut listener = Listener {
        socket,
        endpoint: Endpoint::new(storage.lend(), timings, clock::seed()?),
        shared,
        completions,
        waiting: vec![Waiting::default(); DEFERRED],
        in_flight: 0,
        retries: Retries::default(),
        observed: HashMap::new(),
        later: plugtest::Waiting::default(),
        seen: shared.site.borrow().changes().end(),
        forgotten: shared.site.borrow().forgotten(),
        stops: false,
    };
    let mut batch = Batch::default();
    let mut stopping = None;
    let mut deadline = None;
    while stopping.is_none() || listener.in_flight > 0 {
        let wake = earlier(deadline.map(|at| listener.clock_time(at)), stopping);
        tokio::select! {
            ready = socket.readable(), if stopping.is_none() => {
                ready?;
                listener.receive(&mut batch);
            }
            Some(done) = completed.recv() => listener.complete(&done),
            () = shared.changed.notified() => {}
            () = groups.due() => groups.renew(socket),
            () = sleep_until(wake) => {
                if stopping.is_some_and(|at| Clock::now() >= at) {
                    break;
                }
            }
            _ = stop.changed(), if stopping.is_none() => {
                stopping = Some(Clock::now() + PATIENCE);
                listener.dismiss();
            }
        }
        while let Ok(done) = completed.try_recv() {
            listener.complete(&done);
        }
        listener.answer_late();
        listener.catch_up();
        listener.resume();
        deadline = earlier(listener.drain(), listener.due());
    }
    let counters = listener.endpoint.counters();
    tracing::debug!(address = %socket.local(), ?counters, "stopped listening");
    Ok(())
}

impl<S: Store> Listener<'_, S> {
    fn now(&self) -> Instant {
        clock::since(self.shared.start)
    }

    fn clock_time(&self, at: Instant) -> Clock {
        self.shared.start + Duration::from_micros(at.as_micros())
    }

    fn receive(&mut self, batch: &mut Batch) {
        match self.socket.receive(batch) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::debug!(%error, "receiving failed");
                return;
            }
        }
        let now = self.now();
        let local = self.socket.local();
        for (remote, destination, datagram) in batch.datagrams() {
            let specific = Some(local.ip()).filter(|address| !address.is_unspecified());
            let peer = Peer { remote, local: destination.or(specific) };
            self.handle(now, peer, datagram);
            self.drain();
        }
    }

    fn handle(&mut self, now: Instant, peer: Peer, datagram: &[u8]) {
        let Some(Event::Request(incoming)) = self.endpoint.handle_input(now, peer, datagram) else { return };
        log(&incoming);
        let (served, moved) = {
            let mut site = self.shared.site.borrow_mut();
            let before = site.moment();
            (site.serve(now, incoming), site.moment() != before)
        };
        if moved {
            self.shared.changed.notify_waiters();
        }
        match served {
            Served::Answered => {}
            Served::Later(later) => self.put_off(now, later),
            Served::Observed(resource, subject) => {
                if self.endpoint.is_observed(resource) {
                    self.observed.insert(resource, subject);
                }
                // What nobody observes any more leaves before it is twice what somebody does.
                if self.observed.len() > 2 * self.endpoint.observations() + 64 {
                    self.observed.retain(|resource, _| self.endpoint.is_observed(*resource));
                }
            }
            Served::Deferred(submission) => self.submit(now, submission),
        }
    }

    fn put_off(&mut self, now: Instant, later: Later) {
        if let Err(Later { ticket, .. }) = self.later.push(later) {
            let busy = Response { max_age: Some(1), ..Response::new(ResponseType::ServiceUnavailable) };
            // The ticket is fresh, so it cannot be gone.
            let _ = self.endpoint.respond(now, ticket, &busy);
        }
    }

    /// Gives the answers whose time has come.
    fn answer_late(&mut self) {
        let now = self.now();
        while let Some(Later { ticket, text, .. }) = self.later.pop(now) {
            // Nobody else answers these tickets.
            let _ = self.endpoint.respond(now, ticket, &Response::content(Some(0), text));
            self.drain();
        }
    }

    /// When there is something to do that the endpoint does not know of.
    fn due(&self) -> Option<Instant> {
        earlier(self.later.due(), self.shared.site.borrow().due())
    }

    /// Lets the endpoint know what changed since the last time.
    fn catch_up(&mut self) {
        let now = self.now();
        let mut site = self.shared.site.borrow_mut();
        if site.pass(now) {
            self.shared.changed.notify_waiters();
        }
        if site.forgotten() != self.forgotten {
            self.forgotten = site.forgotten();
            self.endpoint.forget_observers();
        }
        let missed = site.changes().since(self.seen);
        self.seen = site.changes().end();
        match missed {
            Missed::Some(resources) => {
                resources.into_iter().for_each(|resource| self.endpoint.changed(resource));
            }
            Missed::Everything => {
                self.observed.keys().for_each(|resource| self.endpoint.changed(*resource));
            }
        }
    }

    /// Tells every observer that nothing follows any more (RFC 7641 §4.2); who does not hear it will ask again.
    fn dismiss(&mut self) {
        self.stops = true;
        self.observed.keys().for_each(|resource| self.endpoint.changed(*resource));
    }

    fn submit(&mut self, now: Instant, submission: Submission) {
        let Submission { ticket, accept, write, attempt } = submission;
        let Some(write) = write else {
            if let Some(attempt) = attempt {
                self.retries.keep(ticket.number(), attempt);
                self.retries.stall(ticket, accept);
                self.in_flight += 1;
            }
            return;
        };
        let names_child = matches!(write.operation, Operation::Create { .. });
        let completion = Completion::Ticket { ticket: ticket.to_bits(), sender: self.completions.clone() };
        match self.shared.store.submit(write, completion) {
            Ok(()) => {
                self.in_flight += 1;
                if let Some(place) = self.waiting.get_mut(ticket.number()) {
                    *place = Waiting { accept, names_child };
                }
                if let Some(attempt) = attempt {
                    self.retries.keep(ticket.number(), attempt);
                }
            }
            Err(busy) => {
                self.leave(attempt.map(|attempt| attempt.turn));
                let response =
                    Response { max_age: Some(1), ..Response::new(ResponseType::ServiceUnavailable) };
                let problem = Problem { detail: Some(&format_args!("{busy}")), ..Problem::titled("busy") };
                // The ticket was not answered yet, so it cannot be gone.
                let _ = self.endpoint.fail(now, ticket, accept, &response, &problem);
            }
        }
    }

    fn complete(&mut self, done: &Completed) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let now = self.now();
        let ticket = Ticket::from_bits(done.ticket);
        let waiting = self.waiting.get(ticket.number()).copied().unwrap_or_default();
        let outdated = matches!(done.result, Err(Error::Conflict { .. }));
        if outdated && self.retries.stall(ticket, waiting.accept) {
            self.in_flight += 1;
            return;
        }
        if let Ok(committed) = &done.result {
            self.shared.site.borrow_mut().apply(&committed.change);
            self.shared.changed.notify_waiters();
        }
        let turn = self.retries.forget(ticket.number());
        self.leave(turn);
        let answered =
            outcome::answer(&mut self.endpoint, now, ticket, waiting, &done.result, self.shared.body_bytes);
        if answered.is_err() {
            tracing::warn!("a write was answered that nobody waits for");
        }
        self.drain();
    }

    /// Lets the next patch of the resource have its turn.
    fn leave(&self, turn: Option<Turn>) {
        if let Some(turn) = turn {
            self.shared.site.borrow_mut().turns.leave(&turn);
            self.shared.changed.notify_waiters();
        }
    }

    /// Goes on with patches whose turn has come, or whose resource has changed since they were applied to it.
    fn resume(&mut self) {
        let now = self.now();
        loop {
            let site = self.shared.site.borrow();
            let Some(Stalled { ticket, accept, mut attempt }) = self.retries.resume(&site) else { return };
            let again = attempt.again(&site);
            drop(site);
            self.in_flight = self.in_flight.saturating_sub(1);
            match again {
                Ok(write) => {
                    let (write, attempt) = (Some(write), Some(attempt));
                    self.submit(now, Submission { ticket, accept, write, attempt });
                }
                Err(refusal) => {
                    self.leave(Some(attempt.turn));
                    let response = refusal.response(self.shared.body_bytes);
                    let detail = format_args!("{}", refusal.detail);
                    let problem = Problem { detail: Some(&detail), ..Problem::titled(refusal.title) };
                    // The ticket was not answered yet, so it cannot be gone.
                    let _ = self.endpoint.fail(now, ticket, accept, &response, &problem);
                }
            }
        }
    }

    /// Sends what there is to send; when to come back.
    fn drain(&mut self) -> Option<Instant> {
        loop {
            let now = clock::since(self.shared.start);
            match self.endpoint.poll_output(now) {
                Output::Transmit { peer, bytes } => {
                    if let Err(error) = self.socket.send(peer, bytes) {
                        tracing::debug!(%error, peer = %peer.remote, "sending failed");
                    }
                }
                Output::Notify(notification) if self.stops => {
                    let gone =
                        Response { max_age: Some(1), ..Response::new(ResponseType::ServiceUnavailable) };
                    notification.fail(&gone, &Problem::titled("the server stops"));
                }
                Output::Notify(notification) => {
                    let site = self.shared.site.borrow();
                    site.notify(self.observed.get(&notification.resource()), notification);
                }
                Output::Failed { .. } => {}
                Output::Wait(deadline) => return deadline,
            }
        }
    }
}

/// Who asks for what, for whoever wants to know; bytes of strangers stay on one line.
fn log(incoming: &Incoming<'_, '_>) {
    if tracing::enabled!(tracing::Level::DEBUG) {
        let request = incoming.request();
        let path: Vec<String> = request.path().map(|segment| escaped(segment).to_string()).collect();
        let (peer, method) = (incoming.peer().remote, request.code());
        tracing::debug!(%peer, %method, path = path.join("/"), bytes = request.payload().len(), "request");
    }
}

fn earlier<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Forever if there is no time to wake at.
async fn sleep_until(wake: Option<Clock>) {
    match wake {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

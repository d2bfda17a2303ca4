//! One line to the outside, one endpoint: receive, decide, answer. Nothing here blocks, locks, or starts a task.

use foldhash::HashMap;
use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant as Clock};

use tokio::sync::{Notify, mpsc, watch};
use twite::base::Instant;
use twite::endpoint::{Endpoint, Event, Limits, Output, Ticket};
use twite::exchange::{Problem, Response};
use twite::reliability::{IdShare, Peer, Timings};
use twite::wire::ResponseType;

use super::access::Policies;
use super::asked::log;
use super::contexts::{Contexts, done};
use super::dropped::Dropped;
use super::engines::{Desk, Order};
use super::feed::Feed;
use super::forward;
use super::groups::Groups;
use super::guard::guarded;
use super::line::Line;
use super::memory::{HostSecurity, HostStorage};
use super::outcome::Waiting;
use super::outer::{Outer, Received};
use super::passing::{self, Passing};
use super::plugtest;
use super::retries::Retries;
use super::served::{Served, Subject};
use super::site::Site;
use super::socket::{Batch, Readiness};
use super::statistics::Asking;
use super::wake::{earlier, sleep_until};
use crate::clock;
use crate::policy::Policy;
use crate::store::{Completed, Completion, Store, Write};

/// How many writes may wait for the store at once; each has its place in the completion queue.
pub(super) const DEFERRED: usize = 1_024;

/// How many batches of datagrams go before everything else is asked: a flood keeps nothing waiting for longer.
const TURNS: u32 = 16;

/// How long a stopping server waits for the store to answer what is in flight.
const PATIENCE: Duration = Duration::from_secs(5);

/// What listeners of one thread share.
#[derive(Debug)]
pub(super) struct Shared<S> {
    pub(super) site: Rc<RefCell<Site>>,
    /// What the site has still to take over.
    pub(super) feed: Rc<Feed>,
    /// What it has to obey, if there is a policy.
    pub(super) policies: Option<Rc<Policies>>,
    pub(super) store: Arc<S>,
    /// Wakes the listeners when a resource changed.
    pub(super) changed: Rc<Notify>,
    pub(super) start: Clock,
    /// How long to look for the next datagram before sleeping.
    pub(super) poll: Duration,
    pub(super) body_bytes: usize,
    /// The way to others, if anybody may be asked.
    pub(super) proxy: Option<super::proxy::Door>,
}

/// What security contexts need.
#[derive(Debug)]
pub(super) struct Secured {
    pub(super) contexts: Contexts,
    pub(super) memory: HostSecurity,
}

/// A line and what is served on it.
pub(super) struct Listener<'s, S> {
    line: &'s Line,
    pub(super) endpoint: Endpoint<'s>,
    pub(super) shared: &'s Shared<S>,
    pub(super) completions: mpsc::Sender<Completed>,
    /// Writes that go to the store together, so that its writer wakes once for them.
    pub(super) outbox: Vec<(Write, Completion)>,
    /// What is known of each ticket's request, by the ticket's number.
    pub(super) waiting: Vec<Waiting>,
    pub(super) in_flight: usize,
    /// Patches that may have to be applied again.
    pub(super) retries: Retries,
    /// Observed resources by their numbers.
    pub(super) observed: HashMap<u64, Subject>,
    /// Answers that are given after a while.
    pub(super) later: plugtest::Waiting,
    /// Who waits for what the engines say.
    pub(super) asking: Vec<Asking<Ticket>>,
    /// How far the changes of the site were looked at.
    pub(super) seen: u64,
    /// How often observers were forgotten.
    pub(super) forgotten: u64,
    /// The policy by which whoever observes was admitted.
    pub(super) policy: Option<Arc<Policy>>,
    /// Whether the server stops: nobody is served any more.
    pub(super) stops: bool,
    /// When the last batch came.
    came: Instant,
    /// Sends requests on their way to others.
    pub(super) passing: Option<Passing>,
    /// Where a protected request is opened; none where there are no contexts.
    room: Vec<u8>,
    /// Protected messages that a proxy cut, where there are contexts.
    outer: Option<Outer>,
}

/// Serves the line until an order says so, then answers what is in flight.
pub(super) async fn run<S: Store>(
    line: &Line,
    mut groups: Groups,
    shared: &Shared<S>,
    (storage, secured): (&mut HostStorage, Option<&mut Secured>),
    timings: Timings<'_>,
    limits: Limits<'_>,
    (mut orders, desk): (watch::Receiver<Order>, Desk),
) -> io::Result<()> {
    let (completions, mut completed) = mpsc::channel(DEFERRED);
    let mut listener = Listener {
        line,
        endpoint: Endpoint::new(storage.lend(), timings, clock::seed()?),
        shared,
        completions,
        outbox: Vec::new(),
        waiting: vec![Waiting::default(); DEFERRED],
        in_flight: 0,
        retries: Retries::default(),
        observed: HashMap::default(),
        later: plugtest::Waiting::default(),
        asking: Vec::new(),
        seen: shared.site.borrow().changes().end(),
        forgotten: shared.site.borrow().forgotten(),
        policy: None,
        stops: false,
        came: Instant::default(),
        passing: None,
        room: Vec::new(),
        outer: None,
    };
    listener.endpoint.limit(limits);
    let mut back = listener.begin_passing()?;
    let mut keeper = None;
    if let Some(Secured { contexts, memory }) = secured {
        listener.endpoint.secure(memory.lend());
        listener.endpoint.share_message_ids(IdShare::ODD);
        let (names, keeps) =
            contexts.give(&mut listener.endpoint).map_err(|failed| io::Error::other(failed.why))?;
        shared.site.borrow_mut().know(names);
        listener.room = vec![0; 2 * forward::LONGEST];
        listener.outer = Some(Outer::new());
        keeper = Some(keeps);
    } else if line.is_shared() {
        listener.endpoint.share_message_ids(IdShare::EVEN);
    }
    line.ready().await?;
    let mut dropped = Dropped::default();
    let mut batch = Batch::default();
    let mut stopping = None;
    let mut deadline = None;
    let mut is_busy = false;
    let mut round = 0_u32;
    while stopping.is_none() || listener.in_flight > 0 {
        // While there are datagrams nothing else is asked, since that costs as much as to answer one; but now and then.
        round = round.wrapping_add(1);
        if std::mem::take(&mut is_busy) && stopping.is_none() && !round.is_multiple_of(TURNS) {
            is_busy = listener.look(&mut batch).await;
        }
        if !is_busy {
            let wake = earlier(deadline.map(|at| listener.clock_time(at)), stopping);
            tokio::select! {
                biased;
                Some(done) = completed.recv() => listener.complete(&done),
                Some(back) = passing::next(back.as_mut()) => listener.pass_back(&back),
                () = shared.changed.notified() => {}
                stored = done(keeper.as_mut()) => {
                    if let Some(keeper) = &mut keeper {
                        keeper.stored(&mut listener.endpoint, stored);
                    }
                }
                () = groups.due() => {
                    if let Some(socket) = line.own() {
                        groups.renew(socket);
                    }
                }
                () = sleep_until(wake) => {
                    if stopping.is_some_and(|at| Clock::now() >= at) {
                        break;
                    }
                }
                _ = orders.changed(), if stopping.is_none() => match *orders.borrow_and_update() {
                    Order::Serve(number) => {
                        desk.report(number, (*listener.endpoint.counters(), listener.endpoint.occupancy()));
                    }
                    Order::Stop => {
                        stopping = Some(Clock::now() + PATIENCE);
                        listener.dismiss();
                    }
                },
                ready = line.readable(), if stopping.is_none() => {
                    ready?;
                    is_busy = listener.receive(&mut batch, Readiness::Told);
                }
            }
        }
        while listener.in_flight > 0
            && let Ok(done) = completed.try_recv()
        {
            listener.complete(&done);
        }
        let now = if is_busy { listener.came } else { listener.now() };
        listener.answer_late(now);
        listener.catch_up(now);
        listener.resume(now);
        listener.post();
        deadline = earlier(listener.drain_at(now), listener.due());
        if let Some(keeper) = &mut keeper {
            keeper.reserve(&mut listener.endpoint);
        }
        dropped.tell(now, line.local(), listener.endpoint.counters());
    }
    let counters = listener.endpoint.counters();
    dropped.close(listener.now(), line.local(), counters);
    tracing::debug!(address = %line.local(), ?counters, "stopped listening");
    Ok(())
}

impl<S: Store> Listener<'_, S> {
    pub(super) fn now(&self) -> Instant {
        clock::since(self.shared.start)
    }

    fn clock_time(&self, at: Instant) -> Clock {
        self.shared.start + Duration::from_micros(at.as_micros())
    }

    /// Serves what is there; whether there was anything.
    fn receive(&mut self, batch: &mut Batch, readiness: Readiness) -> bool {
        match self.line.receive(batch, readiness) {
            Ok(true) => {}
            Ok(false) => return false,
            Err(error) => {
                tracing::debug!(%error, "receiving failed");
                return false;
            }
        }
        // What any client has an answer to, everybody sees.
        if self.shared.feed.catch_up(&self.shared.site) {
            self.shared.changed.notify_waiters();
        }
        if let Some(policies) = &self.shared.policies
            && policies.catch_up(&self.shared.site)
        {
            self.shared.changed.notify_waiters();
        }
        let now = self.now();
        self.came = now;
        // Who observes from now on has nothing to hear of it.
        self.catch_up(now);
        let specific = self.line.specific();
        let asks = Cell::new(None);
        let mut datagrams = batch.datagrams();
        let mut moved = false;
        let mut serve = || {
            if asks.get().is_some() {
                // What the request was answered whose handler panicked.
                self.drain_at(now);
            }
            for (remote, destination, datagram) in datagrams.by_ref() {
                asks.set(Some(remote));
                let peer = Peer { remote, local: destination.or(specific) };
                moved |= self.handle(now, peer, datagram);
                self.drain_at(now);
            }
        };
        while guarded(&asks, &mut serve).is_none() {}
        if moved {
            self.shared.changed.notify_waiters();
        }
        self.post();
        true
    }

    /// Looks for the next datagram, for a while if that is wanted, since waking up takes longer than answering; whether one
    /// came. Others of this thread have their turn in between.
    async fn look(&mut self, batch: &mut Batch) -> bool {
        if self.receive(batch, Readiness::Told) {
            return true;
        }
        if self.shared.poll.is_zero() {
            return false;
        }
        let end = Clock::now() + self.shared.poll;
        while !self.receive(batch, Readiness::Unknown) {
            if Clock::now() >= end {
                return false;
            }
            tokio::task::yield_now().await;
        }
        true
    }

    /// Serves a datagram; whether anything changed at once.
    fn handle(&mut self, now: Instant, peer: Peer, datagram: &[u8]) -> bool {
        if self.line.hands_on(peer, datagram) {
            return false;
        }
        let received = self.outer.as_mut().map(|outer| outer.receive(now, peer, datagram));
        let datagram = match received {
            None | Some(Received::Untouched) => datagram,
            Some(Received::Whole(datagram)) => datagram,
            Some(Received::Answer(answer)) => {
                send(self.line, peer, answer);
                return false;
            }
            Some(Received::Nothing) => return false,
        };
        let Some(Event::Request(incoming)) = (match self.room.as_mut_slice() {
            [] => self.endpoint.handle_input(now, peer, datagram),
            room => self.endpoint.handle_protected(now, peer, datagram, room),
        }) else {
            return false;
        };
        log(&incoming);
        if let Some(passing) = self.passing.as_mut().filter(|_| incoming.is_for_proxy()) {
            passing.pass_on(now, &self.shared.site.borrow(), incoming);
            return false;
        }
        let (served, moved) = {
            let mut site = self.shared.site.borrow_mut();
            let before = site.moment();
            let served = site.serve(now, incoming);
            (served, site.moment() != before)
        };
        if moved && self.endpoint.observations() > 0 {
            // Who observes from the next request on has nothing to hear of it.
            self.catch_up(now);
        }
        match served {
            Served::Answered => {}
            Served::Later(later) => self.put_off(now, later),
            Served::Asking(asking) => self.keep(now, asking),
            Served::Observed(resource, subject) => {
                if self.endpoint.is_observed(resource) {
                    self.observed.insert(resource, subject);
                }
                // What nobody observes any more leaves before it is twice what somebody does.
                if self.observed.len() > 2 * self.endpoint.observations() + 64 {
                    self.observed.retain(|resource, _| self.endpoint.is_observed(*resource));
                }
            }
            Served::Deferred(submission) => self.submit(submission),
        }
        moved
    }

    /// Sends what there is to send; when to come back.
    pub(super) fn drain(&mut self) -> Option<Instant> {
        self.drain_at(self.now())
    }

    pub(super) fn drain_at(&mut self, now: Instant) -> Option<Instant> {
        loop {
            match self.endpoint.poll_output(now) {
                Output::Transmit { peer, bytes } => {
                    let bytes = self.outer.as_mut().map_or(bytes, |outer| outer.send(peer, bytes));
                    send(self.line, peer, bytes);
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

/// Sends; what cannot be sent is lost, as it may be in any network.
fn send(line: &Line, peer: Peer, bytes: &[u8]) {
    if let Err(error) = line.send(peer, bytes) {
        tracing::debug!(%error, peer = %peer.remote, "sending failed");
    }
}

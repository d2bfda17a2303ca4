//! A client: an endpoint with a script of random operations.

use twite::base::{Duration, Instant};
use twite::endpoint::{Endpoint, Event, Failure, Output, RequestId};
use twite::reliability::Peer;

use crate::dice::Dice;
use crate::judge::{Next, judge};
use crate::ledger::{Invariant, LIFETIME, Ledger, Mark};
use crate::model::Model;
use crate::network::{Node, server_address};
use crate::plan::Plan;
use crate::planted::Fault;
use crate::task::{Kind, Operation, Task};

/// One client.
pub(crate) struct Client<'s> {
    /// Its number.
    pub number: usize,
    /// The engine.
    pub endpoint: Endpoint<'s>,
    /// Operations that were not begun yet.
    pub left: usize,
    /// What the turns of others add to the longest time a request may take.
    pub patience: Duration,
    /// What is under way.
    pub operations: Vec<Operation>,
    /// Operations that go on with another request.
    unsent: Vec<Operation>,
}

/// From the first transmission to giving up, and EXCHANGE_LIFETIME from an Empty acknowledgement on; six
/// timers may each be noticed two seconds late.
const LONGEST: Duration = Duration::from_secs(247 + 93 + 12);

/// How many observations a client keeps up; more replace the oldest.
const OBSERVATIONS: usize = 3;

/// What a client sees of the world.
pub(crate) struct View<'w> {
    /// The truth about each server's resources.
    pub models: &'w [Model],
    /// The books.
    pub ledger: &'w mut Ledger,
    /// Chance.
    pub dice: &'w mut Dice,
    /// What goes wrong on purpose.
    pub fault: Fault,
}

impl<'s> Client<'s> {
    pub(crate) const fn new(number: usize, endpoint: Endpoint<'s>, left: usize, patience: Duration) -> Self {
        Self { number, endpoint, left, patience, operations: Vec::new(), unsent: Vec::new() }
    }

    /// How many operations wait for an answer.
    pub(crate) fn waiting(&self) -> usize {
        self.operations.iter().filter(|operation| !operation.task.goes_on()).count()
    }

    /// Whether a request is open longer than any may be.
    pub(crate) fn is_overdue(&self, now: Instant) -> bool {
        let overdue = |operation: &Operation| now.since(operation.sent) > LONGEST + self.patience;
        self.operations.iter().any(|operation| !operation.task.goes_on() && overdue(operation))
    }

    /// Begins a random operation.
    pub(crate) fn begin(&mut self, now: Instant, plan: &Plan, view: &mut View<'_>) {
        self.left -= 1;
        if view.dice.chance(plan.cancels) {
            self.cancel_one(view);
        }
        let serial = (self.number as u64 + 1) << 16 | self.left as u64;
        let kind = plan.only.unwrap_or_else(|| Kind::draw(view.dice));
        let largest = self.endpoint.message_capacity();
        let task = Task::new(kind, view.dice, now, serial, largest, view.fault);
        let server = view.dice.index(view.models.len());
        let confirmable = view.dice.chance(plan.confirmable);
        if let Task::Observe { .. } = task {
            self.make_room();
        }
        view.ledger.count(Mark::Begun);
        self.ask(now, server, confirmable, task, view.ledger);
    }

    /// Begins an observation that takes the place of an older one.
    pub(crate) fn renew(&mut self, now: Instant, ledger: &mut Ledger, (server, which): (usize, usize)) {
        self.ask(now, server, true, Task::observation(which), ledger);
    }

    /// Every observation: server, which of its states, and the latest that is known.
    pub(crate) fn observations(&self) -> Vec<(usize, usize, u64)> {
        let known = |operation: &Operation| match operation.task {
            Task::Observe { which, latest: Some(latest), .. } => Some((operation.server, which, latest)),
            _ => None,
        };
        self.operations.iter().filter_map(known).collect()
    }

    /// Ends every observation.
    pub(crate) fn end_observations(&mut self) {
        let (observations, rest) = self.operations.drain(..).partition(|operation| operation.task.goes_on());
        self.operations = rest;
        let observations: Vec<Operation> = observations;
        observations.iter().for_each(|operation| self.endpoint.cancel(operation.id));
    }

    fn make_room(&mut self) {
        let observes = |operation: &Operation| operation.task.goes_on();
        if self.operations.iter().filter(|operation| observes(operation)).count() >= OBSERVATIONS
            && let Some(oldest) = self.operations.iter().position(observes)
        {
            let operation = self.operations.remove(oldest);
            self.endpoint.cancel(operation.id);
        }
    }

    fn cancel_one(&mut self, view: &mut View<'_>) {
        if !self.operations.is_empty() {
            let gone = self.operations.remove(view.dice.index(self.operations.len()));
            self.endpoint.cancel(gone.id);
            view.ledger.count(Mark::Cancelled);
            view.ledger.outdated(Node::Client(self.number));
        }
    }

    fn ask(&mut self, now: Instant, server: usize, confirmable: bool, task: Task, ledger: &mut Ledger) {
        let peer = Peer::new(server_address(server));
        let sent = match task {
            Task::Ping => self.endpoint.ping(now, peer).ok(),
            _ => task.request(confirmable, |request| self.endpoint.request(now, peer, request).ok()),
        };
        match sent {
            Some(id) => self.operations.push(Operation { id, server, sent: now, confirmable, task }),
            None => ledger.count(Mark::Refused),
        }
    }

    /// Sends what goes on; whether there was something.
    pub(crate) fn go_on(&mut self, now: Instant, ledger: &mut Ledger) -> bool {
        let Some(Operation { server, confirmable, task, .. }) = self.unsent.pop() else { return false };
        self.ask(now, server, confirmable, task, ledger);
        true
    }

    /// A datagram came.
    pub(crate) fn hear(&mut self, now: Instant, from: Peer, bytes: &[u8], view: &mut View<'_>) {
        let over = match self.endpoint.handle_input(now, from, bytes) {
            None => None,
            Some(Event::Request(incoming)) => {
                drop(incoming);
                let damaged = view.ledger.damaged();
                view.ledger.check(now, Invariant::Value, damaged, || "a server asked a client".into());
                None
            }
            Some(Event::Pong(id)) => {
                if let Some(operation) =
                    take(&mut self.operations, now, id, LONGEST + self.patience, view.ledger)
                {
                    let pinged = matches!(operation.task, Task::Ping);
                    view.ledger.check(now, Invariant::Value, pinged, || "an unexpected pong".into());
                    view.ledger.count(Mark::Ping);
                    view.ledger.count(Mark::Completed);
                }
                None
            }
            Some(Event::Failed { id, failure }) => {
                let operation = take(&mut self.operations, now, id, LONGEST + self.patience, view.ledger);
                failed(now, operation, failure, view.ledger);
                None
            }
            Some(Event::Response { id, message }) => {
                let Some(mut operation) =
                    take(&mut self.operations, now, id, LONGEST + self.patience, view.ledger)
                else {
                    return;
                };
                let model = &view.models[operation.server];
                let next = judge(now, &mut operation, &message, model, view.ledger, view.fault);
                match next {
                    Next::Ended => {}
                    Next::Listen => self.operations.push(operation),
                    Next::Ask => self.unsent.push(operation),
                }
                (next == Next::Ended).then_some(id)
            }
        };
        if let Some(id) = over {
            self.endpoint.cancel(id);
        }
    }

    /// Drains the endpoint into `outbox`; when it wants to be asked again.
    pub(crate) fn drain(
        &mut self,
        now: Instant,
        ledger: &mut Ledger,
        outbox: &mut Vec<(Peer, Vec<u8>)>,
    ) -> Option<Instant> {
        loop {
            match self.endpoint.poll_output(now) {
                Output::Transmit { peer, bytes } => outbox.push((peer, bytes.to_vec())),
                Output::Notify(_) => {}
                Output::Failed { id, failure } => {
                    let operation = take(&mut self.operations, now, id, LONGEST + self.patience, ledger);
                    failed(now, operation, failure, ledger);
                }
                Output::Wait(deadline) => return deadline,
            }
        }
    }
}

/// Takes the operation of a request that got an answer; there must be one, and it must not be late.
fn take(
    operations: &mut Vec<Operation>,
    now: Instant,
    id: RequestId,
    longest: Duration,
    ledger: &mut Ledger,
) -> Option<Operation> {
    let known = operations.iter().position(|operation| operation.id == id);
    ledger.check(now, Invariant::EndsOnce, known.is_some(), || format!("{id:?} ended a second time"));
    let operation = operations.remove(known?);
    let in_time = operation.task.goes_on() || now.since(operation.sent) <= longest;
    ledger.check(now, Invariant::EndsOnce, in_time, || {
        format!("{id:?} took {} s", now.since(operation.sent).as_secs_ceil())
    });
    Some(operation)
}

fn failed(now: Instant, operation: Option<Operation>, failure: Failure, ledger: &mut Ledger) {
    ledger.count(if failure == Failure::TimedOut { Mark::TimedOut } else { Mark::Rejected });
    let Some(operation) = operation else { return };
    let begun = now.since(operation.sent);
    ledger.check_undamaged(now, Invariant::EndsOnce, failure == Failure::TimedOut, || {
        format!("{:?}: {failure:?}", operation.task.mark())
    });
    let waited = failure != Failure::TimedOut || begun >= Duration::from_secs(62) || begun >= LIFETIME;
    ledger
        .check(now, Invariant::EndsOnce, waited, || format!("gave up after {} ms", begun.as_micros() / 1000));
}

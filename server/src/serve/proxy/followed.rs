//! Resources that are observed for clients (RFC 7641 §5): each once, however many want to hear of it.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use twite::exchange::{Echoed, Freshness};
use twite::wire::{Message, ResponseType, number, uint};

use super::asking::{Ear, Latest, Order, Question};
use super::errand::locate;
use super::transfer::{Fault, parse};
use super::{Follow, Followed, Outcome, Shared, Sorry};
use crate::proxy::{Key, Reply, Scheme, Wanted};
use crate::serve::wake::sleep_until;

/// How long after Max-Age the registration is renewed (RFC 7641 §3.3.1).
const GRACE: Duration = Duration::from_secs(5);

/// One observation on its way.
struct Observation<'s> {
    shared: &'s Shared,
    address: SocketAddr,
    key: &'s Key,
    states: &'s watch::Sender<Followed>,
    /// The number of the registration.
    number: &'s Cell<Option<u64>>,
}

/// What the wait for a notification ended with.
enum Heard {
    State(Vec<u8>),
    /// Silence for longer than what came last is fresh.
    Silence,
}

/// Lets somebody hear of a resource, and observes it if nobody does already.
pub(super) fn begin(shared: &Rc<Shared>, follow: Follow) {
    let Follow { wanted, sender } = follow;
    // Who does not wait any more is not told.
    let _ = sender.send(subscribe(shared, wanted));
}

fn subscribe(shared: &Rc<Shared>, wanted: Wanted) -> Result<watch::Receiver<Followed>, Sorry> {
    let unobservable = || Sorry::Fault(ResponseType::NotImplemented, "this cannot be observed");
    let key = Key::of(&wanted).filter(|_| wanted.target.scheme == Scheme::Coap).ok_or_else(unobservable)?;
    let mut followed = shared.followed.borrow_mut();
    if let Some(states) = followed.get(&key) {
        return Ok(states.subscribe());
    }
    if followed.len() >= shared.settings.observations {
        return Err(Sorry::of(Fault::Busy));
    }
    let (states, receiver) = watch::channel(Followed::default());
    followed.insert(key.clone(), states.clone());
    tokio::task::spawn_local(observe(Rc::clone(shared), key, wanted, states));
    Ok(receiver)
}

/// Observes until nobody wants to hear any more, or nobody speaks.
async fn observe(shared: Rc<Shared>, key: Key, wanted: Wanted, states: watch::Sender<Followed>) {
    let number = Cell::new(None);
    let outcome = {
        let mut run = std::pin::pin!(run(&shared, &key, &wanted, &states, &number));
        loop {
            tokio::select! {
                outcome = run.as_mut() => break Some(outcome),
                // Somebody may have come in the same moment.
                () = states.closed() => if states.receiver_count() == 0 { break None },
            }
        }
    };
    shared.followed.borrow_mut().remove(&key);
    match (outcome, number.get()) {
        (Some(outcome), _) => states.send_modify(|followed| followed.end = Some(outcome)),
        // The target need not hear that nobody listens: its next notification would be rejected.
        (None, Some(number)) => drop(shared.line.order(Order::End(number, question(&wanted, &[1])))),
        (None, None) => {}
    }
}

/// Registers, hears, and registers again; why that ends.
async fn run(
    shared: &Shared,
    key: &Key,
    wanted: &Wanted,
    states: &watch::Sender<Followed>,
    number: &Cell<Option<u64>>,
) -> Outcome {
    let address = locate(shared, &wanted.target).await?;
    let observation = Observation { shared, address, key, states, number };
    let mut echoed = Echoed::default();
    loop {
        let mut registration = question(wanted, &[]);
        let echo = echoed.option().map(|option| (option.number, option.value.to_vec()));
        registration.options.extend(echo);
        match observation.register(&registration, &mut echoed).await {
            Ok(Some(end)) => return Ok(end),
            Ok(None) => {}
            Err(sorry) => return Err(sorry),
        }
    }
}

impl Observation<'_> {
    /// Hears of one registration; the answer that ends the observation, or nothing if it has to be registered again.
    async fn register(&self, registration: &Question, echoed: &mut Echoed) -> Result<Option<Reply>, Sorry> {
        let line = &self.shared.line;
        let (ear, mut heard) = watch::channel(None);
        if let Some(before) = self.number.replace(Some(line.number())) {
            line.order(Order::Forget(before)).map_err(Sorry::of)?;
        }
        let number = self.number.get().unwrap_or_default();
        let order = Order::Ask(number, self.address, registration.clone(), Ear::Each(ear));
        line.order(order).map_err(Sorry::of)?;
        let (mut freshness, mut renew_at) = (Freshness::default(), None);
        loop {
            let answer = match next(&mut heard, renew_at).await.map_err(Sorry::of)? {
                Heard::State(answer) => answer,
                Heard::Silence => return Ok(None),
            };
            let message = parse(&answer).map_err(Sorry::of)?;
            if echoed.take(&message) {
                return Ok(None);
            }
            let sequence = observe_value(&message);
            if sequence.is_some_and(|sequence| !freshness.accept(self.shared.now(), sequence)) {
                continue;
            }
            let whole = line.download(self.address, registration, answer).await.map_err(Sorry::of)?;
            // A state that changes under its blocks is followed by a notification of its own.
            let Some(reply) = whole else { continue };
            if reply.code.class() != 2 {
                return Ok(Some(reply));
            }
            renew_at = Some(Instant::now() + Duration::from_secs(u64::from(reply.max_age())) + GRACE);
            self.tell(reply);
            if sequence.is_none() {
                return Err(Sorry::Fault(ResponseType::NotImplemented, "the target cannot be observed"));
            }
        }
    }

    fn tell(&self, reply: Reply) {
        self.shared.cache.borrow_mut().store(self.shared.now(), self.key.clone(), &reply);
        self.states.send_modify(|followed| followed.state = Some(Arc::new(reply)));
    }
}

/// Waits for what comes next.
async fn next(heard: &mut watch::Receiver<Latest>, renew_at: Option<Instant>) -> Result<Heard, Fault> {
    tokio::select! {
        changed = heard.changed() => changed.map_err(|_| Fault::Busy)?,
        () = sleep_until(renew_at.map(Instant::into_std)) => return Ok(Heard::Silence),
    }
    match heard.borrow_and_update().clone() {
        Some(Ok(answer)) => Ok(Heard::State(answer)),
        Some(Err(failure)) => Err(Fault::of(failure)),
        None => Err(Fault::Busy),
    }
}

fn observe_value(message: &Message<'_>) -> Option<u32> {
    message.values(number::OBSERVE).next().and_then(uint)
}

/// The request that registers, or with 1 the one that ends it.
fn question(wanted: &Wanted, observe: &[u8]) -> Question {
    let mut options = wanted.all_options();
    options.retain(|(option, _)| *option != number::ETAG);
    options.push((number::OBSERVE, observe.to_vec()));
    Question { method: wanted.method, options, payload: wanted.body.clone() }
}

//! One request for somebody: from the cache if it is there, else from its target.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use twite::base::Instant;
use twite::wire::{Code, ResponseType, number};

use super::names::{self, Nowhere};
use super::origin;
use super::transfer::Fault;
use super::{Answer, Back, Errand, Outcome, Shared, Sorry};
use crate::clock;
use crate::proxy::{Found, Key, Reply, Scheme, Target, Wanted};

/// How long all of it may take: what CoAP waits for one message (MAX_TRANSMIT_WAIT, RFC 7252 §4.8.2) and some more.
const PATIENCE: Duration = Duration::from_secs(120);

/// A client's part of what is under way, given back on drop.
struct Place {
    shared: Rc<Shared>,
    client: IpAddr,
}

/// Begins an errand, or says that there are too many.
pub(super) fn begin(shared: &Rc<Shared>, errand: Errand) {
    let Some(place) = Place::take(shared, errand.client) else {
        return errand.answer.give(Err(Sorry::of(Fault::Busy)));
    };
    let shared = Rc::clone(shared);
    tokio::task::spawn_local(async move {
        let Errand { wanted, continues, mut answer, .. } = errand;
        let outcome = tokio::select! {
            outcome = carry_out(&shared, wanted, continues) => outcome,
            () = tokio::time::sleep(PATIENCE) => Err(Sorry::of(Fault::Silence)),
            () = answer.gone() => return,
        };
        drop(place);
        answer.give(outcome);
    });
}

async fn carry_out(shared: &Shared, mut wanted: Wanted, continues: bool) -> Outcome {
    let key = Key::of(&wanted);
    let held: Vec<Vec<u8>> = wanted.etags().map(<[u8]>::to_vec).collect();
    let found = key
        .as_ref()
        .map_or(Found::Nothing, |key| shared.cache.borrow_mut().look(shared.now(), key, continues));
    match found {
        Found::Fresh(reply) => return Ok(validated(reply, &held)),
        Found::Stale(etag) if !held.contains(&etag) => wanted.options.push((number::ETAG, etag)),
        Found::Stale(_) | Found::Nothing => {}
    }
    let reply = ask(shared, &wanted).await?;
    let now = shared.now();
    let mut cache = shared.cache.borrow_mut();
    if reply.code.class() == 2 && !Code::from(wanted.method).is_safe() {
        cache.forget(&wanted.target.to_string());
    }
    let Some(key) = key else { return Ok(reply) };
    if reply.code == Code::from(ResponseType::Valid) {
        return match cache.refresh(now, &key, &reply) {
            Some(kept) => Ok(validated(kept, &held)),
            None => Ok(reply),
        };
    }
    cache.store(now, key, &reply);
    Ok(validated(reply, &held))
}

async fn ask(shared: &Shared, wanted: &Wanted) -> Outcome {
    let address = locate(shared, &wanted.target).await?;
    match wanted.target.scheme {
        Scheme::Coap => shared.line.transfer(address, wanted).await.map_err(Sorry::of),
        Scheme::Http => origin::ask(address, wanted, shared.settings.body_bytes).await.map_err(Sorry::of),
    }
}

/// Where a target is.
pub(super) async fn locate(shared: &Shared, target: &Target) -> Result<SocketAddr, Sorry> {
    names::find(&shared.targets, target).await.map_err(|nowhere| match nowhere {
        Nowhere::Unknown => Sorry::of(Fault::Nonsense("the name of the host leads nowhere")),
        Nowhere::Refused(refused) => Sorry::Refused(refused),
    })
}

/// 2.03 instead of a body that the client holds (RFC 7252 §5.9.1.3).
fn validated(reply: Reply, held: &[Vec<u8>]) -> Reply {
    let is_held = reply.option(number::ETAG).is_some_and(|etag| held.iter().any(|known| known == etag));
    if !is_held || reply.code != Code::from(ResponseType::Content) {
        return reply;
    }
    let mut options = reply.options;
    options.retain(|(option, _)| matches!(*option, number::ETAG | number::MAX_AGE));
    Reply { options, ..Reply::of(ResponseType::Valid) }
}

impl Place {
    fn take(shared: &Rc<Shared>, client: IpAddr) -> Option<Self> {
        let mut clients = shared.clients.borrow_mut();
        let own = clients.get(&client).copied().unwrap_or(0);
        let all = shared.under_way.get();
        if own >= shared.settings.requests_per_client || all >= shared.settings.requests {
            return None;
        }
        clients.insert(client, own + 1);
        shared.under_way.set(all + 1);
        Some(Self { shared: Rc::clone(shared), client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.under_way.set(self.shared.under_way.get() - 1);
        let mut clients = self.shared.clients.borrow_mut();
        let left = clients.get(&self.client).map_or(0, |own| own - 1);
        if left == 0 {
            clients.remove(&self.client);
        } else {
            clients.insert(self.client, left);
        }
    }
}

impl Shared {
    pub(super) fn now(&self) -> Instant {
        clock::since(self.start)
    }
}

impl Sorry {
    pub(super) const fn of(fault: Fault) -> Self {
        let (code, title) = fault.told();
        Self::Fault(code, title)
    }

    /// Too much is under way.
    pub(in crate::serve) const fn busy() -> Self {
        Self::of(Fault::Busy)
    }
}

impl Answer {
    /// Gives the answer to who waits.
    pub(in crate::serve) fn give(self, outcome: Outcome) {
        match self {
            // Who does not wait any more is not told.
            Self::Task(sender) => drop(sender.send(outcome)),
            Self::Ticket { ticket, accept, answers } => {
                // There is room, unless the listener is gone.
                let _ = answers.try_send(Back { ticket, accept, outcome });
            }
        }
    }

    /// Waits until nobody waits any more.
    async fn gone(&mut self) {
        match self {
            Self::Task(sender) => sender.closed().await,
            Self::Ticket { answers, .. } => answers.closed().await,
        }
    }
}

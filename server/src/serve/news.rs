//! What a listener tells without being asked: changes to observers, answers whose time has come.

use std::sync::Arc;

use twite::base::{Duration, Instant};
use twite::endpoint::Ticket;
use twite::exchange::Response;
use twite::wire::ResponseType;

use super::changes::Missed;
use super::listener::Listener;
use super::plugtest::Later;
use super::statistics::{self, Asking};
use super::wake::earlier;
use crate::policy::{Policy, Withdrawal};
use crate::store::Store;

/// How many may wait at once for what the engines say.
const ASKING: usize = 16;
/// How often it is looked whether they have.
const LOOK: Duration = Duration::from_millis(1);

impl<S: Store> Listener<'_, S> {
    pub(super) fn put_off(&mut self, now: Instant, later: Later) {
        if let Err(Later { ticket, .. }) = self.later.push(later) {
            let busy = Response { max_age: Some(1), ..Response::new(ResponseType::ServiceUnavailable) };
            // The ticket is fresh, so it cannot be gone.
            let _ = self.endpoint.respond(now, ticket, &busy);
        }
    }

    /// Gives the answers whose time has come.
    pub(super) fn answer_late(&mut self, now: Instant) {
        while let Some(Later { ticket, text, .. }) = self.later.pop(now) {
            // Nobody else answers these tickets.
            let _ = self.endpoint.respond(now, ticket, &Response::content(Some(0), text));
            self.drain_at(now);
        }
        self.answer_counts(now);
    }

    /// Keeps somebody who waits for what the engines say.
    pub(super) fn keep(&mut self, now: Instant, asking: Asking<Ticket>) {
        if self.asking.len() < ASKING {
            return self.asking.push(asking);
        }
        let busy = Response { max_age: Some(1), ..Response::new(ResponseType::ServiceUnavailable) };
        // The ticket is fresh, so it cannot be gone.
        let _ = self.endpoint.respond(now, asking.ticket, &busy);
    }

    /// Answers who waits, as soon as all engines have said how they are doing.
    fn answer_counts(&mut self, now: Instant) {
        while let Some(asking) = self.asking.first().copied() {
            let answers = self.shared.site.borrow().answers(asking.question, asking.until <= now);
            let Some(reports) = answers else { return };
            self.asking.remove(0);
            let body = statistics::render(&reports, asking.format);
            let response = Response { max_age: Some(0), ..Response::content(Some(asking.format), &body) };
            // Nobody else answers these tickets.
            let _ = self.endpoint.respond(now, asking.ticket, &response);
            self.drain_at(now);
        }
    }

    /// When there is something to do that the endpoint does not know of.
    pub(super) fn due(&self) -> Option<Instant> {
        let again = (!self.asking.is_empty()).then(|| self.now() + LOOK);
        earlier(again, earlier(self.later.due(), self.shared.site.borrow().due()))
    }

    /// Lets the endpoint know what changed since the last time.
    pub(super) fn catch_up(&mut self, now: Instant) {
        let mut site = self.shared.site.borrow_mut();
        if site.pass(now) {
            self.shared.changed.notify_waiters();
        }
        if site.forgotten() != self.forgotten {
            self.forgotten = site.forgotten();
            self.endpoint.forget_observers();
        }
        if let Some(policy) = site.policy()
            && !self.policy.as_ref().is_some_and(|before| Arc::ptr_eq(before, policy))
        {
            self.obey(policy);
        }
        let seen = std::mem::replace(&mut self.seen, site.changes().end());
        if seen == self.seen || self.endpoint.observations() == 0 {
            return;
        }
        match site.changes().since(seen) {
            Missed::Some(resources) => {
                resources.into_iter().for_each(|resource| self.endpoint.changed(resource));
            }
            Missed::Everything => {
                self.observed.keys().for_each(|resource| self.endpoint.changed(*resource));
            }
        }
    }

    /// Lets whoever may not GET any more what is observed hear that; each observer is looked at when it is told.
    fn obey(&mut self, policy: &Arc<Policy>) {
        let Some(before) = self.policy.replace(Arc::clone(policy)) else { return };
        let withdrawal = Withdrawal::between(&before, policy);
        for (resource, _) in self.observed.iter().filter(|(_, subject)| withdrawal.has(subject.path())) {
            self.endpoint.changed(*resource);
        }
    }

    /// Tells every observer that nothing follows any more (RFC 7641 §4.2); who does not hear it will ask again.
    pub(super) fn dismiss(&mut self) {
        self.stops = true;
        self.observed.keys().for_each(|resource| self.endpoint.changed(*resource));
    }
}

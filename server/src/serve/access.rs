//! Whether a request is permitted: asked before anybody looks whether there is what it is about.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::{Notify, watch};
use twite::endpoint::{ContextId, Incoming, Notification};
use twite::exchange::{Answerable, Problem, Request, Response};
use twite::wire::RequestType;

use super::site::Site;
use crate::model::Models;
use crate::policy::{Caller, Denial, Policy, Proof, segments};

/// What a thread hears of the policies that come into force.
#[derive(Debug)]
pub(super) struct Policies(RefCell<watch::Receiver<Arc<Policy>>>);

impl Policies {
    /// Lets the first one be in force for the site.
    pub(super) fn start(mut receiver: watch::Receiver<Arc<Policy>>, site: &RefCell<Site>) -> Self {
        site.borrow_mut().obey(Arc::clone(&receiver.borrow_and_update()));
        Self(RefCell::new(receiver))
    }

    /// Lets the newest policy be in force for this thread; whether it was not. Costs one look at a counter if there is none.
    pub(super) fn catch_up(&self, site: &RefCell<Site>) -> bool {
        let mut receiver = self.0.borrow_mut();
        // An error means that the server stops.
        let is_news = receiver.has_changed().unwrap_or(false);
        if is_news {
            site.borrow_mut().obey(Arc::clone(&receiver.borrow_and_update()));
        }
        is_news
    }
}

/// Lets every policy that comes be in force, also where no request comes, for as long as the server runs.
pub(super) async fn run(policies: Rc<Policies>, site: Rc<RefCell<Site>>, changed: Rc<Notify>) {
    let mut signal = policies.0.borrow().clone();
    while signal.changed().await.is_ok() {
        if policies.catch_up(&site) {
            changed.notify_waiters();
        }
    }
}

/// The resources as somebody sees them.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'p> {
    /// Everything is seen without one.
    pub(super) policy: Option<&'p Policy>,
    pub(super) caller: Caller,
    pub(super) models: Models,
}

impl View<'_> {
    /// Whether what is at the path may be known of: whether it may be read by GET, and is not hidden.
    pub(super) fn shows(self, path: &str) -> bool {
        self.models.shows(path) && self.policy.is_none_or(|policy| policy.shows(self.caller, path))
    }
}

/// Who asks over CoAP.
pub(super) fn caller(policy: Option<&Policy>, contexts: &Names, incoming: &Incoming<'_, '_>) -> Caller {
    policy.map_or(Caller::ANONYMOUS, |policy| policy.caller(contexts.proof(incoming.context())))
}

/// A request that is permitted to who asks. Nothing else makes one than [`admit`], and the site decides about nothing else, so
/// that no way leads past the policy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admitted<'r, 'm> {
    caller: Caller,
    request: &'r Request<'m>,
}

impl<'r, 'm> Admitted<'r, 'm> {
    /// Who asks.
    pub(super) const fn caller(self) -> Caller {
        self.caller
    }

    /// For what.
    pub(super) const fn request(self) -> &'r Request<'m> {
        self.request
    }
}

/// Whether the request is permitted, over whichever protocol it came.
///
/// # Errors
/// What to answer instead.
pub(super) fn admit<'r, 'm>(
    policy: Option<&Policy>,
    caller: Caller,
    request: &'r Request<'m>,
) -> Result<Admitted<'r, 'm>, Denial> {
    let admitted = Admitted { caller, request };
    policy
        .map_or(Ok(()), |policy| policy.decide(caller, &request.path(), request.method()))
        .map(|()| admitted)
}

/// Answers that the request is not permitted.
pub(super) fn deny(incoming: impl Answerable, denial: Denial) {
    incoming.fail(&Response::new(denial.code()), &Problem::titled(denial.title()));
}

/// Gives the notification back if its observer may still GET what is at the path; else ends the observation.
pub(super) fn still<'e, 's>(
    policy: &Policy,
    contexts: &Names,
    path: &str,
    notification: Notification<'e, 's>,
) -> Option<Notification<'e, 's>> {
    let caller = policy.caller(contexts.proof(notification.context()));
    match policy.decide(caller, &segments(path), RequestType::Get) {
        Ok(()) => Some(notification),
        Err(denial) => {
            notification.fail(&Response::new(denial.code()), &Problem::titled(denial.title()));
            None
        }
    }
}

/// The names of the security contexts, each at its number.
#[derive(Debug, Default)]
pub(super) struct Names(pub(super) Vec<String>);

impl Names {
    /// What is proved by a message under this context; nothing by one under none.
    fn proof(&self, context: Option<ContextId>) -> Proof<'_> {
        // No context of a policy has the empty name.
        context.map_or(Proof::Nothing, |id| Proof::Oscore(self.0.get(id.number()).map_or("", String::as_str)))
    }
}

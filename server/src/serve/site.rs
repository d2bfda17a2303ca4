//! What a request means to the resource tree: REST, decided without waiting for anything.

use std::hash::BuildHasher;
use std::sync::Arc;

use twite::base::{Duration, Instant};
use twite::endpoint::{Incoming, Notification};
use twite::exchange::{Echo, Precondition, Problem, Request, Response};
use twite::wire::{ObserveOption, RequestType, ResponseType};

use super::access::{self, View};
use super::asked::Asked;
use super::body;
use super::changes::Changes;
use super::conditions::expectation;
use super::face::Face;
use super::fetch::Fetches;
use super::fixture::Fixture;
use super::listing::list;
use super::patch::Patch;
use super::plugtest::{Outcome, Plugtest, find};
use super::refusal::{Refusal, fail, join, refuse_path};
use super::retries::Attempt;
use super::served::{Common, Served, Subject, Submission};
use super::shown::Shown;
use super::tree::Tree;
use super::turns::Turns;
use super::uploads::{Taken, UploadLimits, Uploads};
use crate::config::Limits;
use crate::policy::{Caller, Policy};
use crate::store::{Change, Entry, Expect, Key, Operation, Write};

/// One thread's view of all resources.
#[derive(Debug)]
pub(super) struct Site {
    /// The replica of the store.
    pub tree: Tree,
    /// Whose patch is next.
    pub turns: Turns,
    fixture: Option<Fixture>,
    plugtest: Option<Plugtest>,
    limits: Limits,
    uploads: Uploads,
    changes: Changes,
    fetches: Fetches,
    /// What is permitted; everything if there is no policy.
    policy: Option<Arc<Policy>>,
    /// Knows fresh changes, if only those are wanted.
    echo: Option<Echo>,
    numbers: foldhash::fast::RandomState,
    /// The path of the request at hand; kept for its memory.
    path: String,
}

/// A write, and the patch whose result it is or will be.
type Planned = (Option<Write>, Option<Box<Patch>>);

/// Bodies under way at once.
const UPLOADS: usize = 64;
/// Bytes of all of them.
const UPLOAD_BYTES: usize = 64 << 20;
/// How long a body may wait for its next block before another takes its place.
const UPLOAD_PATIENCE: Duration = Duration::from_secs(93);

impl Site {
    /// The site of one of `workers` threads with nothing in it, with the fixture of test tools if they are to be served.
    pub(super) fn new(limits: Limits, plugtest: bool, workers: usize, common: &Common) -> Self {
        let upload_limits = UploadLimits {
            bodies: UPLOADS.div_ceil(workers),
            total_bytes: (UPLOAD_BYTES / workers).max(limits.body_bytes),
            body_bytes: limits.body_bytes,
            patience: UPLOAD_PATIENCE,
        };
        let seed = common.tags.hash_one("seed");
        Self {
            tree: Tree::default(),
            turns: Turns::default(),
            fixture: plugtest.then(Fixture::default),
            plugtest: plugtest.then(|| Plugtest::new(seed)),
            limits,
            uploads: Uploads::new(upload_limits, seed),
            changes: Changes::default(),
            fetches: Fetches::new(common.tags.clone()),
            policy: None,
            echo: common.echo.clone(),
            numbers: common.numbers.clone(),
            path: String::new(),
        }
    }

    /// Takes over a change of the store.
    pub(super) fn apply(&mut self, change: &Change) {
        if let (true, Some(key)) = (self.tree.apply(change), change.key()) {
            self.changes.note(self.numbers.hash_one(key.as_str()));
        }
    }

    /// Takes over all that the store holds.
    pub(super) fn replace(&mut self, entries: Vec<Entry>) {
        self.tree.replace(entries);
        self.changes.note_everything();
    }

    /// Lets a policy be in force.
    pub(super) fn obey(&mut self, policy: Arc<Policy>) {
        self.policy = Some(policy);
        self.fetches.forget();
    }

    /// The policy in force.
    pub(super) const fn policy(&self) -> Option<&Arc<Policy>> {
        self.policy.as_ref()
    }

    /// When something changes by itself.
    pub(super) fn due(&self) -> Option<Instant> {
        self.plugtest.as_ref().map(Plugtest::due)
    }

    /// Changes what is due by itself; whether that was anything.
    pub(super) fn pass(&mut self, now: Instant) -> bool {
        self.plugtest.as_mut().is_some_and(|plugtest| plugtest.pass(now, &mut self.changes))
    }

    /// Differs from an earlier value when observers have something to hear, or are to be forgotten.
    pub(super) fn moment(&self) -> (u64, u64) {
        (self.changes.end(), self.forgotten())
    }

    /// How often all observers were to be forgotten.
    pub(super) fn forgotten(&self) -> u64 {
        self.plugtest.as_ref().map_or(0, Plugtest::forgotten)
    }

    /// What changed, by the numbers under which resources are observed.
    pub(super) const fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Answers the request, or defers it with what has to be written first.
    pub(super) fn serve(&mut self, now: Instant, incoming: Incoming<'_, '_>) -> Served {
        let caller = access::caller(self.policy.as_deref(), &incoming);
        if let Err(denial) = access::admit(self.policy.as_deref(), caller, incoming.request()) {
            access::deny(incoming, denial);
            return Served::Answered;
        }
        if let Some(echo) = &self.echo
            && !incoming.request().code().is_safe()
            && !incoming.is_fresh(echo)
        {
            incoming.challenge(echo);
            return Served::Answered;
        }
        let incoming = match &mut self.fixture {
            Some(fixture) => match fixture.serve(now, incoming) {
                Some(incoming) => incoming,
                None => return Served::Answered,
            },
            None => incoming,
        };
        let request = *incoming.request();
        if let Some(plugtest) = &mut self.plugtest
            && let Some((place, methods)) = find(&request)
        {
            return match plugtest.serve(now, methods, place, incoming, &mut self.changes) {
                Outcome::Answered => Served::Answered,
                Outcome::Observed(number, path) => Served::Observed(number, Subject::Plugtest(path)),
                Outcome::Later(later) => Served::Later(later),
            };
        }
        self.decide(now, caller, &request, incoming)
    }

    /// Answers a request to the tree of somebody who is admitted, over whichever protocol it came, or defers it with what
    /// has to be written first.
    pub(super) fn decide<A: Asked>(
        &mut self,
        now: Instant,
        caller: Caller,
        request: &Request<'_>,
        incoming: A,
    ) -> Served<A::Ticket> {
        if let Err(expected) = join(request.path(), &self.limits, &mut self.path) {
            refuse_path(request, incoming, expected);
            return Served::Answered;
        }
        let view = View { policy: self.policy.as_deref(), caller };
        match request.method() {
            _ if self.path == ".well-known/core" => {
                list(view, &self.tree, self.plugtest.as_ref(), request, incoming);
                Served::Answered
            }
            RequestType::Get => self.read(request, incoming),
            RequestType::Fetch => {
                let tree = (&self.tree, self.changes.end());
                self.fetches.serve(tree, view, &self.path, request, incoming);
                Served::Answered
            }
            RequestType::Put
            | RequestType::Post
            | RequestType::Delete
            | RequestType::Patch
            | RequestType::IPatch => self.write(now, request, incoming),
            RequestType::UnKnown => {
                fail(incoming, ResponseType::MethodNotAllowed, "method not allowed");
                Served::Answered
            }
        }
    }

    fn read<A: Asked>(&self, request: &Request<'_>, incoming: A) -> Served<A::Ticket> {
        let Some(entry) = self.tree.get(&self.path) else {
            fail(incoming, ResponseType::NotFound, "no such resource");
            return Served::Answered;
        };
        let shown = match Shown::of(entry, request.accept()) {
            Ok(shown) => shown,
            Err(why) => {
                let detail = format_args!("{why}");
                let problem = Problem { detail: Some(&detail), ..Problem::titled("not available as that") };
                incoming.fail(&Response::new(ResponseType::NotAcceptable), &problem);
                return Served::Answered;
            }
        };
        let (incoming, served) = match request.observe() {
            Some(ObserveOption::Register) => {
                let resource = self.numbers.hash_one(self.path.as_str());
                (
                    incoming.observable(resource),
                    Served::Observed(resource, Subject::Stored(entry.key.clone())),
                )
            }
            _ => (incoming, Served::Answered),
        };
        let etag = Some(shown.etag);
        match request.precondition(etag.as_ref()) {
            Precondition::Holds => {
                incoming.respond(&Response { etag, ..Response::content(shown.format, &shown.body) });
            }
            Precondition::Valid => incoming.respond(&Response { etag, ..Response::new(ResponseType::Valid) }),
            Precondition::Failed => fail(incoming, ResponseType::PreconditionFailed, "precondition failed"),
        }
        served
    }

    /// Tells an observer the present state of what it observes.
    pub(super) fn notify(&self, subject: Option<&Subject>, notification: Notification<'_, '_>) {
        let notification = match (&self.policy, subject) {
            (Some(policy), Some(subject)) => match access::still(policy, subject.path(), notification) {
                Some(notification) => notification,
                None => return,
            },
            _ => notification,
        };
        let entry = match (subject, &self.plugtest) {
            (Some(Subject::Stored(key)), _) => self.tree.get(key.as_str()),
            (Some(Subject::Plugtest(_)), Some(plugtest)) => {
                return plugtest.notify(notification.resource(), notification);
            }
            _ => None,
        };
        let Some(entry) = entry else {
            let gone = Response::new(ResponseType::NotFound);
            return notification.fail(&gone, &Problem::titled("no such resource"));
        };
        match Shown::of(entry, notification.accept()) {
            Ok(shown) => {
                let etag = Some(shown.etag);
                notification.respond(&Response { etag, ..Response::content(shown.format, &shown.body) });
            }
            Err(why) => {
                let detail = format_args!("{why}");
                let problem = Problem { detail: Some(&detail), ..Problem::titled("not available as that") };
                notification.fail(&Response::new(ResponseType::NotAcceptable), &problem);
            }
        }
    }

    fn write<A: Asked>(&mut self, now: Instant, request: &Request<'_>, incoming: A) -> Served<A::Ticket> {
        let planned = match self.target(request) {
            Ok(target) if request.method() == RequestType::Delete => self.plan(request, target, &[]),
            Ok(target) => match incoming.take_block(now, &mut self.uploads, request) {
                None => self.plan(request, target, request.payload()),
                Some(Taken::Complete(body)) => self.plan(request, target, &body),
                Some(Taken::Continue) => {
                    incoming.respond(&Response::new(ResponseType::Continue));
                    return Served::Answered;
                }
                Some(Taken::Misfit(misfit)) => {
                    incoming.misfit(misfit, self.limits.body_bytes);
                    return Served::Answered;
                }
                Some(Taken::Full) => Err(Refusal::new(
                    ResponseType::ServiceUnavailable,
                    "too many bodies under way",
                    "try again when others have ended",
                )),
            },
            Err(refusal) => Err(refusal),
        };
        match planned {
            Ok((write, patch)) => {
                let accept = request.accept();
                match incoming.defer() {
                    Some(ticket) => {
                        let attempt = patch
                            .map(|patch| Attempt { turn: self.turns.enter(patch.key()), patch: Some(patch) });
                        Served::Deferred(Submission { ticket, accept, write, attempt })
                    }
                    // There were too many; the request is answered.
                    None => Served::Answered,
                }
            }
            Err(refusal) => {
                refusal.answer(incoming, self.limits.body_bytes);
                Served::Answered
            }
        }
    }

    /// The write that applies the patch to the resource as it is now.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn apply_patch(&self, patch: &mut Patch) -> Result<Write, Refusal> {
        patch.apply(self.tree.get(patch.path()), self.limits.body_bytes)
    }

    /// Whether the patch was not applied yet, or the resource is another one by now as far as this thread knows.
    pub(super) fn has_news(&self, patch: &Patch) -> bool {
        let current = self.tree.get(patch.path()).map(|entry| entry.revision);
        patch.applied_to().is_none_or(|revision| current != Some(revision))
    }

    /// What is to be written to and under which condition, or why not: all that can be said before the body.
    fn target(&self, request: &Request<'_>) -> Result<(Key, Expect), Refusal> {
        let path = self.path.as_str();
        if path.starts_with(".well-known/") || path.is_empty() {
            return Err(Refusal::new(
                ResponseType::MethodNotAllowed,
                "method not allowed",
                "the path is reserved",
            ));
        }
        if request.method() == RequestType::Post && Face::of(path).is_some() {
            let detail = "this resource has no children; PUT replaces it";
            return Err(Refusal::new(ResponseType::MethodNotAllowed, "method not allowed", detail));
        }
        if request.payload().len() > self.limits.body_bytes {
            let detail = format!("at most {} bytes are taken", self.limits.body_bytes);
            return Err(Refusal::new(ResponseType::RequestEntityTooLarge, "body too large", &detail));
        }
        let key = Key::new(path)
            .map_err(|error| Refusal::new(ResponseType::BadRequest, "bad path", &error.to_string()))?;
        Ok((key, expectation(request, self.tree.get(path))?))
    }

    /// What the store has to do, or why the body is refused.
    fn plan(&self, request: &Request<'_>, target: (Key, Expect), body: &[u8]) -> Result<Planned, Refusal> {
        let (key, expect) = target;
        match request.method() {
            RequestType::Delete => {
                return Ok((Some(Write { key, expect, operation: Operation::Delete }), None));
            }
            RequestType::Patch | RequestType::IPatch => {
                let mut patch = Box::new(Patch::new(key, expect, request.content_format(), body)?);
                let first = self.turns.is_free(patch.path());
                let write = if first { Some(self.apply_patch(&mut patch)?) } else { None };
                return Ok((write, Some(patch)));
            }
            _ => {}
        }
        let path = self.path.as_str();
        let creates = request.method() == RequestType::Post;
        // A child's name is not known yet; any will do to find its type.
        let face = if creates { Face::of(&format!("{path}/x")) } else { Face::of(path) };
        body::check(face, request.content_format(), body)?;
        let (content_format, body) = (request.content_format(), Arc::from(body));
        let operation = if creates {
            Operation::Create { content_format, body }
        } else {
            Operation::Put { content_format, body }
        };
        Ok((Some(Write { key, expect, operation }), None))
    }
}

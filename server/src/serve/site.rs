//! What a request means to the resource tree: REST, decided without waiting for anything.

mod directing;
mod writing;

use std::hash::BuildHasher;
use std::sync::Arc;

use twite::base::{Duration, Instant};
use twite::endpoint::{Incoming, Notification};
use twite::exchange::{Echo, Problem, Request, Response};
use twite::wire::{ObserveOption, RequestType, ResponseType};

use super::access::{self, Admitted, Names, View};
use super::asked::Asked;
use super::changes::Changes;
use super::declared::{admit_undeclared, methods};
use super::directory::{Directory, Place};
use super::engines::{Engines, Report};
use super::fetch::Fetches;
use super::fixture::Fixture;
use super::listing::{Further, list};
use super::plugtest::{Outcome, Plugtest, find};
use super::refusal::{Refusal, fail, join, refuse_path};
use super::registrants::Errand;
use super::served::{Common, Served, Subject};
use super::shown::Shown;
use super::statistics::{self, Asking};
use super::tree::Tree;
use super::turns::Turns;
use super::uploads::{UploadLimits, Uploads};
use crate::config::Limits;
use crate::formats::CBOR;
use crate::model::Models;
use crate::policy::{Methods, Policy};
use crate::store::{AnyStore, Change, Entry, Revision};

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
    directory: Option<Directory>,
    engines: Engines,
    /// What is permitted; everything if there is no policy.
    policy: Option<Arc<Policy>>,
    /// What the policy calls who proves something.
    contexts: Names,
    /// Whether resources of others are had through this site's protocol (RFC 8075 §5.5).
    hosts_others: bool,
    /// Knows fresh changes, if only those are wanted.
    echo: Option<Echo>,
    /// Which resources there are.
    pub models: Models,
    store: Arc<AnyStore>,
    /// All changes of the store up to here are in the tree.
    reached: Revision,
    /// The path of the request at hand; kept for its memory.
    path: String,
}

/// How long engines may take to say how they are doing.
const ENGINES_PATIENCE: Duration = Duration::from_millis(500);
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
            tree: Tree::new(common.numbers.clone()),
            turns: Turns::default(),
            fixture: plugtest.then(Fixture::default),
            plugtest: plugtest.then(|| Plugtest::new(seed)),
            limits,
            uploads: Uploads::new(upload_limits, seed),
            changes: Changes::default(),
            fetches: Fetches::new(common.tags.clone()),
            directory: common.directory.clone(),
            engines: common.engines.clone(),
            policy: None,
            contexts: Names::default(),
            hosts_others: false,
            echo: common.echo.clone(),
            models: common.models,
            store: Arc::clone(&common.store),
            reached: Revision::ZERO,
            path: String::new(),
        }
    }

    /// Takes over a change of the store.
    pub(super) fn apply(&mut self, change: &Change) {
        if let Some(number) = self.tree.apply(change) {
            self.changes.note(number);
        }
    }

    /// All changes of the store up to here are in the tree.
    pub(super) const fn reached(&self) -> Revision {
        self.reached
    }

    /// Now all changes up to here are.
    pub(super) const fn reach(&mut self, reached: Revision) {
        self.reached = reached;
    }

    /// Takes over a change that this thread made itself.
    pub(super) fn wrote(&mut self, change: &Change) {
        if self.reached.next() == Some(change.revision()) {
            self.reached = change.revision();
        }
        self.apply(change);
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

    /// Learns the names of the security contexts, and leaves some room to whoever asks under one.
    pub(super) fn know(&mut self, contexts: Names) {
        self.contexts = contexts;
        self.uploads.keep_share();
    }

    /// Lets discovery say that resources of others are had below `/hc/`.
    pub(super) const fn host_others(&mut self) {
        self.hosts_others = true;
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

    /// The number under which a resource is observed.
    pub(super) fn number(&self, path: &str) -> u64 {
        self.tree.number(path)
    }

    /// What of the directory is at a path.
    fn place(&self, path: &str) -> Option<Place> {
        self.directory.as_ref().and_then(|_| Place::at(path))
    }

    /// Whether links are listed at a path.
    pub(super) fn lists_links(&self, path: &str) -> bool {
        path == ".well-known/core" || self.place(path).is_some_and(Place::lists_links)
    }

    /// Has the links of a registrant fetched.
    pub(super) fn send(&self, errand: Errand) {
        if let Some(directory) = &self.directory {
            directory.registrants.send(errand);
        }
    }

    /// What may be done at a path, whether there is something or not; the policy may forbid some of it.
    pub(super) fn methods(&self, path: &str) -> Methods {
        self.place(path).map_or_else(|| methods(self.models, path), Place::methods)
    }

    /// Answers the request, or defers it with what has to be written first.
    pub(super) fn serve(&mut self, now: Instant, incoming: Incoming<'_, '_>) -> Served {
        let caller = access::caller(self.policy.as_deref(), &self.contexts, &incoming);
        let request = *incoming.request();
        let admitted = match access::admit(self.policy.as_deref(), caller, &request) {
            Ok(admitted) => admitted,
            Err(denial) => {
                access::deny(incoming, denial);
                return Served::Answered;
            }
        };
        if let Some(echo) = &self.echo
            && !request.code().is_safe()
            && !incoming.is_fresh(echo)
        {
            incoming.challenge(echo);
            return Served::Answered;
        }
        // Each way hands the request on where it is, since to move it costs as much as to look it up.
        let Some(fixture) = &mut self.fixture else { return self.serve_all(now, admitted, incoming) };
        match fixture.serve(now, incoming) {
            Some(incoming) => self.serve_all(now, admitted, incoming),
            None => Served::Answered,
        }
    }

    /// Gives a request for somebody else's resource back if it is permitted; else answers it. To a policy the resource is
    /// at the path of these segments.
    pub(super) fn admit_to<'e, 's>(
        &self,
        segments: &[Vec<u8>],
        incoming: Incoming<'e, 's>,
    ) -> Option<Incoming<'e, 's>> {
        let policy = self.policy.as_deref();
        let caller = access::caller(policy, &self.contexts, &incoming);
        let method = incoming.request().method();
        let path = segments.iter().map(Vec::as_slice);
        if let Some(Err(denial)) = policy.map(|policy| policy.decide(caller, &path, method)) {
            access::deny(incoming, denial);
            return None;
        }
        match &self.echo {
            Some(echo) if !incoming.request().code().is_safe() && !incoming.is_fresh(echo) => {
                incoming.challenge(echo);
                None
            }
            _ => Some(incoming),
        }
    }

    /// Serves the plugtests' resources and the tree.
    fn serve_all(&mut self, now: Instant, admitted: Admitted<'_, '_>, incoming: Incoming<'_, '_>) -> Served {
        if let Some(plugtest) = &mut self.plugtest
            && let Some((place, methods)) = find(admitted.request())
        {
            return match plugtest.serve(now, methods, place, incoming, &mut self.changes) {
                Outcome::Answered => Served::Answered,
                Outcome::Observed(number, path) => Served::Observed(number, Subject::Plugtest(path)),
                Outcome::Later(later) => Served::Later(later),
            };
        }
        self.decide(now, admitted, incoming)
    }

    /// Answers a request to the tree that is permitted, over whichever protocol it came, or defers it with what has to be
    /// written first.
    pub(super) fn decide<A: Asked>(
        &mut self,
        now: Instant,
        admitted: Admitted<'_, '_>,
        incoming: A,
    ) -> Served<A::Ticket> {
        let request = admitted.request();
        if let Err(expected) = join(request.path(), &self.limits, &mut self.path) {
            refuse_path(request, incoming, expected);
            return Served::Answered;
        }
        if let Some(place) = self.place(&self.path) {
            return self.direct(now, place, request, incoming);
        }
        let view = View { policy: self.policy.as_deref(), caller: admitted.caller(), models: self.models };
        if let Err(refusal) = admit_undeclared(self.models, request.method(), &self.path) {
            refusal.answer(incoming, self.limits.body_bytes);
            return Served::Answered;
        }
        match request.method() {
            _ if self.path == ".well-known/core" => {
                let further = Further {
                    plugtest: self.plugtest.as_ref(),
                    hosts_others: self.hosts_others,
                    has_directory: self.directory.is_some(),
                };
                list(view, &self.tree, further, request, incoming);
                Served::Answered
            }
            RequestType::Get => self.read(now, request, incoming),
            RequestType::Fetch => {
                let tree = (&self.tree, self.changes.end());
                self.fetches.serve(tree, view, &self.path, request, incoming);
                Served::Answered
            }
            RequestType::UnKnown => {
                fail(incoming, ResponseType::MethodNotAllowed, "method not allowed");
                Served::Answered
            }
            _ => self.write(now, request, incoming),
        }
    }

    fn read<A: Asked>(&self, now: Instant, request: &Request<'_>, incoming: A) -> Served<A::Ticket> {
        let Some(entry) = self.tree.get(&self.path) else {
            return self.count(now, request, incoming);
        };
        let shown = match Shown::of(self.models, entry, request.accept()) {
            Ok(shown) => shown,
            Err(why) => {
                let refusal = Refusal::new(ResponseType::NotAcceptable, "not available as that", &why);
                refusal.answer(incoming, self.limits.body_bytes);
                return Served::Answered;
            }
        };
        let can_observe = self.models.declared(&self.path).is_none_or(|model| model.observable);
        if request.observe() != Some(ObserveOption::Register) || !can_observe {
            shown.answer(request, incoming);
            return Served::Answered;
        }
        let resource = self.tree.number(&self.path);
        shown.answer(request, incoming.observable(resource));
        Served::Observed(resource, Subject::Stored(entry.key.clone()))
    }

    /// Has the engines asked what they counted, if that is wanted; else nothing is there.
    fn count<A: Asked>(&self, now: Instant, request: &Request<'_>, incoming: A) -> Served<A::Ticket> {
        let format = request.accept().unwrap_or(CBOR);
        if self.path != statistics::PATH {
            fail(incoming, ResponseType::NotFound, "no such resource");
        } else if !statistics::LINK.content_formats.contains(&format) {
            fail(incoming, ResponseType::NotAcceptable, "available in formats 60 and 50");
        } else if let Some(ticket) = incoming.defer() {
            let question = self.engines.question();
            return Served::Asking(Asking { ticket, format, question, until: now + ENGINES_PATIENCE });
        }
        Served::Answered
    }

    /// What the engines said to the question, or whatever is known of them.
    pub(super) fn answers(&self, question: u64, whatever: bool) -> Option<Vec<Report>> {
        self.engines.answers(question, whatever)
    }

    /// Tells an observer the present state of what it observes.
    pub(super) fn notify(&self, subject: Option<&Subject>, notification: Notification<'_, '_>) {
        let notification = match (&self.policy, subject) {
            (Some(policy), Some(subject)) => {
                match access::still(policy, &self.contexts, subject.path(), notification) {
                    Some(notification) => notification,
                    None => return,
                }
            }
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
            let gone = Problem::titled("no such resource");
            return notification.fail(&Response::new(ResponseType::NotFound), &gone);
        };
        match Shown::of(self.models, entry, notification.accept()) {
            Ok(shown) => notification.respond(&shown.content()),
            Err(why) => {
                let problem =
                    Problem { detail: Some(&why.as_str()), ..Problem::titled("not available as that") };
                notification.fail(&Response::new(ResponseType::NotAcceptable), &problem);
            }
        }
    }
}

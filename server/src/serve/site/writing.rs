//! Requests that change something: what the store is asked to do, and the answer if it decides at once, or why not.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;

use twite::base::Instant;
use twite::exchange::{Request, Response};
use twite::wire::{RequestType, ResponseType};

use super::Site;
use crate::serve::asked::Asked;
use crate::serve::body;
use crate::serve::conditions::expectation;
use crate::serve::declared::{admit_creation, child, is_reserved};
use crate::serve::outcome;
use crate::serve::patch::Patch;
use crate::serve::refusal::Refusal;
use crate::serve::retries::Attempt;
use crate::serve::served::{Served, Submission, Told};
use crate::serve::uploads::Taken;
use crate::store::{Expect, Key, Operation, Store as _, Write};

/// What is to be written to, and under which condition.
type Target = (Key, Expect);

impl Site {
    /// Has the store do what is asked, or refuses it.
    pub(super) fn write<A: Asked>(
        &mut self,
        now: Instant,
        request: &Request<'_>,
        incoming: A,
    ) -> Served<A::Ticket> {
        let (key, expect) = match self.target(request) {
            Ok(target) => target,
            Err(refusal) => return self.refuse(&refusal, incoming),
        };
        if request.method() == RequestType::Delete {
            let write = Write { key, expect, operation: Operation::Delete };
            return self.submit(write, Told::Nothing, request, incoming);
        }
        match self.take_body(now, request, incoming) {
            Some((body, incoming)) => self.write_body((key, expect), &body, request, incoming),
            None => Served::Answered,
        }
    }

    /// The whole body of a request whose body may come in blocks, and the request; `None` if it is answered.
    pub(super) fn take_body<'r, A: Asked>(
        &mut self,
        now: Instant,
        request: &Request<'r>,
        incoming: A,
    ) -> Option<(Cow<'r, [u8]>, A)> {
        match incoming.take_block(now, &mut self.uploads, request) {
            None => return Some((Cow::Borrowed(request.payload()), incoming)),
            Some(Taken::Complete(body)) => return Some((Cow::Owned(body), incoming)),
            Some(Taken::Continue) => incoming.respond(&Response::new(ResponseType::Continue)),
            Some(Taken::Misfit(misfit)) => incoming.misfit(misfit, self.limits.body_bytes),
            Some(Taken::Full) => {
                let (title, detail) = ("too many bodies under way", "try again when others have ended");
                let refusal = Refusal::new(ResponseType::ServiceUnavailable, title, detail);
                refusal.answer(incoming, self.limits.body_bytes);
            }
        }
        None
    }

    /// Goes on with the whole body.
    fn write_body<A: Asked>(
        &mut self,
        (key, expect): Target,
        body: &[u8],
        request: &Request<'_>,
        incoming: A,
    ) -> Served<A::Ticket> {
        if matches!(request.method(), RequestType::Patch | RequestType::IPatch) {
            return self.patch((key, expect), body, request, incoming);
        }
        match self.operation(request, body) {
            Ok(operation) => {
                let creates = matches!(operation, Operation::Create { .. });
                let told = if creates { Told::Child } else { Told::Nothing };
                self.submit(Write { key, expect, operation }, told, request, incoming)
            }
            Err(refusal) => self.refuse(&refusal, incoming),
        }
    }

    fn refuse<A: Asked>(&self, refusal: &Refusal, incoming: A) -> Served<A::Ticket> {
        refusal.answer(incoming, self.limits.body_bytes);
        Served::Answered
    }

    /// Answers a write that the store decides at once, else defers it.
    pub(super) fn submit<A: Asked>(
        &mut self,
        write: Write,
        told: Told,
        request: &Request<'_>,
        incoming: A,
    ) -> Served<A::Ticket> {
        if let Some(outcome) = self.store.write_now(&write) {
            if let Ok(committed) = &outcome {
                self.wrote(&committed.change);
            }
            outcome::answer(incoming, told, &outcome, self.limits.body_bytes);
            return Served::Answered;
        }
        Self::put_off(write, told, None, request, incoming)
    }

    /// Defers a write, until a registrant's links are there if it is to have them.
    pub(super) fn put_off<A: Asked>(
        write: Write,
        told: Told,
        registrant: Option<SocketAddr>,
        request: &Request<'_>,
        incoming: A,
    ) -> Served<A::Ticket> {
        // If there were too many, the request is answered.
        let Some(ticket) = incoming.defer() else { return Served::Answered };
        let submission = Submission::new(ticket, request.accept());
        Served::Deferred(Submission { write: Some(write), told, registrant, ..submission })
    }

    /// Applies a patch whose turn it is, and defers it.
    fn patch<A: Asked>(
        &mut self,
        (key, expect): Target,
        body: &[u8],
        request: &Request<'_>,
        incoming: A,
    ) -> Served<A::Ticket> {
        let model = self.models.of(key.as_str());
        let planned = Patch::new((key, model), expect, request.content_format(), body).and_then(|patch| {
            let mut patch = Box::new(patch);
            let is_first = self.turns.is_free(patch.path());
            let write = if is_first { Some(self.apply_patch(&mut patch)?) } else { None };
            Ok((write, patch))
        });
        let (write, patch) = match planned {
            Ok(planned) => planned,
            Err(refusal) => return self.refuse(&refusal, incoming),
        };
        let Some(ticket) = incoming.defer() else { return Served::Answered };
        let attempt = Some(Attempt { turn: self.turns.enter(patch.key()), patch: Some(patch) });
        Served::Deferred(Submission { write, attempt, ..Submission::new(ticket, request.accept()) })
    }

    /// The write that applies the patch to the resource as it is now.
    ///
    /// # Errors
    /// Why there is none.
    pub(in crate::serve) fn apply_patch(&self, patch: &mut Patch) -> Result<Write, Refusal> {
        patch.apply(self.tree.get(patch.path()), self.limits.body_bytes)
    }

    /// Whether the patch was not applied yet, or the resource is another one by now as far as this thread knows.
    pub(in crate::serve) fn has_news(&self, patch: &Patch) -> bool {
        let current = self.tree.get(patch.path()).map(|entry| entry.revision);
        patch.applied_to().is_none_or(|revision| current != Some(revision))
    }

    /// What is to be written to and under which condition, or why not: all that can be said before the body.
    fn target(&self, request: &Request<'_>) -> Result<Target, Refusal> {
        let path = self.path.as_str();
        if is_reserved(path) {
            return Err(Refusal::new(
                ResponseType::MethodNotAllowed,
                "method not allowed",
                "the path is reserved",
            ));
        }
        if request.payload().len() > self.limits.body_bytes {
            let detail = format!("at most {} bytes are taken", self.limits.body_bytes);
            return Err(Refusal::new(ResponseType::RequestEntityTooLarge, "body too large", &detail));
        }
        let current = self.tree.get(path);
        admit_creation(self.models, request.method(), path, current.is_some())?;
        let key = match current {
            Some(entry) => entry.key.clone(),
            None => Key::new(path)
                .map_err(|error| Refusal::new(ResponseType::BadRequest, "bad path", &error.to_string()))?,
        };
        Ok((key, expectation(request, current)?))
    }

    /// What a PUT or POST has the store do, or why its body is refused.
    fn operation(&self, request: &Request<'_>, body: &[u8]) -> Result<Operation, Refusal> {
        let path = self.path.as_str();
        let creates = request.method() == RequestType::Post;
        // A child's name is not known yet; any will do to find its type.
        let model = if creates { child(self.models, path) } else { self.models.of(path) };
        body::check(model, request.content_format(), body)?;
        let (content_format, body) = (request.content_format(), Arc::from(body));
        Ok(if creates {
            Operation::Create { content_format, body }
        } else {
            Operation::Put { content_format, body }
        })
    }
}

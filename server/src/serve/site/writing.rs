//! Requests that change something: what the store is asked to do, or why not.

use std::sync::Arc;

use twite::base::Instant;
use twite::exchange::{Request, Response};
use twite::wire::{RequestType, ResponseType};

use super::{Site, is_reserved};
use crate::serve::asked::Asked;
use crate::serve::body;
use crate::serve::conditions::expectation;
use crate::serve::face::Face;
use crate::serve::patch::Patch;
use crate::serve::refusal::Refusal;
use crate::serve::retries::Attempt;
use crate::serve::served::{Served, Submission};
use crate::serve::uploads::Taken;
use crate::store::{Expect, Key, Operation, Write};

/// A write, and the patch whose result it is or will be.
type Planned = (Option<Write>, Option<Box<Patch>>);

impl Site {
    pub(super) fn write<A: Asked>(
        &mut self,
        now: Instant,
        request: &Request<'_>,
        incoming: A,
    ) -> Served<A::Ticket> {
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
    pub(in crate::serve) fn apply_patch(&self, patch: &mut Patch) -> Result<Write, Refusal> {
        patch.apply(self.tree.get(patch.path()), self.limits.body_bytes)
    }

    /// Whether the patch was not applied yet, or the resource is another one by now as far as this thread knows.
    pub(in crate::serve) fn has_news(&self, patch: &Patch) -> bool {
        let current = self.tree.get(patch.path()).map(|entry| entry.revision);
        patch.applied_to().is_none_or(|revision| current != Some(revision))
    }

    /// What is to be written to and under which condition, or why not: all that can be said before the body.
    fn target(&self, request: &Request<'_>) -> Result<(Key, Expect), Refusal> {
        let path = self.path.as_str();
        if is_reserved(path) {
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

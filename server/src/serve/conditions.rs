//! Conditions of requests that write, RFC 7252 §5.10.8.

use twite::exchange::{Precondition, Request};
use twite::wire::{RequestType, ResponseType, number};

use super::refusal::Refusal;
use super::shown::{revision, tag};
use crate::store::{Entry, Expect, Revisions};

/// What the store has to find at the target, which is `current` as far as this thread knows: the store decides,
/// since it alone knows the order of writes.
pub(super) fn expectation(request: &Request<'_>, current: Option<&Entry>) -> Result<Expect, Refusal> {
    let refused = |detail| Refusal::new(ResponseType::PreconditionFailed, "precondition failed", detail);
    if request.method() == RequestType::Post {
        // They speak of the collection, which creating a child does not change.
        let current = current.map(|entry| tag(entry.revision, false));
        return match request.precondition(current.as_ref()) {
            Precondition::Failed => Err(refused("the collection does not meet the condition")),
            _ => Ok(Expect::Any),
        };
    }
    match (request.has_if_match(), request.if_none_match()) {
        (false, false) => Ok(Expect::Any),
        (false, true) => Ok(Expect::Absent),
        (true, true) => Err(refused("If-Match and If-None-Match cannot both hold")),
        (true, false) => {
            let mut revisions = Revisions::default();
            for value in request.values(number::IF_MATCH) {
                if value.is_empty() {
                    return Ok(Expect::Exists);
                }
                let known = revision(value).is_none_or(|revision| revisions.insert(revision));
                if !known {
                    let detail = "more than eight If-Match options";
                    return Err(Refusal::new(ResponseType::BadRequest, "too many conditions", detail));
                }
            }
            Ok(Expect::OneOf(revisions))
        }
    }
}

//! A resource as a client sees it.

use std::borrow::Cow;

use twite::exchange::{Answerable, ETag, Precondition, Request, Response};
use twite::wire::ResponseType;

use super::body;
use super::refusal::fail;
use crate::model::Models;
use crate::store::{Entry, Revision};

/// A resource as it is shown to a client.
pub(super) struct Shown<'e> {
    pub(super) format: Option<u16>,
    pub(super) body: Cow<'e, [u8]>,
    pub(super) etag: ETag,
    /// Seconds for which it stays fresh, where that is declared.
    max_age: Option<u32>,
}

impl<'e> Shown<'e> {
    /// As it is stored if the client takes that, else converted; or why neither.
    pub(super) fn of(models: Models, entry: &'e Entry, accept: Option<u16>) -> Result<Self, String> {
        let stored = accept.is_none() || accept == entry.content_format || entry.content_format.is_none();
        let etag = tag(entry.revision, !stored);
        let max_age = models.declared(entry.key.as_str()).and_then(|model| model.max_age);
        if stored {
            let body = Cow::Borrowed(&*entry.body);
            return Ok(Self { format: entry.content_format, body, etag, max_age });
        }
        let body = Cow::Owned(body::convert(models, entry, accept)?);
        Ok(Self { format: accept, body, etag, max_age })
    }

    /// Answers a GET with it, as far as the request's conditions want it.
    pub(super) fn answer(&self, request: &Request<'_>, incoming: impl Answerable) {
        let etag = Some(self.etag);
        match request.precondition(etag.as_ref()) {
            Precondition::Holds => incoming.respond(&self.content()),
            Precondition::Valid => {
                let valid = Response::new(ResponseType::Valid);
                incoming.respond(&Response { etag, max_age: self.max_age, ..valid });
            }
            Precondition::Failed => fail(incoming, ResponseType::PreconditionFailed, "precondition failed"),
        }
    }

    /// The response that has it.
    pub(super) fn content(&self) -> Response<'_> {
        let content = Response::content(self.format, &self.body);
        Response { etag: Some(self.etag), max_age: self.max_age, ..content }
    }
}

/// The ETag of a state in its stored or in its converted representation (RFC 7252 §5.10.6: one per
/// representation).
pub(super) fn tag(revision: Revision, converted: bool) -> ETag {
    ETag::from_number(revision.0 << 1 | u64::from(converted))
}

/// The state an ETag names; none if it is not one of ours.
pub(super) fn revision(tag: &[u8]) -> Option<Revision> {
    if tag.len() > 8 || tag.first() == Some(&0) {
        return None;
    }
    let number = tag.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    Some(Revision(number >> 1)).filter(|revision| *revision != Revision::ZERO)
}

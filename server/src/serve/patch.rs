//! PATCH and iPATCH, RFC 8132 §3, by merge patches (RFC 7396).
//!
//! A patch is Content-Format 52 (JSON) or 60 (a CBOR map that is read the same way: `null` deletes, maps merge,
//! anything else replaces). Either changes a resource that is stored as JSON or as CBOR, which stays in its format.
//! Fields of a catalog type have their names in JSON and their integer keys in CBOR. A merge patch is idempotent, so
//! both methods do the same.

use std::sync::Arc;

use twite::resource::well_formed::{CborLimits, check_cbor};
use twite::wire::ResponseType;

use super::body;
use super::refusal::Refusal;
use crate::formats::{CBOR, JSON, MERGE_PATCH};
use crate::merge::{Cbor, CborByName, Form, Json, merge};
use crate::model::{DEPTH, Model, keys_to_names, names_to_keys};
use crate::store::{Entry, Expect, Key, Operation, Revision, Write};
use crate::transcode::{self, cbor_to_json, json_to_cbor};

/// A well-formed patch and what it is for.
#[derive(Debug)]
pub(super) struct Patch {
    key: Key,
    /// What kind of resource that is.
    model: Option<&'static Model>,
    /// The client's own condition.
    expect: Expect,
    document: Document,
    body: Vec<u8>,
    applied_to: Option<Revision>,
    attempts: u32,
    written: usize,
}

#[derive(Clone, Copy, Debug)]
enum Document {
    Json,
    Cbor,
}

/// How often a patch is applied anew when the resource changes under it.
const ATTEMPTS: u32 = 32;
/// How many bytes of results may come of one patch in all attempts, unless it is the first.
const WRITTEN: usize = 64 << 20;

impl Patch {
    /// Checks a patch.
    ///
    /// # Errors
    /// 4.15 for another format, 4.00 for a document that is malformed.
    pub(super) fn new(
        (key, model): (Key, Option<&'static Model>),
        expect: Expect,
        format: Option<u16>,
        body: &[u8],
    ) -> Result<Self, Refusal> {
        let malformed = |detail: String| Refusal::new(ResponseType::BadRequest, "malformed patch", &detail);
        let document = match format {
            Some(MERGE_PATCH) => {
                transcode::check_json(body, DEPTH).map_err(|error| malformed(format!("JSON: {error}")))?;
                Document::Json
            }
            Some(CBOR) => {
                check_cbor(body, CborLimits::default()).map_err(|error| malformed(error.to_string()))?;
                Document::Cbor
            }
            _ => {
                let detail =
                    "a patch is taken as Content-Format 52 (JSON merge patch) or 60 (CBOR merge patch)";
                return Err(Refusal::new(
                    ResponseType::UnsupportedContentFormat,
                    "unsupported patch",
                    detail,
                ));
            }
        };
        Ok(Self {
            key,
            model,
            expect,
            document,
            body: body.to_vec(),
            applied_to: None,
            attempts: 0,
            written: 0,
        })
    }

    /// What it changes.
    pub(super) const fn key(&self) -> &Key {
        &self.key
    }

    /// The path of what it changes.
    pub(super) fn path(&self) -> &str {
        self.key.as_str()
    }

    /// The state it was applied to last.
    pub(super) const fn applied_to(&self) -> Option<Revision> {
        self.applied_to
    }

    /// How much memory it takes to keep it.
    pub(super) const fn size(&self) -> usize {
        self.body.len()
    }

    /// The write that makes of the resource as it is now what the patch wants, on the condition that it still is
    /// that; `limit` is the longest body in bytes.
    ///
    /// # Errors
    /// 4.12 by the client's condition, 4.04 without a resource, 4.15 for one that cannot be patched, 4.22 for a
    /// patch that cannot be applied or whose result breaks a rule, 4.09 after too many attempts.
    pub(super) fn apply(&mut self, entry: Option<&Entry>, limit: usize) -> Result<Write, Refusal> {
        if !self.expect.holds(entry.map(|entry| entry.revision)) {
            let detail = "the resource does not meet the condition";
            return Err(Refusal::new(ResponseType::PreconditionFailed, "precondition failed", detail));
        }
        let Some(entry) = entry else {
            let detail = "a patch changes what is there; PUT creates";
            return Err(Refusal::new(ResponseType::NotFound, "no such resource", detail));
        };
        if self.attempts > 0 && (self.attempts >= ATTEMPTS || self.written > WRITTEN) {
            return Err(conflict());
        }
        let unfit =
            |detail: &str| Refusal::new(ResponseType::UnprocessableEntity, "patch cannot be applied", detail);
        let model = self.model;
        let typed = model.filter(|model| model.is_typed());
        let body = match entry.content_format {
            Some(CBOR) => self.on_cbor(typed, &entry.body, limit),
            Some(JSON) => self.on_json(typed, &entry.body, limit),
            _ => {
                let detail = "only what is stored as Content-Format 50 (JSON) or 60 (CBOR) can be patched";
                return Err(Refusal::new(
                    ResponseType::UnsupportedContentFormat,
                    "unsupported patch",
                    detail,
                ));
            }
        };
        let body = body.map_err(|detail| unfit(&detail))?;
        if body.len() > limit {
            return Err(unfit(&format!("the result has more than {limit} bytes")));
        }
        body::check(model, entry.content_format, &body).map_err(|refusal| unfit(&refusal.detail))?;
        self.applied_to = Some(entry.revision);
        self.attempts += 1;
        self.written += body.len();
        let operation = Operation::Put { content_format: entry.content_format, body: Arc::from(body) };
        Ok(Write { key: self.key.clone(), expect: Expect::OneOf(entry.revision.into()), operation })
    }

    fn on_cbor(&self, model: Option<&Model>, stored: &[u8], limit: usize) -> Result<Vec<u8>, String> {
        match (self.document, model) {
            (Document::Cbor, _) => merged::<Cbor>(stored, &self.body),
            (Document::Json, Some(model)) => {
                merged::<Cbor>(stored, &names_to_keys(model, &self.as_cbor(limit)?)?)
            }
            (Document::Json, None) => merged::<CborByName>(stored, &self.as_cbor(limit)?),
        }
    }

    fn on_json(&self, model: Option<&Model>, stored: &[u8], limit: usize) -> Result<Vec<u8>, String> {
        match (self.document, model) {
            (Document::Json, model) => {
                if let Some(model) = model {
                    names_to_keys(model, &self.as_cbor(limit)?)?;
                }
                merged::<Json>(stored, &self.body)
            }
            (Document::Cbor, Some(model)) => {
                merged::<Json>(stored, as_json(&keys_to_names(model, &self.body), limit)?.as_bytes())
            }
            (Document::Cbor, None) => merged::<Json>(stored, as_json(&self.body, limit)?.as_bytes()),
        }
    }

    fn as_cbor(&self, limit: usize) -> Result<Vec<u8>, String> {
        let limits = transcode::Limits { depth: DEPTH, output_bytes: limit };
        json_to_cbor(&self.body, limits).map_err(|error| error.to_string())
    }
}

/// 4.09: the resource changed again and again while the patch was applied (RFC 8132 §3.4).
pub(super) fn conflict() -> Refusal {
    Refusal::new(ResponseType::Conflict, "conflict", "the resource changes faster than the patch is applied")
}

fn as_json(patch: &[u8], limit: usize) -> Result<String, String> {
    let limits = transcode::Limits { depth: DEPTH, output_bytes: limit };
    cbor_to_json(patch, limits).map_err(|error| error.to_string())
}

fn merged<F: Form>(stored: &[u8], patch: &[u8]) -> Result<Vec<u8>, String> {
    merge::<F>(Some(stored), patch).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;

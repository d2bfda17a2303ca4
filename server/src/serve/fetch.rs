//! FETCH, RFC 8132 §2: fields of a resource, or of all resources below a path, whose values are of a window of time.
//!
//! A path with resources below it is a collection: the answer maps the path of each resource that has at least one
//! of the fields to those that it has, in the order of paths in JSON, of keys (RFC 8949 §4.2.1) in CBOR. Any other
//! path is a resource: the answer maps its fields. A field is called in the answer what the query calls it. A query
//! without fields asks for whole values. Of a resource outside of the window there is nothing.

use std::hash::{BuildHasher, RandomState};

use twite::exchange::{Answerable, ETag, Misfit, Precondition, Problem, Request, Response};
use twite::wire::ResponseType;

use super::access::View;
use super::asked::Asked;
use super::query::{Query, Wanted};
use super::refusal::Refusal;
use super::shown::Shown;
use super::tree::Tree;
use crate::formats::{CBOR, JSON};
use crate::merge::{Cbor, Form, Json, Members, integer, text};
use crate::model::{Model, Models, find};
use crate::store::Entry;
use crate::transcode::push_text;

/// The longest answer in bytes.
const ANSWER: usize = 256 << 10;

/// The longest query in bytes; one that comes in blocks is not taken.
const QUERY: usize = 1024;

/// The most work for one answer: bytes of the resources that are looked at.
const WORK: usize = 8 << 20;

/// What a resource costs in bytes of work, however small it is.
const EACH: usize = 64;

/// FETCH requests, and the latest answer, so that its blocks are cut from one piece.
#[derive(Debug)]
pub(super) struct Fetches {
    tags: RandomState,
    latest: Option<Latest>,
}

#[derive(Debug)]
struct Latest {
    /// The request, by its number.
    question: u64,
    /// How many changes the tree had seen.
    state: u64,
    answer: Vec<u8>,
}

impl Fetches {
    /// No answer yet; `tags` is the same wherever the same answers get the same tags.
    pub(super) const fn new(tags: RandomState) -> Self {
        Self { tags, latest: None }
    }

    /// Forgets the latest answer.
    pub(super) fn forget(&mut self) {
        self.latest = None;
    }

    /// Answers a FETCH of `path` by somebody who has this view; `state` counts the changes of the tree.
    pub(super) fn serve(
        &mut self,
        (tree, state): (&Tree, u64),
        view: View<'_>,
        path: &str,
        request: &Request<'_>,
        incoming: impl Asked,
    ) {
        if request.block1().is_some() {
            return incoming.misfit(Misfit::TooLarge, QUERY);
        }
        let format = request.accept().unwrap_or(CBOR);
        let question = (view.caller, path, format, request.content_format(), request.payload());
        let question = self.tags.hash_one(question);
        let known = self.latest.take_if(|latest| (latest.question, latest.state) == (question, state));
        let answered = match known {
            Some(latest) => Ok(latest.answer),
            None => answer(tree, view, path, request, format),
        };
        match answered {
            Ok(answer) => {
                // A bit that no revision's tag has: an answer is never taken for a resource.
                let etag = ETag::from_number(self.tags.hash_one(&answer) | 1 << 63);
                respond(&answer, etag, format, request, incoming);
                self.latest = Some(Latest { question, state, answer });
            }
            Err(refusal) => {
                refusal.answer(incoming, QUERY);
            }
        }
    }
}

/// Answers with a body that is made for the request.
pub(super) fn respond(
    body: &[u8],
    etag: ETag,
    format: u16,
    request: &Request<'_>,
    incoming: impl Answerable,
) {
    let etag = Some(etag);
    match request.precondition(etag.as_ref()) {
        Precondition::Holds => {
            incoming.respond(&Response { etag, ..Response::content(Some(format), body) });
        }
        Precondition::Valid => incoming.respond(&Response { etag, ..Response::new(ResponseType::Valid) }),
        Precondition::Failed => {
            let problem = Problem::titled("precondition failed");
            incoming.fail(&Response::new(ResponseType::PreconditionFailed), &problem);
        }
    }
}

fn answer(
    tree: &Tree,
    view: View<'_>,
    path: &str,
    request: &Request<'_>,
    format: u16,
) -> Result<Vec<u8>, Refusal> {
    let mut below = tree.below(path).filter(|entry| view.shows(entry.key.as_str())).peekable();
    let entry = tree.get(path).filter(|_| view.models.shows(path));
    if below.peek().is_none() && entry.is_none() {
        let detail = "there is no resource at this path or below it";
        return Err(Refusal::new(ResponseType::NotFound, "no such resource", detail));
    }
    let query = Query::read(request.content_format(), request.payload())?;
    if !matches!(format, JSON | CBOR) {
        let detail = "available in formats 60 and 50";
        return Err(Refusal::new(ResponseType::NotAcceptable, "not available as that", detail));
    }
    if let (None, Some(entry)) = (below.peek(), entry) {
        if !query.window.has(view.models, entry) {
            return Ok(join(format, Members::new()));
        }
        let part = part(view.models, entry, &query, format).ok_or_else(|| {
            let map = if query.fields.is_some() { "a map " } else { "" };
            let detail = format!("expected a resource that is {map}in Content-Format 50 (JSON) or 60 (CBOR)");
            Refusal::new(ResponseType::UnsupportedContentFormat, "unsupported query", &detail)
        })?;
        return within(part.unwrap_or_else(|| join(format, Members::new())));
    }
    let mut children = Members::new();
    let (mut length, mut work) = (0, 0);
    for child in below {
        work += EACH + child.body.len();
        if work > WORK {
            return Err(too_much("more is to be looked at than one request may cost"));
        }
        if !query.window.has(view.models, child) {
            continue;
        }
        let Some(Some(part)) = part(view.models, child, &query, format) else { continue };
        let key = name(format, child.key.as_str());
        length += key.len() + part.len();
        if length > ANSWER {
            return Err(too_much("the answer would be longer than 256 KiB"));
        }
        children.push((key, part.into()));
    }
    within(join(format, children))
}

/// What the query asks for of `entry`, in the format, or nothing if it has none of the fields; `None` if it cannot be
/// asked.
fn part(models: Models, entry: &Entry, query: &Query, format: u16) -> Option<Option<Vec<u8>>> {
    let shown = Shown::of(models, entry, Some(format)).ok().filter(|shown| shown.format == Some(format))?;
    let Some(fields) = &query.fields else { return Some(Some(shown.body.into_owned())) };
    let selected = select(models.typed(entry.key.as_str()), &shown, fields, format)?;
    Some(Some(selected).filter(|selected| !selected.is_empty()).map(|selected| join(format, selected)))
}

/// The fields of a resource that are wanted, as they are written in the format; `None` if it has no fields.
fn select(
    model: Option<&Model>,
    shown: &Shown<'_>,
    fields: &[Wanted],
    format: u16,
) -> Option<Members<'static>> {
    let members = if format == JSON { Json::members(&shown.body) } else { Cbor::members(&shown.body) }?;
    let mut selected = Members::new();
    for wanted in fields {
        let sought = sought(model, wanted, format);
        let called = called(wanted, format);
        let found = members.iter().find(|(key, _)| *key == sought);
        if let Some((_, value)) = found.filter(|_| selected.iter().all(|(key, _)| *key != called)) {
            selected.push((called, value.to_vec().into()));
        }
    }
    Some(selected)
}

/// The key under which a resource of this type has the field.
fn sought(model: Option<&Model>, wanted: &Wanted, format: u16) -> Vec<u8> {
    let field = model.and_then(|model| {
        find(model, |field| match wanted {
            Wanted::Name(name) => field.name == name,
            Wanted::Key(key) => i128::from(field.key) == *key,
        })
    });
    match (field, format) {
        (Some(field), JSON) => name(format, field.name),
        (Some(field), _) => integer(field.key.into()),
        (None, _) => called(wanted, format),
    }
}

/// What the field is called in the answer: what the query calls it.
fn called(wanted: &Wanted, format: u16) -> Vec<u8> {
    match (wanted, format) {
        (Wanted::Name(field), _) => name(format, field),
        (Wanted::Key(key), JSON) => name(JSON, &key.to_string()),
        (Wanted::Key(key), _) => integer(*key),
    }
}

fn name(format: u16, name: &str) -> Vec<u8> {
    if format != JSON {
        return text(name);
    }
    let mut quoted = String::new();
    push_text(&mut quoted, name);
    quoted.into_bytes()
}

fn join(format: u16, members: Members<'_>) -> Vec<u8> {
    if format == JSON { Json::join(members) } else { Cbor::join(members) }
}

fn within(answer: Vec<u8>) -> Result<Vec<u8>, Refusal> {
    if answer.len() > ANSWER { Err(too_much("the answer would be longer than 256 KiB")) } else { Ok(answer) }
}

fn too_much(why: &str) -> Refusal {
    let detail = format!("{why}: ask for fewer fields or further down");
    Refusal::new(ResponseType::UnprocessableEntity, "too much is asked for", &detail)
}

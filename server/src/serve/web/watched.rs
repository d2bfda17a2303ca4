//! The states of somebody else's resource as Server-Sent Events: observed once for all who follow it.

use std::rc::Rc;

use hyper::body::Bytes;
use hyper::{HeaderMap, Response};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use twite::exchange::ETag;
use twite::wire::{Code, RequestType, ResponseType};

use super::Shared;
use super::answer::Answer;
use super::body::Outgoing;
use super::heads::texts;
use super::hosted::{answer, explanation, options, permit, question, sorry};
use super::identity::Credentials;
use super::pump::{self, Said, Source};
use super::render;
use super::streams::unfit;
use crate::formats::{CBOR, is_text};
use crate::http::accept::Accept;
use crate::http::conditions::{bare, unquoted};
use crate::http::event::Event;
use crate::http::status::status;
use crate::proxy::{HOPS, Reply, Target, Wanted};
use crate::serve::proxy::{Door, Followed, Outcome};
use crate::transcode;

/// Opens a stream, if the target has something to say.
///
/// # Errors
/// What is said instead.
pub(super) async fn follow(
    shared: &Rc<Shared>,
    door: &Door,
    target: Target,
    accept: &Accept,
    headers: &HeaderMap,
) -> Result<Response<Outgoing>, Answer> {
    let method = RequestType::Get;
    let question = question(method, accept.preferred(), &HeaderMap::new())?;
    let options = options(&question)?;
    let place = shared.streams.place(&shared.figures)?;
    let wanted = Wanted { target: target.clone(), method, options, hops: HOPS, body: Vec::new() };
    let mut states = door.follow(wanted).await.map_err(sorry)?;
    let is_something = |followed: &Followed| followed.state.is_some() || followed.end.is_some();
    let first = states.wait_for(is_something).await.map(|followed| followed.clone()).unwrap_or_default();
    match (first.state, first.end) {
        (Some(state), _) if event(&state).is_none() => {
            return Err(Answer::problem(ResponseType::NotAcceptable, unfit()));
        }
        (None, Some(Ok(reply))) => return Err(answer(reply, method, &target)),
        (None, Some(Err(why))) => return Err(sorry(why)),
        _ => {}
    }
    let known = texts(headers, "last-event-id").next().and_then(unquoted);
    let watching = Watching { target, credentials: Credentials::read(headers), states, known };
    Ok(render::stream(pump::open(shared, watching, place)))
}

/// Somebody who follows somebody else's resource.
struct Watching {
    target: Target,
    credentials: Credentials,
    states: watch::Receiver<Followed>,
    known: Option<ETag>,
}

impl Source for Watching {
    fn say(&mut self, shared: &Shared) -> Said {
        let Followed { state, end } = self.states.borrow_and_update().clone();
        if let Err(refused) = permit(shared, RequestType::Get, &self.target, &self.credentials) {
            return Said::denied(refused);
        }
        let state = state.filter(|state| self.known != Some(etag(state)));
        match (state, end) {
            (Some(state), _) => match event(&state) {
                Some(event) => {
                    self.known = Some(etag(&state));
                    Said::Events(event)
                }
                None => Said::problem(406, &unfit()),
            },
            (None, Some(end)) => last(end),
            (None, None) => Said::Nothing,
        }
    }

    async fn changed(&mut self, _shared: &Shared) {
        // The sender stays for as long as there is a receiver, or has said that it ends.
        let _ = self.states.changed().await;
    }
}

/// Why nothing follows.
fn last(end: Outcome) -> Said {
    match end {
        Ok(reply) if reply.code == Code::from(ResponseType::NotFound) => Said::deleted(),
        Ok(reply) => Said::problem(status(reply.code, false), &explanation(&reply)),
        Err(why) => {
            let answer = sorry(why);
            let explanation = answer.problem.unwrap_or_else(|| Box::new(unfit()));
            Said::problem(status(answer.code, false), &explanation)
        }
    }
}

/// A state as an event: JSON instead of CBOR, since events are text; `None` for what is no text.
fn event(state: &Reply) -> Option<Bytes> {
    let data = match state.content_format() {
        Some(CBOR) => transcode::cbor_to_json(&state.payload, transcode::Limits::default()).ok()?,
        Some(format) if is_text(format) => String::from_utf8(state.payload.clone()).ok()?,
        _ => return None,
    };
    let id = bare(&etag(state));
    Some(Bytes::from(Event { id: Some(&id), data: &data, ..Event::default() }.to_text()))
}

/// Names a state: as its target does, or by what it says.
fn etag(state: &Reply) -> ETag {
    let digest = Sha256::digest(&state.payload);
    let own = || digest.first_chunk().map(|bytes| ETag::from_number(u64::from_be_bytes(*bytes)));
    state.etag().or_else(own).unwrap_or(ETag::from_number(0))
}

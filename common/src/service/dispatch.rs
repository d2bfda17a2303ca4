//! From a request to its handler and back, with the semantics of REST on the way.

use super::discovery;
use super::observe::observed;
use super::route::{Error, REPRESENTATION, Route, Trouble, tag};
use crate::endpoint::Incoming;
use crate::exchange::{Answerable, Precondition, Problem, Request, Response};
#[cfg(feature = "patch")]
use crate::resource::merge_patch::PatchError;
use crate::resource::{CBOR, Path};
use crate::wire::{Code, ObserveOption, ResponseType};

/// Answers a request from a route table, RFC 7252 §5.8: 4.04 for a path nobody serves, 4.05 for another
/// method, 4.06, 4.12, 4.15 and 2.03 by its options, 4.00 with problem details for a body that breaks the
/// rules, 4.22 for a patch that cannot be applied, else what the handler says. `/.well-known/core` lists the routes.
#[cfg_attr(target_os = "none", inline(never))]
pub fn serve<S>(routes: &[Route<S>], state: &mut S, incoming: Incoming<'_, '_>) {
    let request = *incoming.request();
    let Some(path) = Path::collect(request.path()) else { return Error::NotFound.answer(incoming) };
    let mut known = false;
    for route in routes {
        let Some(captured) = route.template.capture(&path) else { continue };
        let Ok(name) = captured.map(core::str::from_utf8).transpose() else { continue };
        if !route.admits(name) {
            continue;
        }
        known = true;
        if route.serves(request.code()) {
            return call(routes, route, state, name, &request, incoming);
        }
    }
    if cfg!(feature = "discovery") && discovery::is_core(&path) {
        return discovery::answer(routes, &request, incoming);
    }
    let (code, title) = if known {
        (ResponseType::MethodNotAllowed, "method not allowed")
    } else {
        (ResponseType::NotFound, "no such resource")
    };
    incoming.refuse(code, title);
}

/// Runs the one route that fits.
#[cfg_attr(target_os = "none", inline(never))]
fn call<S>(
    routes: &[Route<S>],
    route: &Route<S>,
    state: &mut S,
    name: Option<&str>,
    request: &Request<'_>,
    incoming: Incoming<'_, '_>,
) {
    if let Some((code, title)) = unfit(route, request) {
        return incoming.refuse(code, title);
    }
    let mut buffer = [0; REPRESENTATION];
    if request.is_conditional() && !request.code().is_safe() {
        let current = current_tag(routes, route, state, name, &mut buffer);
        if request.precondition(current.as_ref()) == Precondition::Failed {
            return failed_precondition(incoming);
        }
    }
    if let Some(rendering) = &route.rendering {
        return rendering.answer(route.format, state, request, incoming);
    }
    let body = match (route.call)(state, name, incoming.body(), &mut buffer) {
        Ok(len) => buffer.get(..len).unwrap_or_default(),
        Err(trouble) => return explain(trouble, incoming),
    };
    if !request.code().is_safe() {
        let code = if route.code == Code::DELETE { ResponseType::Deleted } else { ResponseType::Changed };
        let content_format = if body.is_empty() { None } else { route.format };
        return incoming.respond(&Response { content_format, payload: body, ..Response::new(code) });
    }
    let etag = tag(body);
    let incoming = match (request.observe(), observed(route, name)) {
        (Some(ObserveOption::Register), Some(resource)) => incoming.observable(resource),
        _ => incoming,
    };
    match request.precondition(Some(&etag)) {
        Precondition::Holds => {
            incoming.respond(&Response { etag: Some(etag), ..Response::content(route.format, body) });
        }
        Precondition::Valid => {
            incoming.respond(&Response { etag: Some(etag), ..Response::new(ResponseType::Valid) });
        }
        Precondition::Failed => failed_precondition(incoming),
    }
}

/// Whether the formats of the request do not fit the route.
fn unfit<S>(route: &Route<S>, request: &Request<'_>) -> Option<(ResponseType, &'static str)> {
    if route.input_format.is_some() && request.content_format() != route.input_format {
        return Some((ResponseType::UnsupportedContentFormat, "expected Content-Format 60 (CBOR)"));
    }
    if route.format.is_some_and(|format| !request.accepts(format)) {
        let title = match route.format {
            Some(CBOR) => "available in format 60 (CBOR)",
            _ => "available in the format that discovery lists",
        };
        return Some((ResponseType::NotAcceptable, title));
    }
    None
}

/// The tag of what GET would return on the resource of `route`; `None` if there is nothing to get.
fn current_tag<S>(
    routes: &[Route<S>],
    route: &Route<S>,
    state: &mut S,
    name: Option<&str>,
    buffer: &mut [u8],
) -> Option<crate::exchange::ETag> {
    let same = |other: &&Route<S>| other.code == Code::GET && other.template.text() == route.template.text();
    let read = routes.iter().find(same)?;
    if let Some(rendering) = &read.rendering {
        return Some(rendering.tag(state));
    }
    let len = (read.call)(state, name, &[], buffer).ok()?;
    Some(tag(buffer.get(..len)?))
}

fn failed_precondition(incoming: Incoming<'_, '_>) {
    incoming.refuse(ResponseType::PreconditionFailed, "precondition failed");
}

fn explain(trouble: Trouble, incoming: Incoming<'_, '_>) {
    match trouble {
        Trouble::Handler(error) => error.answer(incoming),
        Trouble::Full => Error::Internal.answer(incoming),
        Trouble::Body(violation) => {
            let problem = Problem::detailed("invalid body", &violation);
            incoming.fail(&Response::new(ResponseType::BadRequest), &problem);
        }
        #[cfg(feature = "patch")]
        Trouble::Patch(error) => {
            let (code, title) = match error {
                PatchError::Malformed(_) => (ResponseType::BadRequest, "malformed patch"),
                _ => (ResponseType::UnprocessableEntity, "patch cannot be applied"),
            };
            let problem = Problem::detailed(title, &error);
            incoming.fail(&Response::new(code), &problem);
        }
    }
}

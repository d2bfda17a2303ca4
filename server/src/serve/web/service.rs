//! One request: from its head to the head of its response.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response};
use twite::wire::{RequestType, ResponseType};

use super::Shared;
use super::answer::Answer;
use super::body::Outgoing;
use super::bounds::{self, Unread};
use super::dashboard::Part;
use super::heads::{allowed, name, request_id, texts};
use super::inquiry::{Inquiry, Said};
use super::origins::Origin;
use super::own::Own;
use super::{hosted, render, writes};
use crate::http::accept::Accept;
use crate::http::path::Target;
use crate::http::problem::Explanation;
use crate::serve::refusal::join;

/// How long the store may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers a request; nothing fails.
pub(super) async fn respond(
    shared: Rc<Shared>,
    remote: SocketAddr,
    request: Request<Incoming>,
) -> Response<Outgoing> {
    let began = Instant::now();
    let method = request.method().clone();
    let id = request_id(request.headers());
    let origin = Origin::read(request.headers(), &shared.http.cors);
    let preflight =
        method == Method::OPTIONS && request.headers().contains_key("access-control-request-method");
    let mut response = if origin.intrudes(&method) {
        let detail = "pages of other origins are allowed by http.cors";
        let explanation = Explanation::new("foreign origin", detail);
        render::response(Answer::problem(ResponseType::Forbidden, explanation), false)
    } else {
        route(&shared, remote, request).await
    };
    origin.permit(response.headers_mut(), preflight);
    if !shared.http.cors.is_empty() {
        response.headers_mut().append("vary", HeaderValue::from_static("origin"));
    }
    let status = response.status().as_u16();
    tracing::debug!(peer = %remote, %method, status, id = ?id, "HTTP request");
    response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    confine(response.headers_mut());
    shared.figures.answered(name(&method), status, began.elapsed());
    response
}

/// What somebody stored is no page of ours: a browser that is led there shows it, and lets it do nothing.
fn confine(headers: &mut HeaderMap) {
    let policy = HeaderValue::from_static("default-src 'none'; sandbox");
    headers.entry("content-security-policy").or_insert(policy);
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
}

async fn route(shared: &Rc<Shared>, remote: SocketAddr, request: Request<Incoming>) -> Response<Outgoing> {
    let method = request.method().clone();
    if let Some(part) = Part::at(request.uri().path(), &method, request.headers()) {
        return match method {
            Method::OPTIONS => allow("GET, HEAD, OPTIONS"),
            _ => part.serve(shared, remote, &request),
        };
    }
    if let Some(own) = Own::at(request.uri().path()) {
        return match method {
            Method::OPTIONS => allow("GET, HEAD, OPTIONS"),
            _ => match admit_own(shared, remote, own, &request) {
                Ok(()) => {
                    let accept = Accept::read(texts(request.headers(), "accept"));
                    own.serve(shared, &method, &accept).await
                }
                Err(answer) => render::response(answer, true),
            },
        };
    }
    if let Some(door) = &shared.proxy
        && hosted::is_hosted(request.uri().path())
    {
        return hosted::respond(shared, door, remote, request).await;
    }
    if method == Method::OPTIONS && request.uri().path() == "*" {
        return allow("GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS");
    }
    let is_read = method == Method::GET || method == Method::HEAD;
    let target = match Target::read(request.uri().path(), request.uri().query()) {
        Ok(target) => target,
        Err(expected) => return bad_request("bad path", &expected),
    };
    if method == Method::OPTIONS {
        let path = target.path.iter().map(Vec::as_slice);
        return match join(path, &shared.limits, &mut String::new()) {
            Ok(()) => allow(&allowed(&shared.site.borrow(), &target)),
            Err(expected) => not_found(expected),
        };
    }
    let Some(code) = code(&method) else {
        let explanation = Explanation::new("method not allowed", "the method is none of a resource");
        let refused = Answer::problem(ResponseType::MethodNotAllowed, explanation);
        return render::response(refused.with("allow", allowed(&shared.site.borrow(), &target)), is_read);
    };
    match resource(shared, remote, code, target, request).await {
        Ok(response) => response,
        Err(answer) => render::response(answer, is_read),
    }
}

/// Health is everybody's; the figures are read by who may GET what is at their path.
fn admit_own(
    shared: &Shared,
    remote: SocketAddr,
    own: Own,
    request: &Request<Incoming>,
) -> Result<(), Answer> {
    let Some(path) = own.permission() else { return Ok(()) };
    let target = Target { path: vec![path.as_bytes().to_vec()], query: Vec::new() };
    Inquiry::read(RequestType::Get, target, request.headers(), remote)?.admit(shared)
}

async fn resource(
    shared: &Rc<Shared>,
    remote: SocketAddr,
    method: RequestType,
    target: Target,
    request: Request<Incoming>,
) -> Result<Response<Outgoing>, Answer> {
    let is_read = method == RequestType::Get;
    let can_stream = *request.method() == Method::GET;
    let (head, body) = request.into_parts();
    let mut inquiry = Inquiry::read(method, target, &head.headers, remote)?;
    // Who may not do that is not let send a body first.
    inquiry.admit(shared)?;
    if is_read {
        let accept = Accept::read(texts(&head.headers, "accept"));
        return inquiry.look(shared, &accept, can_stream, &head.headers);
    }
    let held = bounds::read(body, shared.limits.body_bytes, &shared.bodies).await.map_err(unread)?;
    match inquiry.ask(shared, &held.bytes)? {
        Said::Answer(answer) => Ok(render::response(inquiry.complete(shared, answer), is_read)),
        Said::Deferred(submission) => {
            let bounds::Held { bytes, share } = held;
            drop(bytes);
            let writing = writes::carry_out(shared, submission, share);
            let late = || {
                let explanation =
                    Explanation::new("no answer", "the store takes too long; it may still do it");
                Answer::problem(ResponseType::GatewayTimeout, explanation)
            };
            let answer = tokio::time::timeout(PATIENCE, writing).await.map_err(|_| late())?;
            let lost =
                || Answer::problem(ResponseType::InternalServerError, Explanation::titled("no answer"));
            Ok(render::response(inquiry.complete(shared, answer.unwrap_or_else(lost)), is_read))
        }
    }
}

pub(super) fn unread(unread: Unread) -> Answer {
    match unread {
        Unread::Refused(answer) => answer,
        Unread::Late => {
            let explanation = Explanation::new("body too late", "it was not there within 30 seconds");
            Answer { status: Some(408), ..Answer::problem(ResponseType::BadRequest, explanation) }
        }
        Unread::Broken(detail) => {
            Answer::problem(ResponseType::BadRequest, Explanation::new("broken body", detail))
        }
    }
}

fn bad_request(title: &str, detail: &str) -> Response<Outgoing> {
    let explanation = Explanation::new(title, detail);
    render::response(Answer::problem(ResponseType::BadRequest, explanation), false)
}

fn not_found(detail: &str) -> Response<Outgoing> {
    let explanation = Explanation::new("no such resource", detail);
    render::response(Answer::problem(ResponseType::NotFound, explanation), false)
}

pub(super) fn allow(methods: &str) -> Response<Outgoing> {
    let answer = Answer::problem(ResponseType::Changed, Explanation::titled(""));
    render::response(Answer { problem: None, ..answer }.with("allow", methods), false)
}

/// The method in CoAP. HEAD is a GET whose body is not sent; a merge patch is idempotent, so PATCH is iPATCH
/// (RFC 8132 §3).
fn code(method: &Method) -> Option<RequestType> {
    Some(match *method {
        Method::GET | Method::HEAD => RequestType::Get,
        Method::PUT => RequestType::Put,
        Method::POST => RequestType::Post,
        Method::DELETE => RequestType::Delete,
        Method::PATCH => RequestType::IPatch,
        _ => return None,
    })
}

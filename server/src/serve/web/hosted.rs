//! Resources of others below `/hc/` (RFC 8075 §5): `/hc/coap://HOST/PATH` stands for `coap://HOST/PATH`.

use std::net::SocketAddr;
use std::rc::Rc;

use hyper::body::Incoming;
use hyper::{HeaderMap, Method, Request, Response};
use tokio::sync::oneshot;
use twite::wire::{Code, Message, RequestType, ResponseType, number};

use super::Shared;
use super::answer::Answer;
use super::body::Outgoing;
use super::bounds;
use super::heads::texts;
use super::identity::{Credentials, Refused};
use super::inquiry::{condition, content_format};
use super::watched::follow;
use super::{render, service};
use crate::formats::PROBLEM;
use crate::http::accept::Accept;
use crate::http::event::EVENT_STREAM;
use crate::http::path;
use crate::http::problem::Explanation;
use crate::http::question::Question;
use crate::proxy::{self, HOPS, Reply, Scheme, Target, Wanted};
use crate::serve::proxy::{self as others, Door, Errand, Sorry};

/// Where hosted resources are.
const BASE: &str = "/hc/";

/// The methods that go further; FETCH and its younger sister QUERY have a body.
const METHODS: [(&str, RequestType); 8] = [
    ("GET", RequestType::Get),
    ("HEAD", RequestType::Get),
    ("PUT", RequestType::Put),
    ("POST", RequestType::Post),
    ("PATCH", RequestType::Patch),
    ("DELETE", RequestType::Delete),
    ("FETCH", RequestType::Fetch),
    ("QUERY", RequestType::Fetch),
];

/// Whether a path is of somebody else's resource.
pub(super) fn is_hosted(path: &str) -> bool {
    path.starts_with(BASE)
}

/// Answers a request for somebody else's resource.
pub(super) async fn respond(
    shared: &Rc<Shared>,
    door: &Door,
    remote: SocketAddr,
    request: Request<Incoming>,
) -> Response<Outgoing> {
    let method = request.method().clone();
    let is_read = method == Method::GET || method == Method::HEAD;
    let known = METHODS.iter().find(|(name, _)| *name == method.as_str());
    if method == Method::OPTIONS {
        return service::allow(&allowed(None));
    }
    let Some((_, code)) = known else {
        let refused = Answer::problem(
            ResponseType::MethodNotAllowed,
            Explanation::new("method not allowed", "CoAP has no such method"),
        );
        return render::response(refused.with("allow", allowed(None)), is_read);
    };
    let can_stream = method == Method::GET;
    match pass_on(shared, door, remote, (*code, can_stream), request).await {
        Ok(response) => response,
        Err(answer) => render::response(answer, is_read),
    }
}

async fn pass_on(
    shared: &Rc<Shared>,
    door: &Door,
    remote: SocketAddr,
    (method, can_stream): (RequestType, bool),
    request: Request<Incoming>,
) -> Result<Response<Outgoing>, Answer> {
    let (head, body) = request.into_parts();
    let target = target(&head.uri)?;
    admit(shared, door, method, &target, &head.headers)?;
    let accept = Accept::read(texts(&head.headers, "accept"));
    if can_stream && accept.names(EVENT_STREAM) {
        return follow(shared, door, target, &accept, &head.headers).await;
    }
    let mut question = question(method, accept.preferred(), &head.headers)?;
    let bytes = if matches!(method, RequestType::Get | RequestType::Delete) {
        Vec::new()
    } else {
        bounds::read(body, door.body_bytes(), &shared.bodies).await.map_err(service::unread)?.bytes
    };
    let ask = async |question: &Question| {
        let options = options(question)?;
        let (target, body) = (target.clone(), bytes.clone());
        let wanted = Wanted { target, method, options, hops: HOPS, body };
        go(door, remote, wanted).await
    };
    let mut reply = ask(&question).await?;
    let is_picky = reply.code == Code::from(ResponseType::NotAcceptable) && accept.weight("*/*") > 0;
    if is_picky && question.accept.take().is_some() {
        // Something else is as good as nothing.
        reply = ask(&question).await?;
    }
    Ok(render::response(answer(reply, method, &target), method == RequestType::Get))
}

/// Sends an errand and waits for what comes of it.
async fn go(door: &Door, remote: SocketAddr, wanted: Wanted) -> Result<Reply, Answer> {
    let (sender, receiver) = oneshot::channel();
    let answer = others::Answer::Task(sender);
    let errand = Errand { client: remote.ip().to_canonical(), wanted, continues: false, answer };
    door.send(errand).map_err(|_answer| busy())?;
    receiver.await.map_err(|_gone| busy())?.map_err(sorry)
}

fn busy() -> Answer {
    Answer::unavailable(1, "too many requests to others under way", "try again in a moment")
}

/// What is behind `/hc/`.
fn target(uri: &hyper::Uri) -> Result<Target, Answer> {
    let whole = uri.path_and_query().map_or("", |whole| whole.as_str());
    let text = whole.strip_prefix(BASE).unwrap_or_default();
    let bad =
        |detail: String| Answer::problem(ResponseType::BadRequest, Explanation::new("bad target", detail));
    let target = Target::read(text).map_err(|refused| bad(refused.to_string()))?;
    match target.scheme {
        Scheme::Coap => Ok(target),
        Scheme::Http => Err(bad("expected /hc/coap://HOST/PATH".to_owned())),
    }
}

/// Whether the policy permits it, and the configuration.
fn admit(
    shared: &Shared,
    door: &Door,
    method: RequestType,
    target: &Target,
    headers: &HeaderMap,
) -> Result<(), Answer> {
    shared.catch_up();
    permit(shared, method, target, &Credentials::read(headers)).map_err(Refused::answer)?;
    door.admit(target).map_err(|refused| sorry(Sorry::Refused(refused)))
}

/// Whether the policy permits it.
pub(super) fn permit(
    shared: &Shared,
    method: RequestType,
    target: &Target,
    credentials: &Credentials,
) -> Result<(), Refused> {
    let site = shared.site.borrow();
    let Some(policy) = site.policy() else { return Ok(()) };
    let caller = credentials.caller(Some(policy))?;
    let segments = target.segments();
    policy.decide(caller, &segments.iter().map(Vec::as_slice), method).map_err(Refused::Denied)
}

/// What of the head the target has to know.
pub(super) fn question(
    method: RequestType,
    accept: Option<u16>,
    headers: &HeaderMap,
) -> Result<Question, Answer> {
    let content_format = match method {
        RequestType::Get | RequestType::Delete => None,
        _ => content_format(headers).map_err(|detail| {
            let explanation = Explanation::new("unsupported format", detail);
            Answer::problem(ResponseType::UnsupportedContentFormat, explanation)
        })?,
    };
    Ok(Question {
        method,
        accept,
        content_format,
        if_match: condition(headers, "if-match")?,
        if_none_match: condition(headers, "if-none-match")?,
        ..Question::get(path::Target::default())
    })
}

pub(super) fn options(question: &Question) -> Result<proxy::Options, Answer> {
    let lost = || Answer::problem(ResponseType::InternalServerError, Explanation::titled("no answer"));
    let message = question.message(&[]).map_err(|_| lost())?;
    let message = Message::parse(&message).map_err(|_| lost())?;
    Ok(proxy::forwarded(&message))
}

/// What there is to say instead of a reply.
pub(super) fn sorry(sorry: Sorry) -> Answer {
    match sorry {
        Sorry::Fault(ResponseType::ServiceUnavailable, _) => busy(),
        Sorry::Fault(code, title) => Answer::problem(code, Explanation::titled(title)),
        Sorry::Refused(refused) => Answer::problem(
            ResponseType::Forbidden,
            Explanation::new("target not allowed", refused.to_string()),
        ),
    }
}

/// A reply in the words of HTTP (RFC 8075 §7).
pub(super) fn answer(reply: Reply, method: RequestType, target: &Target) -> Answer {
    let is_error = reply.code.class() >= 4;
    let says_age = reply.option(number::MAX_AGE).is_some();
    let mut answer = Answer {
        code: reply.code,
        etag: reply.etag(),
        location: "".into(),
        content_format: reply.content_format(),
        max_age: says_age.then(|| reply.max_age()),
        payload: Vec::new(),
        problem: is_error.then(|| Box::new(explanation(&reply))),
        status: None,
        headers: Vec::new(),
    };
    if reply.code == Code::from(ResponseType::MethodNotAllowed) {
        answer = answer.with("allow", allowed(Some(method)));
    }
    if let Some(location) = location(&reply, target) {
        answer = answer.with("location", location);
    }
    Answer { payload: if is_error { Vec::new() } else { reply.payload }, ..answer }
}

/// What the target says that went wrong: problem details, a diagnostic text, or its code alone.
pub(super) fn explanation(reply: &Reply) -> Explanation {
    let code = reply.code;
    let bare = || Explanation::titled(&format!("{code} from the target"));
    match reply.content_format() {
        Some(PROBLEM) => Explanation::read(&reply.payload).unwrap_or_else(bare),
        None if !reply.payload.is_empty() => {
            Explanation { detail: String::from_utf8(reply.payload.clone()).ok(), ..bare() }
        }
        _ => bare(),
    }
}

/// Where the target created something, as it is seen from here.
fn location(reply: &Reply, target: &Target) -> Option<String> {
    let texts = |option| {
        let values = reply.options.iter().filter(move |(known, _)| *known == option);
        values.map(|(_, value)| String::from_utf8(value.clone()).ok()).collect::<Option<Vec<String>>>()
    };
    let (path, query) = (texts(number::LOCATION_PATH)?, texts(number::LOCATION_QUERY)?);
    if path.is_empty() && query.is_empty() {
        return None;
    }
    let uri = crate::uri::CoapUri { path, query, ..target.uri.clone() };
    Some(format!("{BASE}{}", Target { uri, ..*target }))
}

/// The value of `Allow`; without the method that the target does not know.
fn allowed(refused: Option<RequestType>) -> String {
    let known = METHODS.iter().filter(|(_, code)| Some(*code) != refused);
    let names: Vec<&str> = known.map(|(name, _)| *name).chain(["OPTIONS"]).collect();
    names.join(", ")
}

//! The page at `/`, and what it is made of below `/dashboard/`: in the binary, without anything from elsewhere.
//!
//! | file | holds |
//! |---|---|
//! | `assets` | the files |
//! | `messages` | the messages of CoAP that go by |
//! | this file | what is at which path |
//!
//! Everybody may have the page; what it shows is what its user may read, by the policy.

mod assets;
pub(super) mod messages;

use std::net::SocketAddr;
use std::rc::Rc;

use hyper::body::Incoming;
use hyper::{HeaderMap, Method, Request, Response};
use twite::wire::{RequestType, ResponseType};

use super::Shared;
use super::answer::Answer;
use super::body::Outgoing;
use super::heads::texts;
use super::identity::Credentials;
use super::inquiry::Inquiry;
use super::render;
use crate::http::accept::Accept;
use crate::http::path::Target;
use crate::http::problem::Explanation;
use assets::Asset;

/// A part of the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The page or a file that it needs.
    Asset(&'static Asset),
    /// The messages that go by.
    Messages,
}

/// Where the messages are, also for the policy.
const MESSAGES: &str = "dashboard/messages";

impl Part {
    /// The part at the path as it stands in the request; at `/` only for who asks for a page.
    pub(super) fn at(path: &str, method: &Method, headers: &HeaderMap) -> Option<Self> {
        let wants_page = || Accept::read(texts(headers, "accept")).names("text/html");
        match path.strip_prefix('/')? {
            "" if [Method::GET, Method::HEAD].contains(method) && wants_page() => assets::find("index.html"),
            "" => None,
            MESSAGES => return Some(Self::Messages),
            path => path.strip_prefix("dashboard/").and_then(assets::find),
        }
        .map(Self::Asset)
    }

    /// Answers.
    pub(super) fn serve(
        self,
        shared: &Rc<Shared>,
        remote: SocketAddr,
        request: &Request<Incoming>,
    ) -> Response<Outgoing> {
        let (method, headers) = (request.method(), request.headers());
        if *method != Method::GET && *method != Method::HEAD {
            let explanation = Explanation::new("method not allowed", "the path is the dashboard's");
            let refused = Answer::problem(ResponseType::MethodNotAllowed, explanation);
            return render::response(refused.with("allow", "GET, HEAD, OPTIONS"), false);
        }
        match self {
            Self::Asset(asset) => asset.serve(headers),
            Self::Messages => look(shared, remote, method, headers)
                .map_or_else(|answer| render::response(answer, true), render::stream),
        }
    }
}

/// Opens a stream of messages for who may GET what is at their path.
fn look(
    shared: &Rc<Shared>,
    remote: SocketAddr,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Outgoing, Answer> {
    let target = Target { path: MESSAGES.split('/').map(Into::into).collect(), query: Vec::new() };
    Inquiry::read(RequestType::Get, target, headers, remote)?.admit(shared)?;
    if *method == Method::HEAD {
        return Ok(Outgoing::from(Vec::new()));
    }
    messages::open(shared, Credentials::read(headers))
}

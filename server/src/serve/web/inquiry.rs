//! What is asked of the site, and what it says.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;

use hyper::header::HeaderValue;
use hyper::{HeaderMap, Response};
use twite::exchange::Request;
use twite::wire::{Code, Message, RequestType, ResponseType};

use super::Shared;
use super::answer::{Answer, Place};
use super::body::Outgoing;
use super::heads::{allowed, texts};
use super::identity::{self, Credentials};
use super::measurement;
use super::negotiation::{Wanted, choose, path};
use super::overview;
use super::render;
use super::streams::{self, Subject};
use crate::clock;
use crate::formats::JSON;
use crate::http::accept::Accept;
use crate::http::conditions::{Tag, Tags, unquoted};
use crate::http::event::EVENT_STREAM;
use crate::http::links::{self, Page};
use crate::http::media::{MediaType, content_type};
use crate::http::path::{Target, encode, reference};
use crate::http::problem::Explanation;
use crate::http::question::Question;
use crate::serve::guard::guarded;
use crate::serve::listing::formats;
use crate::serve::served::{Served, Submission};
use crate::serve::shown::tag;
use crate::store::Key;

/// A request that is understood as far as it can be without its body.
pub(super) struct Inquiry {
    question: Question,
    credentials: Credentials,
    remote: SocketAddr,
}

/// What the site said.
pub(super) enum Said {
    /// The answer.
    Answer(Answer),
    /// The store has to be asked first.
    Deferred(Submission<()>),
}

impl Inquiry {
    /// Reads the head of a request.
    ///
    /// # Errors
    /// 4.00, 4.15.
    pub(super) fn read(
        method: RequestType,
        target: Target,
        headers: &HeaderMap,
        remote: SocketAddr,
    ) -> Result<Self, Answer> {
        let question = Question {
            method,
            accept: None,
            content_format: None,
            if_match: condition(headers, "if-match")?,
            if_none_match: condition(headers, "if-none-match")?,
            ..Question::get(target)
        };
        let mut inquiry = Self { question, credentials: Credentials::read(headers), remote };
        if matches!(method, RequestType::Put | RequestType::Post | RequestType::IPatch) {
            let content_format = content_format(headers).map_err(|detail| {
                let explanation = Explanation::new("unsupported format", detail);
                inquiry.complete_patch(Answer::problem(ResponseType::UnsupportedContentFormat, explanation))
            })?;
            inquiry.question.content_format = content_format;
        }
        Ok(inquiry)
    }

    /// Whether it is permitted, before there is a body.
    ///
    /// # Errors
    /// 4.01, 4.03, 4.05 of the policy; 4.00 for a path that cannot be.
    pub(super) fn admit(&mut self, shared: &Shared) -> Result<(), Answer> {
        shared.catch_up();
        let site = shared.site.borrow();
        let policy = site.policy().map(AsRef::as_ref);
        let permitted = |inquiry: &Self| {
            inquiry.with_request(&[], |request| {
                identity::admit(policy, &inquiry.credentials, request).map(|_admitted| ())
            })
        };
        let mut is_permitted = permitted(self)?;
        if is_permitted.is_err() && self.question.method == RequestType::IPatch {
            // To HTTP both patches are one method.
            self.question.method = RequestType::Patch;
            is_permitted = permitted(self)?;
        }
        is_permitted.map_err(identity::Refused::answer)
    }

    /// Asks with a body.
    ///
    /// # Errors
    /// As [`admit`](Self::admit).
    pub(super) fn ask(&mut self, shared: &Shared, body: &[u8]) -> Result<Said, Answer> {
        shared.catch_up();
        self.guard_listed_tags(shared)?;
        let now = clock::since(shared.start);
        let mut site = shared.site.borrow_mut();
        self.with_request(body, |request| {
            let policy = site.policy().map(AsRef::as_ref);
            let admitted =
                identity::admit(policy, &self.credentials, request).map_err(identity::Refused::answer)?;
            let mut answer = None;
            let place = Place(&mut answer);
            let served = guarded(&Cell::new(Some(self.remote)), || site.decide(now, admitted, place));
            let lost =
                || Answer::problem(ResponseType::InternalServerError, Explanation::titled("no answer"));
            Ok(match served {
                Some(Served::Deferred(submission)) => Said::Deferred(submission),
                _ => Said::Answer(answer.unwrap_or_else(lost)),
            })
        })?
    }

    /// Reads: the representation that the client likes best, or a stream of them.
    ///
    /// # Errors
    /// What the site says instead.
    pub(super) fn look(
        mut self,
        shared: &Rc<Shared>,
        accept: &Accept,
        can_stream: bool,
        headers: &HeaderMap,
    ) -> Result<Response<Outgoing>, Answer> {
        let wanted = choose(&shared.site.borrow(), &self.question.target, accept, can_stream);
        self.question.accept = wanted.accept();
        let is_listing = path(&self.question.target).as_deref() == Some(".well-known/core");
        let page = if is_listing { self.take_page()? } else { None };
        let exists = self.question.if_none_match == Some(Tags::Any);
        if exists || wanted == Wanted::Stream {
            self.question.if_none_match = None;
        }
        let Said::Answer(answer) = self.ask(shared, &[])? else {
            return Err(Answer::problem(ResponseType::InternalServerError, Explanation::titled("no answer")));
        };
        let answer = match wanted {
            Wanted::Measurement(format) => {
                let site = shared.site.borrow();
                let entry = path(&self.question.target).and_then(|path| site.tree.get(&path));
                measurement::show(site.models, entry, format, answer)
            }
            _ => answer,
        };
        if answer.code != Code::from(ResponseType::Content) {
            return Ok(render::response(self.complete(shared, answer), true));
        }
        if exists && wanted != Wanted::Stream {
            let answer = Answer { code: Code::from(ResponseType::Valid), payload: Vec::new(), ..answer };
            return Ok(render::response(answer, true));
        }
        let answer = match page {
            Some(page) => self.turn_to(page, answer),
            None => answer,
        };
        match wanted {
            Wanted::Stream => self.follow(shared, headers).map(render::stream),
            Wanted::Links => {
                let payload = links::to_json(&answer.payload);
                let answer = Answer { content_format: Some(JSON), payload, ..answer };
                Ok(render::response(answer, true))
            }
            Wanted::Format(_) | Wanted::Measurement(_) => {
                Ok(render::response(self.linked(shared, answer), true))
            }
        }
    }

    /// Which page of a listing is wanted: CoAP has blocks for that.
    fn take_page(&mut self) -> Result<Option<Page>, Answer> {
        Page::take(&mut self.question.target.query).map_err(|expected| {
            Answer::problem(ResponseType::BadRequest, Explanation::new("bad page", expected))
        })
    }

    /// The page of a listing, with a link to the next one (RFC 8288).
    fn turn_to(&self, page: Page, listing: Answer) -> Answer {
        let (payload, has_more) = page.of(&listing.payload);
        let answer = Answer { payload, ..listing };
        if !has_more {
            return answer;
        }
        let (next, count) = (page.number.saturating_add(1), page.count);
        let filter: String =
            self.question.target.query.iter().map(|argument| format!("{}&", encode(argument))).collect();
        let link = format!("</.well-known/core?{filter}page={next}&count={count}>; rel=\"next\"");
        answer.with("link", link)
    }

    /// Opens a stream of what was just read.
    fn follow(self, shared: &Rc<Shared>, headers: &HeaderMap) -> Result<Outgoing, Answer> {
        if path(&self.question.target).as_deref() == Some(".well-known/core") {
            if !self.question.target.query.is_empty() {
                let explanation = Explanation::new("bad query", "a stream of all resources has no filter");
                return Err(Answer::problem(ResponseType::BadRequest, explanation));
            }
            return overview::open(shared, self.credentials);
        }
        let key = path(&self.question.target).and_then(|path| Key::new(&path).ok());
        let site = shared.site.borrow();
        let entry = key.as_ref().and_then(|key| site.tree.get(key.as_str()));
        let key = key.filter(|_| entry.is_some_and(|entry| streams::is_shown(site.models, entry)));
        let key = key.ok_or_else(|| Answer::problem(ResponseType::NotAcceptable, streams::unfit()))?;
        drop(site);
        let known = texts(headers, "last-event-id").next().and_then(unquoted);
        streams::open(shared, Subject { key, credentials: self.credentials, known })
    }

    /// With links to discovery and to the other representations (RFC 8288).
    fn linked(&self, shared: &Shared, answer: Answer) -> Answer {
        let site = shared.site.borrow();
        let path = path(&self.question.target);
        let entry = path.as_deref().and_then(|path| site.tree.get(path));
        let mut links =
            "</.well-known/core>; rel=\"index\", </openapi.json>; rel=\"service-desc\"".to_owned();
        for entry in entry.into_iter() {
            let reference = reference(entry.key.as_str());
            let senml = measurement::formats(site.models, entry).iter().copied();
            let others = formats(entry)
                .into_iter()
                .chain(senml)
                .filter(|format| Some(*format) != answer.content_format);
            let stream = streams::is_shown(site.models, entry).then(|| EVENT_STREAM.to_owned());
            for media_type in others.map(content_type).chain(stream) {
                links.push_str(&format!(", <{reference}>; rel=\"alternate\"; type=\"{media_type}\""));
            }
        }
        if answer.headers.iter().any(|(name, _)| *name == "link") {
            answer
        } else {
            answer.with("link", links)
        }
    }

    /// With the headers that the code asks for (RFC 9110 §10.2.1, RFC 5789 §2.2).
    pub(super) fn complete(&self, shared: &Shared, answer: Answer) -> Answer {
        let says = |name| answer.headers.iter().any(|(known, _)| *known == name);
        if answer.code == Code::from(ResponseType::MethodNotAllowed) && !says("allow") {
            return answer.with("allow", allowed(&shared.site.borrow(), &self.question.target));
        }
        self.complete_patch(answer)
    }

    /// With what is taken as a patch, if another one came.
    fn complete_patch(&self, answer: Answer) -> Answer {
        let patches = matches!(self.question.method, RequestType::Patch | RequestType::IPatch);
        if patches && answer.code == Code::from(ResponseType::UnsupportedContentFormat) {
            return answer.with("accept-patch", "application/merge-patch+json, application/cbor");
        }
        answer
    }

    /// Entity-tags in If-None-Match of a request that changes something have no option in CoAP: if the state is none of
    /// them now, it has to stay what it is until the change.
    fn guard_listed_tags(&mut self, shared: &Shared) -> Result<(), Answer> {
        let is_listed = matches!(self.question.if_none_match, Some(Tags::OneOf(_)));
        if self.question.method == RequestType::Get || !is_listed || self.question.if_match.is_some() {
            return Ok(());
        }
        let site = shared.site.borrow();
        let entry = path(&self.question.target).and_then(|path| site.tree.get(&path));
        let unwanted = self.question.if_none_match.take().map(|tags| tags.weak()).unwrap_or_default();
        let Some(entry) = entry else {
            self.question.if_none_match = Some(Tags::Any);
            return Ok(());
        };
        let current = [false, true].map(|converted| tag(entry.revision, converted));
        if current.iter().any(|tag| unwanted.contains(tag)) {
            let explanation = Explanation::titled("precondition failed");
            return Err(Answer::problem(ResponseType::PreconditionFailed, explanation));
        }
        let etag = current.first().copied();
        self.question.if_match = Some(Tags::OneOf(vec![Tag { etag, weak: false }]));
        Ok(())
    }

    /// Has the request as the site knows requests.
    fn with_request<T>(&self, body: &[u8], then: impl FnOnce(&Request<'_>) -> T) -> Result<T, Answer> {
        let bad = |detail: String| {
            Answer::problem(ResponseType::BadRequest, Explanation::new("bad request", detail))
        };
        let message = self.question.message(body).map_err(|error| bad(error.to_string()))?;
        let message = Message::parse(&message).map_err(|error| bad(error.to_string()))?;
        let request = Request::check(message).map_err(|_rejection| {
            bad("expected path segments and query arguments of at most 255 bytes".to_owned())
        })?;
        Ok(then(&request))
    }
}

/// A condition on the state of the target.
pub(super) fn condition(headers: &HeaderMap, name: &str) -> Result<Option<Tags>, Answer> {
    // An entity-tag may hold bytes that are no text (RFC 9110 §8.8.3); a condition that cannot be read is none.
    let values: Vec<_> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
    let texts: Vec<_> = values.iter().map(|value| String::from_utf8_lossy(value)).collect();
    Tags::read(texts.iter().map(AsRef::as_ref)).map_err(|detail| {
        Answer::problem(ResponseType::BadRequest, Explanation::new("bad condition", detail))
    })
}

/// The Content-Format of a body.
pub(super) fn content_format(headers: &HeaderMap) -> Result<Option<u16>, String> {
    if texts(headers, "content-encoding").any(|coding| !coding.trim().eq_ignore_ascii_case("identity")) {
        return Err("expected a body without Content-Encoding".to_owned());
    }
    let mut values = texts(headers, "content-type");
    let Some(value) = values.next() else { return Ok(None) };
    let media = MediaType::read(value).filter(|_| values.next().is_none());
    media.ok_or_else(|| format!("{value:?} is no media type"))?.content_format().map(Some)
}

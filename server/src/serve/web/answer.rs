//! What the site says to a request that came over HTTP.

use std::net::SocketAddr;

use twite::base::Instant;
use twite::exchange::{Answerable, ETag, Misfit, Problem, Request, Response};
use twite::wire::{Code, ResponseType};

use crate::http::problem::Explanation;
use crate::serve::asked::Asked;
use crate::serve::uploads::{Taken, Uploads};

/// An answer, not yet in the words of HTTP.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) code: Code,
    pub(super) etag: Option<ETag>,
    /// Where the created resource is, without a leading slash; empty for none.
    pub(super) location: Box<str>,
    pub(super) content_format: Option<u16>,
    pub(super) max_age: Option<u32>,
    pub(super) payload: Vec<u8>,
    /// What went wrong.
    pub(super) problem: Option<Box<Explanation>>,
    /// A status that CoAP has no code for.
    pub(super) status: Option<u16>,
    /// Headers that CoAP has no option for.
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Answer {
    /// An answer with the head of a response, and no payload.
    fn head(response: &Response<'_>) -> Self {
        Self {
            code: Code::from(response.code),
            etag: response.etag,
            location: response.location_path.into(),
            content_format: response.content_format,
            max_age: response.max_age,
            payload: Vec::new(),
            problem: None,
            status: None,
            headers: Vec::new(),
        }
    }

    /// An error of ours or of the client that the site does not hear of.
    pub(super) fn problem(code: ResponseType, explanation: Explanation) -> Self {
        Self { problem: Some(Box::new(explanation)), ..Self::head(&Response::new(code)) }
    }

    /// A text of the server's own that stays fresh for `max_age` seconds.
    pub(super) fn text(text: String, media_type: &str, max_age: u32) -> Self {
        let head = Self::head(&Response::new(ResponseType::Content));
        Self { payload: text.into_bytes(), max_age: Some(max_age), ..head }.with("content-type", media_type)
    }

    /// With one more header.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// 5.03, with the seconds after which trying again makes sense.
    pub(super) fn unavailable(seconds: u32, title: &str, detail: &str) -> Self {
        let explanation = Explanation::new(title, detail);
        Self { max_age: Some(seconds), ..Self::problem(ResponseType::ServiceUnavailable, explanation) }
    }
}

/// Where the one answer goes.
#[derive(Debug)]
pub(super) struct Place<'p>(pub(super) &'p mut Option<Answer>);

impl Answerable for Place<'_> {
    fn respond(self, response: &Response<'_>) {
        *self.0 = Some(Answer { payload: response.payload.to_vec(), ..Answer::head(response) });
    }

    fn respond_window(self, response: &Response<'_>, render: impl Fn(usize, &mut [u8]) -> usize) {
        let mut payload = vec![0; render(0, &mut [])];
        render(0, &mut payload);
        *self.0 = Some(Answer { payload, ..Answer::head(response) });
    }

    fn fail(self, response: &Response<'_>, problem: &Problem<'_>) {
        *self.0 =
            Some(Answer { problem: Some(Box::new(Explanation::of(problem))), ..Answer::head(response) });
    }
}

impl Asked for Place<'_> {
    type Ticket = ();

    fn source(&self) -> Option<SocketAddr> {
        None
    }

    /// Who follows a resource over HTTP is known to the streams.
    fn observable(self, _resource: u64) -> Self {
        self
    }

    fn defer(self) -> Option<()> {
        Some(())
    }

    fn misfit(self, misfit: Misfit, _capacity: usize) {
        self.fail(&Response::new(ResponseType::RequestEntityTooLarge), &Problem::titled(misfit.title()));
    }

    /// Bodies are whole.
    fn take_block(&self, _now: Instant, _uploads: &mut Uploads, _request: &Request<'_>) -> Option<Taken> {
        None
    }
}

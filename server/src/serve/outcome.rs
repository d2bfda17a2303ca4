//! What the store decided, as a response.

use twite::base::Instant;
use twite::endpoint::{Endpoint, Gone, Ticket};
use twite::exchange::{Answerable, Problem, Response};
use twite::wire::ResponseType;

use super::served::Told;
use super::shown::tag;
use crate::store::{Busy, Change, Committed, Error, Outcome};

/// What has to be known of a request until the store has decided.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waiting {
    /// The only format the client wants.
    pub(super) accept: Option<u16>,
    /// What the client is told of it.
    pub(super) told: Told,
}

/// How long a client should wait before it asks a full or failing store again, in seconds.
const RETRY: u32 = 30;

/// A request that was put off, and what answers it.
pub(super) struct Late<'l, 'e> {
    pub(super) endpoint: &'l mut Endpoint<'e>,
    pub(super) now: Instant,
    pub(super) ticket: Ticket,
    /// The only format the client wants.
    pub(super) accept: Option<u16>,
}

impl Late<'_, '_> {
    /// A ticket is answered once, so it should not be gone.
    fn note(answered: Result<(), Gone>) {
        if answered.is_err() {
            tracing::warn!("a write was answered that nobody waits for");
        }
    }
}

impl Answerable for Late<'_, '_> {
    fn respond(self, response: &Response<'_>) {
        Self::note(self.endpoint.respond(self.now, self.ticket, response));
    }

    fn respond_window(self, response: &Response<'_>, render: impl Fn(usize, &mut [u8]) -> usize) {
        let mut payload = vec![0; render(0, &mut [])];
        render(0, &mut payload);
        self.respond(&Response { payload: &payload, ..*response });
    }

    fn fail(self, response: &Response<'_>, problem: &Problem<'_>) {
        Self::note(self.endpoint.fail(self.now, self.ticket, self.accept, response, problem));
    }
}

/// Answers the request that waits for this write.
pub(super) fn answer(asked: impl Answerable, told: Told, outcome: &Outcome, body_bytes: usize) {
    match outcome {
        Ok(committed) => asked.respond(&success(committed, told)),
        Err(Error::NotFound) if told == Told::Fetched => {
            let detail = "expected an answer to GET /.well-known/core with well-formed links, not too many";
            let problem = Problem { detail: Some(&detail), ..Problem::titled("no links") };
            asked.fail(&Response::new(ResponseType::BadGateway), &problem);
        }
        Err(Error::Conflict { .. }) if told == Told::Updated => {
            asked.fail(&Response::new(ResponseType::NotFound), &Problem::titled("no such registration"));
        }
        // A resource that is not there is as good as deleted (RFC 7252 §5.8.4).
        Err(Error::NotFound) => asked.respond(&Response::new(ResponseType::Deleted)),
        Err(error) => {
            let (code, title) = failure(error);
            let busy = code == ResponseType::ServiceUnavailable;
            let too_large = code == ResponseType::RequestEntityTooLarge;
            let response = Response {
                max_age: busy.then_some(RETRY),
                size1: u32::try_from(body_bytes).ok().filter(|_| too_large),
                ..Response::new(code)
            };
            asked.fail(
                &response,
                &Problem { detail: Some(&format_args!("{error}")), ..Problem::titled(title) },
            );
        }
    }
}

/// Answers a request whose write the store did not take.
pub(super) fn busy(asked: impl Answerable) {
    let response = Response { max_age: Some(1), ..Response::new(ResponseType::ServiceUnavailable) };
    asked.fail(&response, &Problem { detail: Some(&format_args!("{Busy}")), ..Problem::titled("busy") });
}

fn success(committed: &Committed, told: Told) -> Response<'_> {
    match &committed.change {
        Change::Put(_) if matches!(told, Told::Updated | Told::Fetched) => {
            Response::new(ResponseType::Changed)
        }
        Change::Put(entry) if told == Told::Registered => {
            Response { location_path: entry.key.as_str(), ..Response::new(ResponseType::Created) }
        }
        Change::Put(entry) => {
            let etag = Some(tag(entry.revision, false));
            let code = if committed.created { ResponseType::Created } else { ResponseType::Changed };
            let location_path = if told == Told::Child { entry.key.as_str() } else { "" };
            Response { etag, location_path, ..Response::new(code) }
        }
        Change::Deleted { .. } | Change::Resync(_) => Response::new(ResponseType::Deleted),
    }
}

const fn failure(error: &Error) -> (ResponseType, &'static str) {
    match error {
        Error::Conflict { .. } => (ResponseType::PreconditionFailed, "precondition failed"),
        Error::NotFound => (ResponseType::NotFound, "no such resource"),
        Error::TooLarge => (ResponseType::RequestEntityTooLarge, "body too large"),
        Error::Full => (ResponseType::ServiceUnavailable, "store full"),
        Error::Unavailable => (ResponseType::ServiceUnavailable, "store unavailable"),
        Error::Corrupt(_) => (ResponseType::InternalServerError, "store corrupt"),
    }
}

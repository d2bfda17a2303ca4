//! What the store decided, as a response.

use twite::base::Instant;
use twite::endpoint::{Endpoint, Gone, Ticket};
use twite::exchange::{Problem, Response};
use twite::wire::ResponseType;

use super::shown::tag;
use crate::store::{Change, Committed, Error, Outcome};

/// What has to be known of a request until the store has decided.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waiting {
    /// The only format the client wants.
    pub(super) accept: Option<u16>,
    /// Whether the client has to be told the name of what it created.
    pub(super) names_child: bool,
}

/// How long a client should wait before it asks a full or failing store again, in seconds.
const RETRY: u32 = 30;

/// Answers the request that waits for this write.
pub(super) fn answer(
    endpoint: &mut Endpoint<'_>,
    now: Instant,
    ticket: Ticket,
    waiting: Waiting,
    outcome: &Outcome,
    body_bytes: usize,
) -> Result<(), Gone> {
    match outcome {
        Ok(committed) => endpoint.respond(now, ticket, &success(committed, waiting)),
        // A resource that is not there is as good as deleted (RFC 7252 §5.8.4).
        Err(Error::NotFound) => endpoint.respond(now, ticket, &Response::new(ResponseType::Deleted)),
        Err(error) => {
            let (code, title) = failure(error);
            let busy = code == ResponseType::ServiceUnavailable;
            let too_large = code == ResponseType::RequestEntityTooLarge;
            let response = Response {
                max_age: busy.then_some(RETRY),
                size1: u32::try_from(body_bytes).ok().filter(|_| too_large),
                ..Response::new(code)
            };
            let problem = Problem { detail: Some(&format_args!("{error}")), ..Problem::titled(title) };
            endpoint.fail(now, ticket, waiting.accept, &response, &problem)
        }
    }
}

fn success(committed: &Committed, waiting: Waiting) -> Response<'_> {
    match &committed.change {
        Change::Put(entry) => {
            let etag = Some(tag(entry.revision, false));
            let code = if committed.created { ResponseType::Created } else { ResponseType::Changed };
            let location_path = if waiting.names_child { entry.key.as_str() } else { "" };
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

//! Error responses, RFC 9290 and RFC 7252 §5.5.2.

use crate::exchange::{Head, Misfit, PROBLEM_FORMAT, Problem, Response};
use crate::wire::{ResponseType, WriteError};

/// Why a token is refused (RFC 8974 §2.2.2).
pub(super) const LONG_TOKEN: &str = "token too long";

/// Writes an error response in the form the client takes.
pub(super) fn error(
    response: &Response<'_>,
    problem: &Problem<'_>,
    accept: Option<u32>,
    buffer: &mut [u8],
    head: Head<'_>,
) -> Result<usize, WriteError> {
    if accept.is_none_or(|format| format == u32::from(PROBLEM_FORMAT)) {
        let detailed = Response { content_format: Some(PROBLEM_FORMAT), ..*response };
        return detailed.write_with(buffer, head, |room| problem.encode(room));
    }
    let diagnostic = Response { content_format: None, payload: problem.diagnostic().as_bytes(), ..*response };
    diagnostic.write(buffer, head)
}

/// The answer to a block that does not fit its body; `capacity` is the longest body, in bytes.
pub(super) fn misfit_response(misfit: Misfit, capacity: Option<u32>) -> Response<'static> {
    match misfit {
        Misfit::Incomplete => Response::new(ResponseType::RequestEntityIncomplete),
        Misfit::Short => Response::new(ResponseType::BadRequest),
        Misfit::TooLarge => {
            Response { size1: capacity, ..Response::new(ResponseType::RequestEntityTooLarge) }
        }
    }
}

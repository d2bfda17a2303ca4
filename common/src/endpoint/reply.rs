//! What a request or an observer is answered: a response, a body that is rendered where it is sent, or an error, RFC 9290
//! and RFC 7252 §5.5.2.

#[cfg(feature = "host")]
use crate::exchange::Passed;
use crate::exchange::{Head, Misfit, PROBLEM_FORMAT, Problem, Response};
use crate::wire::{Code, ResponseType, WriteError};

/// Why a token is refused (RFC 8974 §2.2.2).
pub(super) const LONG_TOKEN: &str = "token too long";

/// What to answer. One type for all, so that answering is compiled once.
#[derive(Clone, Copy)]
pub(super) enum Reply<'r> {
    /// This response.
    Response(&'r Response<'r>),
    /// This response with a body that is rendered as often as needed; see [`Response::write_window`].
    Window(&'r Response<'r>, &'r dyn Fn(usize, &mut [u8]) -> usize),
    /// What came from somebody else.
    #[cfg(feature = "host")]
    Passed(&'r Passed<'r>),
    /// An error, in the form that the client takes if this is all it accepts.
    Error(&'r Response<'r>, &'r Problem<'r>, Option<u32>),
}

impl Reply<'_> {
    /// Its code.
    pub(super) fn code(self) -> Code {
        match self {
            Self::Response(response) | Self::Window(response, _) | Self::Error(response, ..) => {
                Code::from(response.code)
            }
            #[cfg(feature = "host")]
            Self::Passed(passed) => passed.code,
        }
    }

    /// Whether it is of class 4 or 5.
    #[inline]
    pub(super) fn is_error(self) -> bool {
        self.code().class() >= 4
    }

    /// Writes the message; the number of bytes.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(super) fn write(self, buffer: &mut [u8], head: Head<'_>) -> Result<usize, WriteError> {
        match self {
            Self::Response(response) => response.write(buffer, head),
            Self::Window(response, render) => response.write_window(buffer, head, render),
            #[cfg(feature = "host")]
            Self::Passed(passed) => passed.write(buffer, head),
            Self::Error(response, problem, accept) => error(response, problem, accept, buffer, head),
        }
    }
}

/// Writes an error response in the form the client takes.
fn error(
    response: &Response<'_>,
    problem: &Problem<'_>,
    accept: Option<u32>,
    buffer: &mut [u8],
    head: Head<'_>,
) -> Result<usize, WriteError> {
    if accept.is_none_or(|format| format == u32::from(PROBLEM_FORMAT)) {
        let detailed = Response { content_format: Some(PROBLEM_FORMAT), ..*response };
        return detailed.write_with(buffer, head, &mut |room| problem.encode(room));
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

//! Whoever waits for the answer to a request.

use super::{Problem, Response};
use crate::wire::ResponseType;

/// Takes the one answer to a request: what decides about requests does not know who asked, or over which protocol.
pub trait Answerable: Sized {
    /// Answers.
    fn respond(self, response: &Response<'_>);

    /// Answers with a body that is rendered as often as needed; see [`Response::write_window`].
    fn respond_window(self, response: &Response<'_>, render: impl Fn(usize, &mut [u8]) -> usize);

    /// Answers with an error and what the client can know about it.
    fn fail(self, response: &Response<'_>, problem: &Problem<'_>);

    /// Answers with an error of this code that has a title and nothing else to say.
    #[cfg_attr(target_os = "none", inline(never))]
    fn refuse(self, code: ResponseType, title: &str) {
        self.fail(&Response::new(code), &Problem::titled(title));
    }
}

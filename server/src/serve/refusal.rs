//! Requests that are refused before the store hears of them.

use twite::exchange::{Answerable, Problem, Request, Response};
use twite::wire::ResponseType;

use crate::config::Limits;

/// How long a client should wait for others' bodies to end, in seconds.
const RETRY: u32 = 30;

/// Why a write is refused before the store hears of it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: ResponseType,
    pub(super) title: &'static str,
    pub(super) detail: String,
}

impl Refusal {
    pub(super) fn new(code: ResponseType, title: &'static str, detail: &str) -> Self {
        Self { code, title, detail: detail.to_owned() }
    }

    /// Answers with it; `body_bytes` is the longest body that is taken.
    pub(super) fn answer(&self, asked: impl Answerable, body_bytes: usize) {
        let size1 = u32::try_from(body_bytes).ok();
        let response = Response {
            size1: size1.filter(|_| self.code == ResponseType::RequestEntityTooLarge),
            max_age: (self.code == ResponseType::ServiceUnavailable).then_some(RETRY),
            ..Response::new(self.code)
        };
        let detail = format_args!("{}", self.detail);
        asked.fail(&response, &Problem { detail: Some(&detail), ..Problem::titled(self.title) });
    }
}

/// A path that nothing can have: not found for who reads, a bad request for who writes.
pub(super) fn refuse_path(request: &Request<'_>, incoming: impl Answerable, expected: &str) {
    let (code, title) = if request.code().is_safe() {
        (ResponseType::NotFound, "no such resource")
    } else {
        (ResponseType::BadRequest, "bad path")
    };
    incoming.fail(&Response::new(code), &Problem { detail: Some(&expected), ..Problem::titled(title) });
}

/// Joins the segments of a path with `/`; says what was expected if they make none.
pub(super) fn join<'a>(
    segments: impl Iterator<Item = &'a [u8]>,
    limits: &Limits,
    path: &mut String,
) -> Result<(), &'static str> {
    path.clear();
    for (position, segment) in segments.enumerate() {
        if position >= limits.path_depth {
            return Err("expected a path of fewer segments");
        }
        let segment = std::str::from_utf8(segment).map_err(|_| "expected UTF-8 in each path segment")?;
        if segment.is_empty() || segment.contains('/') {
            return Err("expected path segments that are not empty and hold no slash");
        }
        if position > 0 {
            path.push('/');
        }
        path.push_str(segment);
        if path.len() > limits.path_bytes {
            return Err("expected a shorter path");
        }
    }
    Ok(())
}

pub(super) fn fail(incoming: impl Answerable, code: ResponseType, title: &str) {
    incoming.fail(&Response::new(code), &Problem::titled(title));
}

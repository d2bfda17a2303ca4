//! `/.well-known/core` of a route table, RFC 6690.

use super::route::Route;
use crate::endpoint::Incoming;
use crate::exchange::{Problem, Request, Response};
use crate::resource::Path;
use crate::wire::ResponseType;

/// Whether the path is `/.well-known/core`.
pub(super) fn is_core(path: &Path<'_>) -> bool {
    Path::of(".well-known/core").is_some_and(|core| core == *path)
}

pub(super) fn answer<S>(_routes: &[Route<S>], _request: &Request<'_>, incoming: Incoming<'_, '_>) {
    incoming.fail(&Response::new(ResponseType::NotFound), &Problem::titled("no such resource"));
}

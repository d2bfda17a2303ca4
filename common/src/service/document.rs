//! Bodies of any length, rendered where they are sent, RFC 7959.

use crate::endpoint::Incoming;
use crate::exchange::{Answerable, ETag, Precondition, Request, Response};
use crate::resource::Document;
use crate::wire::ResponseType;

/// Serves a body of any length that is held nowhere in one piece.
pub trait Render<R: Document> {
    /// Another number for another body: blocks of two versions have different ETags and are never mixed (RFC 7959
    /// §2.4).
    fn version(&self) -> u64;

    /// Writes what lies from `offset` on into `window`, as much as it takes; the length of the whole body.
    fn render(&self, offset: usize, window: &mut [u8]) -> usize;
}

/// A route's [`Render`], as plain functions.
#[derive(Debug)]
pub(super) struct Rendering<S> {
    version: fn(&S) -> u64,
    render: fn(&S, usize, &mut [u8]) -> usize,
}

impl<S> Rendering<S> {
    pub(super) const fn of<R: Document>() -> Self
    where
        S: Render<R>,
    {
        Self { version: S::version, render: S::render }
    }

    /// The tag of the present body.
    pub(super) fn tag(&self, state: &S) -> ETag {
        ETag::from_number((self.version)(state))
    }

    /// Answers a GET: 2.05 with the block that was asked for, or 2.03.
    pub(super) fn answer(
        &self,
        format: Option<u16>,
        state: &S,
        request: &Request<'_>,
        incoming: Incoming<'_, '_>,
    ) {
        let tag = self.tag(state);
        match request.precondition(Some(&tag)) {
            Precondition::Holds => {
                let response = Response { etag: Some(tag), ..Response::content(format, &[]) };
                incoming.respond_window(&response, |offset, window| (self.render)(state, offset, window));
            }
            Precondition::Valid => {
                incoming.respond(&Response { etag: Some(tag), ..Response::new(ResponseType::Valid) });
            }
            Precondition::Failed => {
                incoming.refuse(ResponseType::PreconditionFailed, "precondition failed");
            }
        }
    }
}

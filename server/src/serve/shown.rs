//! A resource as a client sees it.

use std::borrow::Cow;

use twite::exchange::ETag;

use super::body;
use crate::store::{Entry, Revision};

/// A resource as it is shown to a client.
pub(super) struct Shown<'e> {
    pub(super) format: Option<u16>,
    pub(super) body: Cow<'e, [u8]>,
    pub(super) etag: ETag,
}

impl<'e> Shown<'e> {
    /// As it is stored if the client takes that, else converted; or why neither.
    pub(super) fn of(entry: &'e Entry, accept: Option<u16>) -> Result<Self, String> {
        let stored = accept.is_none() || accept == entry.content_format || entry.content_format.is_none();
        let etag = tag(entry.revision, !stored);
        if stored {
            return Ok(Self { format: entry.content_format, body: Cow::Borrowed(&entry.body), etag });
        }
        Ok(Self { format: accept, body: Cow::Owned(body::convert(entry, accept)?), etag })
    }
}

/// The ETag of a state in its stored or in its converted representation (RFC 7252 §5.10.6: one per
/// representation).
pub(super) fn tag(revision: Revision, converted: bool) -> ETag {
    ETag::from_number(revision.0 << 1 | u64::from(converted))
}

/// The state an ETag names; none if it is not one of ours.
pub(super) fn revision(tag: &[u8]) -> Option<Revision> {
    if tag.len() > 8 || tag.first() == Some(&0) {
        return None;
    }
    let number = tag.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    Some(Revision(number >> 1)).filter(|revision| *revision != Revision::ZERO)
}

//! Conditional requests, RFC 7252 §5.10.8 and §5.10.6.2.

use super::{ETag, Request};
use crate::wire::number;

/// What the conditions of a request say of a resource's present state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Precondition {
    /// Go on.
    Holds,
    /// The client has this representation: 2.03 with its ETag.
    Valid,
    /// 4.12.
    Failed,
}

impl Request<'_> {
    /// Whether the resource, `current` being its representation's tag (`None` if it does not exist),
    /// meets If-Match, If-None-Match and, for GET and FETCH, the ETags the client holds.
    pub fn precondition(&self, current: Option<&ETag>) -> Precondition {
        if !self.is_conditional() {
            return Precondition::Holds;
        }
        if self.if_none_match() && current.is_some() {
            return Precondition::Failed;
        }
        if self.has_if_match() && !current.is_some_and(|tag| self.matches(number::IF_MATCH, tag)) {
            return Precondition::Failed;
        }
        let held = self.code().is_safe() && current.is_some_and(|tag| self.holds(tag));
        if held { Precondition::Valid } else { Precondition::Holds }
    }

    /// Whether one of the If-Match options is empty or equals `tag`.
    fn matches(&self, number: u16, tag: &ETag) -> bool {
        self.values(number).any(|value| value.is_empty() || value == tag.as_bytes())
    }

    fn holds(&self, tag: &ETag) -> bool {
        self.values(number::ETAG).any(|value| value == tag.as_bytes())
    }
}

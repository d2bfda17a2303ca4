//! The name of a request of ours.

/// Names a request of ours until it is answered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RequestId(pub(super) u64);

//! Floor 3: requests and responses, RFC 7252 §5.

mod conditions;
mod etag;
mod outgoing;
mod problem;

mod request;
mod response;

pub use conditions::Precondition;
pub use etag::ETag;
pub use outgoing::Outgoing;

pub use problem::{PROBLEM_FORMAT, Problem};
pub use request::{Rejection, Request, Segments};
pub use response::{Head, Response};

//! Floor 3: requests and responses, RFC 7252 §5.

mod answerable;
mod assembly;
mod conditions;
mod echo;
mod etag;
mod freshness;
mod observation;
mod observers;
mod outgoing;
#[cfg(feature = "host")]
mod passed;
mod problem;
mod request;
mod response;
mod transfer;

pub use answerable::Answerable;
pub use assembly::{Assembly, Misfit, Progress, Refused, Taken, UploadKey, UploadRecord};
pub use conditions::Precondition;
pub use echo::{Echo, EchoValue, Echoed};
pub use etag::ETag;
pub use freshness::Freshness;
pub use observation::{
    Confirm, Due, Interest, ObservationRecord, ObservedRecord, ObserverKey, ObserverSlots,
};
pub use observers::Observers;
pub use outgoing::Outgoing;
#[cfg(feature = "host")]
pub use passed::Passed;
pub use problem::{PROBLEM_FORMAT, Problem};
pub use request::{Rejection, Request, Segments};
pub use response::{Head, Response};
pub use transfer::{Download, Part, Sent, Step, Upload};

//! A load generator: many CoAP clients in one thread, lean enough to outrun a server from one core.
//!
//! It is no endpoint: it writes each request from one template and reads of an answer what it counts. What it keeps
//! from the RFC: messages are confirmable and sent again after ACK_TIMEOUT (RFC 7252 §4.2), and no source address gives
//! a message id twice within EXCHANGE_LIFETIME (§4.4).
//!
//! [`Plan`] says what to do, [`run`] does it and tells by a [`Report`]. From the bottom up: [`sources`] are the addresses
//! and message ids, `network` the sockets, `exchanges` what is outstanding, `load` and `fan_out` the two
//! loops.

mod error;
mod exchanges;
mod fan_out;
mod load;
mod network;
mod plan;
mod report;
mod request;
pub mod sources;

pub use error::BenchError;
pub use plan::{End, LEAST_STATE, MOST_BODY, MOST_EXCHANGES, Method, Plan};
pub use report::{Counts, Latency, Report};

/// Carries the plan out.
///
/// # Errors
/// When the plan cannot be carried out, or the system refuses sockets.
pub fn run(plan: &Plan) -> Result<Report, BenchError> {
    plan.check()?;
    match plan.method {
        Method::Observe => fan_out::run(plan),
        Method::Get | Method::Put | Method::Post => load::run(plan),
    }
}

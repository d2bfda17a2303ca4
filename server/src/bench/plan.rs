//! What to do.

use std::net::SocketAddr;
use std::time::Duration;

use twite::wire::Code;

use super::BenchError;

/// How many exchanges can be outstanding, in all clients together.
pub const MOST_EXCHANGES: usize = 100_000;
/// Bytes of the largest body that goes in one datagram (RFC 7252 §4.6).
pub const MOST_BODY: usize = 1_024;
/// Bytes that tell one state of an observed resource from the next.
pub const LEAST_STATE: usize = 8;

/// What the requests ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Create or replace.
    Put,
    /// Create a child.
    Post,
    /// Observe one resource, which a writer of its own replaces; each state waits until all observers have the last.
    Observe,
}

impl Method {
    /// Its code.
    pub const fn code(self) -> Code {
        match self {
            Self::Get | Self::Observe => Code::GET,
            Self::Put => Code::PUT,
            Self::Post => Code::POST,
        }
    }
}

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// After this time.
    After(Duration),
    /// After so many requests.
    Requests(u64),
}

/// A load.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Whom to ask.
    pub target: SocketAddr,
    /// The value of Uri-Host, if the target was named.
    pub host: Option<String>,
    /// The values of Uri-Path.
    pub path: Vec<String>,
    /// The values of Uri-Query.
    pub query: Vec<String>,
    /// What the requests ask for.
    pub method: Method,
    /// Content-Format of the body.
    pub content_format: Option<u16>,
    /// The only format wanted.
    pub accept: Option<u16>,
    /// The body of each request; of an observed resource, 8 bytes or more, its states.
    pub body: Vec<u8>,
    /// Endpoints that ask.
    pub clients: usize,
    /// Requests of one endpoint that are outstanding at once (RFC 7252 §4.7 asks for one; a load is no ordinary client).
    pub window: usize,
    /// Requests from one source address before a client takes a fresh one; its message ids end that too.
    pub per_source: u64,
    /// Requests per second of all clients together; without it each answer is followed by the next request.
    pub rate: Option<f64>,
    /// Before anything is counted.
    pub warm_up: Duration,
    /// When to stop.
    pub end: End,
    /// The first wait for an acknowledgement, before its random part.
    pub ack_timeout: Duration,
    /// How long answers are waited for after the last request.
    pub patience: Duration,
    /// Whether a host other than this one may be loaded.
    pub another_host: bool,
}

impl Plan {
    /// Whether it can be carried out.
    ///
    /// # Errors
    /// What cannot.
    pub fn check(&self) -> Result<(), BenchError> {
        if !self.another_host && !self.target.ip().to_canonical().is_loopback() {
            return Err(BenchError::NotLoopback(self.target));
        }
        let wanted = self.clients.saturating_mul(self.window);
        if wanted > MOST_EXCHANGES {
            return Err(BenchError::TooManyExchanges { wanted, most: MOST_EXCHANGES });
        }
        if self.body.len() > MOST_BODY {
            return Err(BenchError::TooLarge { body: self.body.len(), most: MOST_BODY });
        }
        if self.method == Method::Observe && self.body.len() < LEAST_STATE {
            return Err(BenchError::ShortState { body: self.body.len(), least: LEAST_STATE });
        }
        Ok(())
    }
}

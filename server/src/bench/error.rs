//! Why there is no report.

use std::net::SocketAddr;

use twite::wire::Code;

/// What is wrong with a plan, or what the system refused.
#[derive(Debug)]
pub enum BenchError {
    /// The target is another host, and nobody said that it may be loaded.
    NotLoopback(SocketAddr),
    /// More exchanges at once than the generator keeps.
    TooManyExchanges {
        /// Clients times window.
        wanted: usize,
        /// The bound.
        most: usize,
    },
    /// The target would need more sockets than the generator opens.
    TooManySockets {
        /// The bound.
        most: usize,
    },
    /// Every source address has used its message ids within EXCHANGE_LIFETIME.
    NoFreshSource {
        /// How many source addresses were used.
        used: u64,
    },
    /// The request does not fit a datagram that needs no blocks.
    TooLarge {
        /// Bytes of the body.
        body: usize,
        /// The bound.
        most: usize,
    },
    /// A state too short to be told from the next.
    ShortState {
        /// Bytes of the body.
        body: usize,
        /// The bound.
        least: usize,
    },
    /// What observes or writes was refused, or the resource cannot be observed.
    Refused {
        /// What the server said.
        code: Code,
        /// Whether the response has the option Observe, or needs none.
        observes: bool,
    },
    /// The system refused.
    Io(std::io::Error),
}

impl std::fmt::Display for BenchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotLoopback(address) => {
                write!(f, "{address} is not this host's loopback: --load-another-host if it is yours to load")
            }
            Self::TooManyExchanges { wanted, most } => {
                write!(f, "{wanted} exchanges at once (clients times window), expected at most {most}")
            }
            Self::TooManySockets { most } => write!(
                f,
                "every client of such a target takes a socket of its own, and a fresh one when it has used its \
                 message ids: expected at most {most} in all"
            ),
            Self::NoFreshSource { used } => write!(
                f,
                "all {used} source addresses have used their message ids within EXCHANGE_LIFETIME (247 s): \
                 a lower rate or a shorter run"
            ),
            Self::TooLarge { body, most } => {
                write!(f, "a body of {body} bytes, expected at most {most}: a request is one datagram")
            }
            Self::ShortState { body, least } => {
                write!(f, "states of {body} bytes, expected at least {least}, by which they differ")
            }
            Self::Refused { code, observes: true } => write!(f, "the server answers {code}"),
            Self::Refused { code, observes: false } => {
                write!(f, "{code}, and no option Observe: it cannot be observed")
            }
            Self::Io(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for BenchError {}

impl From<std::io::Error> for BenchError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

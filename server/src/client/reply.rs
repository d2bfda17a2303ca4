//! What comes back, or why nothing does.

use std::io;
use std::time::Duration;

use twite::endpoint::Failure;
use twite::exchange::Part;
use twite::oscore::ProtectError;
use twite::wire::{Block, Code, Message, number};

use super::MESSAGE;
use crate::config::ConfigError;

/// A response, owned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// Its code.
    pub code: Code,
    /// Its options in order.
    pub options: Vec<(u16, Vec<u8>)>,
    /// Its body.
    pub payload: Vec<u8>,
    /// From the request's first transmission to the response.
    pub elapsed: Duration,
    pub(super) part: Part,
    /// Whether the request is to be sent once more with the Echo value that came.
    pub(super) is_challenge: bool,
}

impl Reply {
    pub(super) fn new(message: &Message<'_>, elapsed: Duration) -> Self {
        let options = message.options().map(|option| (option.number, option.value.to_vec())).collect();
        Self {
            code: message.code(),
            options,
            payload: message.payload().to_vec(),
            elapsed,
            part: Part::of(message),
            is_challenge: false,
        }
    }

    /// The first option of this number as an unsigned integer.
    pub fn uint(&self, number: u16) -> Option<u32> {
        let (_, value) = self.options.iter().find(|(known, _)| *known == number)?;
        twite::wire::uint(value)
    }

    /// Whether the body is no part of a longer one.
    pub fn is_whole(&self) -> bool {
        let block = self.uint(number::BLOCK2).and_then(Block::from_option);
        block.is_none_or(|block| block.number == 0 && !block.more)
    }

    /// The format of the body.
    pub fn content_format(&self) -> Option<u16> {
        self.uint(number::CONTENT_FORMAT).and_then(|format| u16::try_from(format).ok())
    }
}

/// Why there is no response.
#[derive(Debug)]
pub enum ClientError {
    /// The socket failed.
    Io(io::Error),
    /// Nobody answered.
    Failed(Failure),
    /// The request does not fit a message of the largest size.
    TooLarge,
    /// The resource changed again and again while it was fetched block by block.
    Changed,
    /// A block of the response is not the one that was asked for.
    BrokenTransfer,
    /// A protected request was answered without protection, as one that could not be opened (RFC 8613 §8.2).
    Refused {
        /// The code of the answer.
        code: Code,
        /// What it says for people; it could be anybody's.
        diagnostic: String,
    },
    /// Nothing came that was protected under the context; so many answers were not.
    Unopened(u64),
    /// The request cannot be protected.
    Unprotectable(ProtectError),
    /// No sequence numbers could be reserved on disk.
    NotReserved(ConfigError),
}

impl std::fmt::Display for ClientError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                f.write_str("no answer: nobody listens there")
            }
            Self::Io(error) => write!(f, "{error}"),
            Self::Failed(failure) => write!(f, "{failure}"),
            Self::TooLarge => write!(f, "the request does not fit a message of {MESSAGE} bytes"),
            Self::Changed => f.write_str("the resource keeps changing while it is fetched in blocks"),
            Self::BrokenTransfer => f.write_str("the blocks of the response do not fit together"),
            Self::Refused { code, diagnostic } => {
                let separator = if diagnostic.is_empty() { "" } else { " " };
                write!(
                    f,
                    "refused without protection, so by anybody: {code}{separator}{diagnostic}{}",
                    hint(*code)
                )
            }
            Self::Unopened(count) => {
                write!(
                    f,
                    "no answer under the context; answers that were forged, replayed or not protected: {count}"
                )
            }
            Self::Unprotectable(error) => write!(f, "the request cannot be protected: {error}"),
            Self::NotReserved(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for ClientError {}

/// What is probably wrong.
fn hint(code: Code) -> &'static str {
    match code.to_string().as_str() {
        "4.00" => "; expected a server with the same keys",
        "4.01" => "; expected a server that has this context, and a request that it did not see before",
        "4.02" => "; expected a server that takes OSCORE",
        _ => "",
    }
}

impl From<ProtectError> for ClientError {
    fn from(error: ProtectError) -> Self {
        match error {
            ProtectError::Full => Self::TooLarge,
            _ => Self::Unprotectable(error),
        }
    }
}

impl From<io::Error> for ClientError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

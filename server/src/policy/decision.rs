//! What is said to who may not do something: the same for every transport.

use twite::wire::ResponseType;

use super::methods::Methods;

/// Why a request is not permitted (RFC 9200 §5.10.2). Decided by who asks, for what path and by what method; whether there is
/// a resource makes no difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Denial {
    /// Nobody is known to ask, and not everybody may do that.
    Unauthenticated,
    /// Whoever asks may do nothing at this path.
    Path,
    /// Whoever asks may do these at this path, and nothing else.
    Method(Methods),
}

impl Denial {
    /// The code of the answer in CoAP: 4.01, 4.03 or 4.05.
    pub const fn code(self) -> ResponseType {
        match self {
            Self::Unauthenticated => ResponseType::Unauthorized,
            Self::Path => ResponseType::Forbidden,
            Self::Method(_) => ResponseType::MethodNotAllowed,
        }
    }

    /// The status of the answer in HTTP: 401, 403 or 405.
    pub const fn status(self) -> u16 {
        match self {
            Self::Unauthenticated => 401,
            Self::Path => 403,
            Self::Method(_) => 405,
        }
    }

    /// The value of `WWW-Authenticate` in HTTP, where it is needed (RFC 6750 §3).
    pub const fn challenge(self) -> Option<&'static str> {
        match self {
            Self::Unauthenticated => Some("Bearer realm=\"twite\""),
            _ => None,
        }
    }

    /// The value of `Allow` in HTTP, where it is needed.
    pub fn allow(self) -> Option<String> {
        match self {
            Self::Method(methods) => Some(methods.to_allow()),
            _ => None,
        }
    }

    /// One sentence for the client.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Unauthenticated => "not everybody may do that",
            Self::Path => "not permitted here",
            Self::Method(_) => "method not permitted here",
        }
    }
}

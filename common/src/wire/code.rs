//! The code of a message, RFC 7252 §3 and §12.1.

use core::fmt;

use coap_lite::{MessageClass, RequestType, ResponseType};

/// A message code: class in the upper three bits, detail in the lower five.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code(pub u8);

impl Code {
    /// 0.00: no request and no response.
    pub const EMPTY: Self = Self(0);
    /// 0.01
    pub const GET: Self = Self(0x01);
    /// 0.02
    pub const POST: Self = Self(0x02);
    /// 0.03
    pub const PUT: Self = Self(0x03);
    /// 0.04
    pub const DELETE: Self = Self(0x04);
    /// 0.05, RFC 8132
    pub const FETCH: Self = Self(0x05);
    /// 0.06, RFC 8132
    pub const PATCH: Self = Self(0x06);
    /// 0.07, RFC 8132
    pub const IPATCH: Self = Self(0x07);

    /// 4.01
    pub const UNAUTHORIZED: Self = Self(0x81);

    /// The digit before the dot.
    pub const fn class(self) -> u8 {
        self.0 >> 5
    }

    /// The two digits behind the dot.
    pub const fn detail(self) -> u8 {
        self.0 & 0x1f
    }

    /// A method, known or not (0.01 to 0.31).
    pub const fn is_request(self) -> bool {
        self.class() == 0 && self.0 != 0
    }

    /// A response (classes 2, 4 and 5).
    pub const fn is_response(self) -> bool {
        matches!(self.class(), 2 | 4 | 5)
    }

    /// Classes nobody may use yet: 1, 3, 6 and 7 (RFC 7252 §3; class 7 signals over TCP only).
    pub const fn is_reserved(self) -> bool {
        matches!(self.class(), 1 | 3 | 6 | 7)
    }

    /// Whether the request changes nothing, so that answering it twice is harmless (RFC 7252 §5.1, RFC 8132 §2).
    pub const fn is_safe(self) -> bool {
        matches!(self, Self::GET | Self::FETCH)
    }

    /// Whether repeating the request has the effect of doing it once (RFC 7252 §5.1, RFC 8132 §3: iPATCH).
    pub const fn is_idempotent(self) -> bool {
        matches!(self.0, 0x01 | 0x03 | 0x04 | 0x05 | 0x07)
    }

    /// The method in coap-lite's words; `UnKnown` for those without a name.
    pub const fn method(self) -> RequestType {
        match self.0 {
            0x01 => RequestType::Get,
            0x02 => RequestType::Post,
            0x03 => RequestType::Put,
            0x04 => RequestType::Delete,
            0x05 => RequestType::Fetch,
            0x06 => RequestType::Patch,
            0x07 => RequestType::IPatch,
            _ => RequestType::UnKnown,
        }
    }
}

impl From<RequestType> for Code {
    fn from(method: RequestType) -> Self {
        Self(MessageClass::Request(method).into())
    }
}

impl From<ResponseType> for Code {
    fn from(response: ResponseType) -> Self {
        Self(MessageClass::Response(response).into())
    }
}

impl From<Code> for MessageClass {
    fn from(code: Code) -> Self {
        code.0.into()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.class(), self.detail())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

//! What can be wrong with a URI, as sentences.

use std::fmt;

/// The reasons for which text is not a `coap` URI.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UriError {
    /// A scheme other than `coap`.
    Scheme(String),
    /// No host stands before the path.
    NoHost,
    /// A user name or password before the host.
    UserInformation,
    /// A host that is neither an address nor a name.
    Host(String),
    /// An IPv6 address without brackets.
    Brackets(String),
    /// A zone at an address that has none, or one that is empty or has other characters than names of interfaces.
    Zone(String),
    /// A port that is not a number from 1 to 65535.
    Port(String),
    /// A fragment: it names nothing that a server has.
    Fragment,
    /// A character that must be percent-encoded.
    Character(char),
    /// A percent sign without two hexadecimal digits.
    Percent,
    /// Bytes that are not UTF-8, which the options must be.
    NotUtf8(String),
    /// A host, path segment or query argument that no option holds.
    TooLong(String),
}

impl std::error::Error for UriError {}

impl fmt::Display for UriError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme(scheme) => match scheme.as_str() {
                "coaps" => formatter.write_str("coaps (CoAP over DTLS) is not supported, use coap://"),
                "coap+tcp" | "coaps+tcp" | "coap+ws" | "coaps+ws" => {
                    write!(
                        formatter,
                        "{scheme} (CoAP over reliable transports) is not supported, use coap://"
                    )
                }
                _ => write!(formatter, "the scheme is {scheme:?}, expected coap://"),
            },
            Self::NoHost => formatter.write_str("no host, expected coap://HOST[:PORT]/PATH"),
            Self::UserInformation => {
                formatter.write_str("a user before the host (`@`) has no place in a coap URI")
            }
            Self::Host(host) => write!(formatter, "{host:?} is neither an address nor a host name"),
            Self::Brackets(host) => {
                write!(formatter, "an IPv6 address stands in brackets: expected [{}]", host.escape_debug())
            }
            Self::Zone(zone) => {
                write!(formatter, "{zone:?} is not a zone, expected an IPv6 address such as [fe80::1%eth0]")
            }
            Self::Port(port) => write!(formatter, "port {port:?}, expected a number from 1 to 65535"),
            Self::Fragment => formatter.write_str("a coap URI has no fragment, write `#` as %23"),
            Self::Character(character) => {
                let mut encoded = [0; 4];
                write!(formatter, "{character:?} must be written as ")?;
                character
                    .encode_utf8(&mut encoded)
                    .bytes()
                    .try_for_each(|byte| write!(formatter, "%{byte:02X}"))
            }
            Self::Percent => {
                formatter.write_str("`%` must be followed by two hexadecimal digits, itself it is %25")
            }
            Self::NotUtf8(part) => write!(formatter, "{part:?} does not decode to UTF-8"),
            Self::TooLong(part) => {
                let start: String = part.chars().take(16).collect();
                write!(formatter, "the part that begins {start:?} is longer than 255 bytes")
            }
        }
    }
}

//! What the query of a registration says, RFC 9176 §5.

use std::net::{IpAddr, SocketAddr};

/// The longest name of an endpoint or a sector, in bytes (RFC 9176 §9.3).
const NAME: usize = 63;
/// The longest base URI, in bytes: with its name it is an option (RFC 7252 §5.10).
pub const BASE: usize = 250;
/// The most attributes of an endpoint, and the bytes of all.
const ATTRIBUTES: (usize, usize) = (16, 1024);
/// Attributes that links of a lookup have for themselves.
const TAKEN: &[&str] = &["anchor", "count", "href", "page", "rel", "rt"];

/// The port of CoAP, which a URI does not say.
const PORT: u16 = 5683;

/// The arguments of a registration or an update.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// `ep`: the name of the endpoint.
    pub name: Option<String>,
    /// `d`: the sector it is in.
    pub sector: Option<String>,
    /// `lt`: seconds that the registration lasts.
    pub lifetime: Option<u32>,
    /// `base`: what its links are relative to, without a slash at its end.
    pub base: Option<String>,
    /// Every other argument.
    pub attributes: Vec<(String, String)>,
}

impl Parameters {
    /// Reads the arguments of a query.
    ///
    /// # Errors
    /// A sentence that names the argument and what was expected.
    pub fn read<'q>(query: impl Iterator<Item = &'q [u8]>) -> Result<Self, String> {
        let mut parameters = Self::default();
        for argument in query {
            let argument = std::str::from_utf8(argument).map_err(|_| "expected arguments in UTF-8")?;
            let (name, value) = argument.split_once('=').unwrap_or((argument, ""));
            let known = match name {
                "ep" => parameters.name.replace(checked_name(name, value)?).is_some(),
                "d" => parameters.sector.replace(checked_name(name, value)?).is_some(),
                "lt" => parameters.lifetime.replace(lifetime(value)?).is_some(),
                "base" => parameters.base.replace(base(value)?).is_some(),
                _ => {
                    let attribute = attribute(name, value)?;
                    let known = parameters.attributes.iter().any(|(known, _)| *known == name);
                    parameters.attributes.push(attribute);
                    known
                }
            };
            if known {
                return Err(format!("{name} stands twice, expected it once"));
            }
        }
        let bytes: usize = parameters.attributes.iter().map(|(name, value)| name.len() + value.len()).sum();
        if parameters.attributes.len() > ATTRIBUTES.0 || bytes > ATTRIBUTES.1 {
            let (most, bytes) = ATTRIBUTES;
            return Err(format!("expected at most {most} other arguments of at most {bytes} bytes"));
        }
        Ok(parameters)
    }
}

/// The base of an endpoint that does not say its own: where its request came from (RFC 9176 §5).
#[must_use]
pub fn base_of(remote: SocketAddr) -> String {
    let host = match remote.ip().to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    match remote.port() {
        PORT => format!("coap://{host}"),
        port => format!("coap://{host}:{port}"),
    }
}

fn checked_name(name: &str, value: &str) -> Result<String, String> {
    if (1..=NAME).contains(&value.len()) && !value.chars().any(char::is_control) {
        return Ok(value.to_owned());
    }
    Err(format!("{name}: expected 1 to {NAME} bytes without control characters"))
}

fn lifetime(value: &str) -> Result<u32, String> {
    let number = value.parse().ok().filter(|seconds| *seconds > 0);
    number.ok_or_else(|| format!("lt: expected seconds from 1 to {}", u32::MAX))
}

fn base(value: &str) -> Result<String, String> {
    let trimmed = value.strip_suffix('/').unwrap_or(value);
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let is_authority = |authority: &str| {
        !authority.is_empty()
            && authority
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:@[]".contains(&byte))
    };
    match trimmed.split_once("://") {
        Some((scheme, authority))
            if is_scheme(scheme) && is_authority(authority) && trimmed.len() <= BASE =>
        {
            Ok(trimmed.to_owned())
        }
        _ => Err(format!("base: expected scheme://host or scheme://host:port of at most {BASE} bytes")),
    }
}

fn attribute(name: &str, value: &str) -> Result<(String, String), String> {
    // RFC 8288 §3 and RFC 6690 §2: parmname.
    let is_name = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte));
    if !is_name || value.chars().any(char::is_control) {
        return Err(format!("{name:?}: expected name=value without control characters"));
    }
    if TAKEN.contains(&name) {
        return Err(format!("{name}: expected another name, since links of a lookup have it"));
    }
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Parameters, String> {
        Parameters::read(query.split('&').filter(|_| !query.is_empty()).map(str::as_bytes))
    }

    #[test]
    fn every_argument_has_its_rule() {
        let parameters =
            read("ep=node1&d=hall&lt=600&base=coap://[2001:db8::1]:61616/&et=oic.d&flag").expect("sound");
        assert_eq!((parameters.name.as_deref(), parameters.sector.as_deref()), (Some("node1"), Some("hall")));
        assert_eq!(parameters.lifetime, Some(600));
        assert_eq!(parameters.base.as_deref(), Some("coap://[2001:db8::1]:61616"));
        assert_eq!(parameters.attributes, [("et".into(), "oic.d".into()), ("flag".into(), String::new())]);
        assert_eq!(read(""), Ok(Parameters::default()));
        let long = format!("ep={}", "x".repeat(64));
        let many = (0..17).map(|number| format!("a{number}=")).collect::<Vec<_>>().join("&");
        for bad in [
            "ep=",
            "ep=a\u{7}",
            "lt=0",
            "lt=-1",
            "lt=4294967296",
            "lt=",
            "ep=a&ep=b",
            "base=coap://",
            "base=/x",
            "base=coap://h/x",
            "base=1://h",
            "base=coap://h\"",
            "base=coap://h>",
            "href=/x",
            "page=1",
            "rt=x",
            "a b=c",
            "=x",
            "et=1&et=2",
            &long,
            &many,
            &format!("a={}", "x".repeat(1024)),
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(Parameters::read([b"ep=\xff".as_slice()].into_iter()).is_err());
    }

    #[test]
    fn the_base_is_where_the_request_came_from() {
        for (remote, base) in [
            ("192.0.2.1:5683", "coap://192.0.2.1"),
            ("[::ffff:192.0.2.1]:61616", "coap://192.0.2.1:61616"),
            ("[fe80::1%3]:5683", "coap://[fe80::1]"),
        ] {
            assert_eq!(base_of(remote.parse().expect("an address")), base);
        }
    }
}

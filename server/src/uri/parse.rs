//! Taking the text apart (RFC 7252 section 6.4).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::{CoapUri, DEFAULT_PORT, Host, UriError, percent};

impl FromStr for CoapUri {
    type Err = UriError;

    /// Parses `coap://HOST[:PORT][/PATH][?QUERY]`; without a scheme, `coap://` is meant.
    fn from_str(text: &str) -> Result<Self, UriError> {
        take_apart(after_scheme(text)?, DEFAULT_PORT)
    }
}

/// Takes apart what stands behind the scheme and its slashes; `port` is the one that is meant where none is named.
pub(super) fn take_apart(rest: &str, port: u16) -> Result<CoapUri, UriError> {
    if rest.contains('#') {
        return Err(UriError::Fragment);
    }
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    let (authority, path) = match rest.split_once('/') {
        Some((authority, path)) => (authority, path),
        None => (rest, ""),
    };
    let (host, port) = parse_authority(authority, port)?;
    let query = match query {
        Some(query) => {
            query.split('&').map(|argument| percent::decode(argument, ":@/?")).collect::<Result<_, _>>()?
        }
        None => Vec::new(),
    };
    Ok(CoapUri { host, port, path: parse_path(path)?, query })
}

fn after_scheme(text: &str) -> Result<&str, UriError> {
    match text.split_once("://") {
        // Slashes may stand in a path or a query as well; what is before them is no scheme then.
        Some((scheme, rest)) if !scheme.contains(['/', '?', '#', '[']) => {
            let scheme = scheme.to_ascii_lowercase();
            if scheme == "coap" { Ok(rest) } else { Err(UriError::Scheme(scheme)) }
        }
        _ => Ok(text),
    }
}

fn parse_authority(authority: &str, default: u16) -> Result<(Host, u16), UriError> {
    if authority.contains('@') {
        return Err(UriError::UserInformation);
    }
    if let Some(literal) = authority.strip_prefix('[') {
        let Some((literal, port)) = literal.split_once(']') else {
            return Err(UriError::Host(authority.to_owned()));
        };
        let port = match port.strip_prefix(':') {
            Some(port) => parse_port(port, default)?,
            None if port.is_empty() => default,
            None => return Err(UriError::Host(authority.to_owned())),
        };
        return Ok((parse_address(literal)?, port));
    }
    if authority.split('%').next().is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()) {
        return Err(UriError::Brackets(authority.to_owned()));
    }
    match authority.split_once(':') {
        Some((host, port)) => {
            let host = parse_host(host)?;
            Ok((host, parse_port(port, default)?))
        }
        None => Ok((parse_host(authority)?, default)),
    }
}

fn parse_port(port: &str, default: u16) -> Result<u16, UriError> {
    if port.is_empty() {
        return Ok(default);
    }
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse() {
        Ok(number @ 1..) if digits => Ok(number),
        _ => Err(UriError::Port(port.to_owned())),
    }
}

/// What stands in brackets: an address, and after `%25` or (as people type it) `%` a zone.
fn parse_address(literal: &str) -> Result<Host, UriError> {
    let (address, zone) = match literal.split_once('%') {
        Some((address, zone)) => {
            let zone = zone.strip_prefix("25").filter(|zone| !zone.is_empty()).unwrap_or(zone);
            (address, Some(parse_zone(zone)?))
        }
        None => (literal, None),
    };
    match address.parse::<Ipv6Addr>() {
        Ok(address) => Ok(Host::Ip(IpAddr::V6(address), zone)),
        Err(_) => Err(UriError::Host(literal.to_owned())),
    }
}

fn parse_zone(zone: &str) -> Result<String, UriError> {
    let unusable = || UriError::Zone(zone.to_owned());
    let decoded = percent::decode(zone, ":@").map_err(|_| unusable())?;
    if decoded.is_empty() || decoded.contains(|character: char| !character.is_ascii_graphic()) {
        return Err(unusable());
    }
    Ok(decoded)
}

fn parse_host(host: &str) -> Result<Host, UriError> {
    if host.is_empty() {
        return Err(UriError::NoHost);
    }
    let name = percent::decode(host, "")?.to_lowercase();
    if let Ok(address) = name.parse::<Ipv4Addr>() {
        return Ok(Host::Ip(IpAddr::V4(address), None));
    }
    // Numbers with dots are meant as an address; a look-up would only take time to say no.
    if name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && name.contains('.') {
        return Err(UriError::Host(name));
    }
    if name.len() > super::OPTION_BYTES {
        return Err(UriError::TooLong(name));
    }
    if name.contains(|character: char| character.is_control() || character.is_whitespace()) {
        return Err(UriError::Host(name));
    }
    Ok(Host::Name(name))
}

/// The path after its first slash. Dot segments are resolved as in a reference (RFC 3986 section 5.2.4), since no
/// option may carry them; encoded dots are dots.
fn parse_path(path: &str) -> Result<Vec<String>, UriError> {
    let mut segments = Vec::new();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        let segment = percent::decode(part, ":@")?;
        match segment.as_str() {
            "." => {}
            ".." => {
                segments.pop();
            }
            _ => {
                segments.push(segment);
                continue;
            }
        }
        if parts.peek().is_none() {
            segments.push(String::new());
        }
    }
    // `/` is the root, and so is no path at all.
    if segments == [""] {
        segments.clear();
    }
    Ok(segments)
}

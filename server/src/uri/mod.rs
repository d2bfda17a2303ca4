//! `coap` URIs (RFC 7252 section 6): from text to what the options of a request carry, and back.

mod error;
mod format;
mod parse;
mod percent;

use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV6, ToSocketAddrs};

pub use error::UriError;

/// The port of a URI that names none (RFC 7252 section 6.1).
pub const DEFAULT_PORT: u16 = 5683;

/// The bytes that a host, a path segment or an argument of the query can have (RFC 7252 section 5.10).
pub const OPTION_BYTES: usize = 255;

/// A `coap` URI, taken apart. Its text is parsed with [`str::parse`] and restored by [`ToString`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CoapUri {
    /// Whom to ask.
    pub host: Host,
    /// The UDP port.
    pub port: u16,
    /// The values of the Uri-Path options, decoded. Empty for the root; never `.` or `..`.
    pub path: Vec<String>,
    /// The values of the Uri-Query options, decoded.
    pub query: Vec<String>,
}

/// The host of a URI.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// An address literal; an IPv6 address can name the zone (an interface, RFC 4007 section 11) it is valid in.
    Ip(IpAddr, Option<String>),
    /// A name to be looked up, in lower case.
    Name(String),
}

impl CoapUri {
    /// Takes apart a URI that is built like a `coap` URI, from behind the slashes of its scheme; `port` is that of the
    /// scheme.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn behind_scheme(text: &str, port: u16) -> Result<Self, UriError> {
        parse::take_apart(text, port)
    }

    /// The value of the Uri-Host option: a name. An address is the request's destination already (RFC 7252 section
    /// 6.4, step 5).
    pub fn uri_host_option(&self) -> Option<&str> {
        match &self.host {
            Host::Name(name) => Some(name),
            Host::Ip(..) => None,
        }
    }

    /// The addresses to send to, in the order of preference; for a name this asks the system and may block.
    ///
    /// # Errors
    /// The name or the zone is not known.
    pub fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        match &self.host {
            Host::Ip(IpAddr::V6(address), Some(zone)) => {
                let address = SocketAddrV6::new(*address, self.port, 0, zone_index(zone)?);
                Ok(vec![SocketAddr::V6(address)])
            }
            Host::Ip(address, _) => Ok(vec![SocketAddr::new(*address, self.port)]),
            Host::Name(name) => {
                let addresses: Vec<_> = (name.as_str(), self.port)
                    .to_socket_addrs()
                    .map_err(|error| io::Error::new(error.kind(), format!("{name}: {error}")))?
                    .collect();
                if addresses.is_empty() {
                    return Err(io::Error::new(io::ErrorKind::NotFound, format!("{name}: no address")));
                }
                Ok(addresses)
            }
        }
    }
}

/// The index of an interface: a number is one, a name is looked up in the kernel's list.
fn zone_index(zone: &str) -> io::Result<u32> {
    if let Ok(index) = zone.parse() {
        return Ok(index);
    }
    let unknown = || io::Error::new(io::ErrorKind::NotFound, format!("there is no interface {zone:?}"));
    if zone.contains('/') || zone.starts_with('.') {
        return Err(unknown());
    }
    let index = std::fs::read_to_string(format!("/sys/class/net/{zone}/ifindex")).map_err(|_| unknown())?;
    index.trim().parse().map_err(|_| unknown())
}

#[cfg(test)]
mod tests;

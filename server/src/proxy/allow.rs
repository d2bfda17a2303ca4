//! Which targets the configuration allows. What it does not name is not asked, and no name of it is looked up.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use twite::reliability::Prefix;

use super::special::special;
use super::target::{Refused, Scheme, Target, check_name};
use crate::uri::Host;

/// What one line of the list allows.
///
/// | line | targets |
/// |---|---|
/// | `coap://device.example.org` | this name, on the port of the scheme |
/// | `coap://*.example.org:61616` | every name below it, on this port |
/// | `coap://10.1.0.0/16:*` | these addresses, on every port |
/// | `http://[2001:db8::/32]` | these of IPv6 |
///
/// A name may lead to places of the Internet. Where it leads to other addresses (this host, private and local
/// networks) these have to be on the list too, with scheme and port; and a prefix lists them only if it is of such
/// addresses alone, so that `0.0.0.0/0` does not mean this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    scheme: Scheme,
    hosts: Hosts,
    /// `None` for all of them.
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    Name(String),
    /// All that end with this, which begins with a dot.
    Below(String),
    Addresses(Prefix),
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList(Vec<Allowed>);

impl Allowed {
    /// Reads a line.
    ///
    /// # Errors
    /// A sentence that names what was expected.
    pub fn read(text: &str) -> Result<Self, String> {
        let expected = || {
            format!(
                "{text:?} is no target, expected SCHEME://HOST or SCHEME://HOST:PORT, such as coap://*.example.org, \
                 coap://10.1.0.0/16:5683, coap://[2001:db8::/32]:* or http://example.org"
            )
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(expected)?;
        let scheme = Scheme::named(scheme).map_err(|refused| format!("{text:?}: {refused}"))?;
        let (hosts, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((literal, "")) => (literal, None),
            Some((literal, behind)) => (literal, Some(behind.strip_prefix(':').ok_or_else(expected)?)),
            None => rest.split_once(':').map_or((rest, None), |(hosts, port)| (hosts, Some(port))),
        };
        let port = match port {
            None => Some(scheme.port()),
            Some("*") => None,
            Some(port) => {
                let digits = port.bytes().all(|byte| byte.is_ascii_digit());
                Some(port.parse().ok().filter(|port| digits && *port != 0).ok_or_else(expected)?)
            }
        };
        let is_v6 = rest.starts_with('[');
        let hosts = match (Hosts::addresses(hosts), is_v6) {
            (Some(prefix), _) if prefix.address().is_ipv6() == is_v6 => Hosts::Addresses(prefix),
            (None, false) => Hosts::names(hosts).ok_or_else(expected)?,
            _ => return Err(expected()),
        };
        if let Hosts::Addresses(prefix) = &hosts
            && (prefix.address().is_multicast() || prefix.address().to_canonical() != prefix.address())
        {
            return Err(format!("{text:?} is of a group or of mapped addresses, expected those of hosts"));
        }
        Ok(Self { scheme, hosts, port })
    }

    /// Whether it speaks of this scheme and port.
    fn is_about(&self, target: &Target) -> bool {
        self.scheme == target.scheme && self.port.is_none_or(|port| port == target.uri.port)
    }

    /// Whether it lists an address, also a special one.
    fn lists(&self, address: IpAddr) -> bool {
        let Hosts::Addresses(prefix) = &self.hosts else { return false };
        let is_meant = special(address)
            .is_none_or(|range| range.contains(prefix.address()) && range.length() <= prefix.length());
        prefix.contains(address) && is_meant
    }

    fn has_name(&self, name: &str) -> bool {
        match &self.hosts {
            Hosts::Name(known) => known == name,
            Hosts::Below(end) => name.len() > end.len() && name.ends_with(end.as_str()),
            Hosts::Addresses(_) => false,
        }
    }
}

impl Hosts {
    fn addresses(text: &str) -> Option<Prefix> {
        let (address, length) =
            text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.parse().ok()?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Some(all), |length| length.parse().ok())?;
        Prefix::new(address, length)
    }

    fn names(text: &str) -> Option<Self> {
        let name = text.strip_prefix('*').map_or(text, |end| end.strip_prefix('.').unwrap_or(""));
        check_name(name).ok()?;
        Some(match text.strip_prefix('*') {
            Some(end) => Self::Below(end.to_owned()),
            None => Self::Name(name.to_owned()),
        })
    }
}

impl AllowList {
    /// A list of these.
    #[must_use]
    pub const fn new(allowed: Vec<Allowed>) -> Self {
        Self(allowed)
    }

    /// Whether nothing is allowed: there is no proxy.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a target may be looked at: asked before its name is looked up.
    ///
    /// # Errors
    /// That it may not.
    pub fn admit(&self, target: &Target) -> Result<(), Refused> {
        let may = match &target.uri.host {
            Host::Ip(address, _) => self.admits(target, *address),
            Host::Name(name) => self.about(target).any(|allowed| allowed.has_name(name)),
        };
        if may { Ok(()) } else { Err(Refused::NotAllowed) }
    }

    /// The one of a name's addresses to speak to, and to no other.
    ///
    /// # Errors
    /// That one of them is not allowed, or that there is none: who answers for the name sends us somewhere else.
    pub fn pin(&self, target: &Target, addresses: &[SocketAddr]) -> Result<SocketAddr, Refused> {
        let addresses: Vec<SocketAddr> = addresses
            .iter()
            .map(|address| SocketAddr::new(address.ip().to_canonical(), address.port()))
            .collect();
        let first = addresses.first().ok_or(Refused::NotAllowed)?;
        if addresses.iter().all(|address| self.admits(target, address.ip())) {
            Ok(*first)
        } else {
            Err(Refused::NotAllowed)
        }
    }

    /// Whether an address may be spoken to for this target, which is a name that is allowed or the address itself.
    fn admits(&self, target: &Target, address: IpAddr) -> bool {
        if address.is_multicast() || address.is_unspecified() {
            return false;
        }
        let is_named = matches!(target.uri.host, Host::Name(_)) && special(address).is_none();
        is_named || self.about(target).any(|allowed| allowed.lists(address))
    }

    fn about<'l>(&'l self, target: &'l Target) -> impl Iterator<Item = &'l Allowed> {
        self.0.iter().filter(|allowed| allowed.is_about(target))
    }

    /// The lines.
    pub fn lines(&self) -> impl Iterator<Item = &Allowed> {
        self.0.iter()
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://", self.scheme.name())?;
        match &self.hosts {
            Hosts::Name(name) => formatter.write_str(name)?,
            Hosts::Below(end) => write!(formatter, "*{end}")?,
            Hosts::Addresses(prefix) => {
                let (address, length) = (prefix.address(), prefix.length());
                let prefix = format!("{address}/{length}");
                formatter.write_str(&if address.is_ipv4() { prefix } else { format!("[{prefix}]") })?;
            }
        }
        match self.port {
            None => formatter.write_str(":*"),
            Some(port) if port == self.scheme.port() => Ok(()),
            Some(port) => write!(formatter, ":{port}"),
        }
    }
}

#[cfg(test)]
mod tests;

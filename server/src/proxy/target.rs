//! What a proxied request is about: a URI (RFC 7252 §5.10.2, RFC 8075 §5.3), or the options that say the same.

use std::fmt;

use crate::uri::{self, CoapUri, Host};

/// The protocol of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// CoAP over UDP.
    Coap,
    /// HTTP over TCP.
    Http,
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// How to ask there.
    pub scheme: Scheme,
    /// Whom, and for what. An address is no IPv4 address in the clothes of IPv6.
    pub uri: CoapUri,
}

/// Why nobody is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A scheme that is none of ours.
    Scheme(String),
    /// It is no URI, or one whose host different programs take for different hosts.
    Malformed(String),
    /// The configuration does not allow it.
    NotAllowed,
}

/// The longest name (RFC 1035 §2.3.4) and the longest of its labels, in bytes.
const NAME: (usize, usize) = (253, 63);

impl Scheme {
    /// The scheme of this name.
    ///
    /// # Errors
    /// That it is none of ours.
    pub fn named(name: &str) -> Result<Self, Refused> {
        let known = [Self::Coap, Self::Http].into_iter();
        let mut named = known.filter(|scheme| scheme.name().eq_ignore_ascii_case(name));
        named.next().ok_or_else(|| Refused::Scheme(name.chars().take(32).collect()))
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Coap => "coap",
            Self::Http => "http",
        }
    }

    /// The port that is meant where none is named.
    pub const fn port(self) -> u16 {
        match self {
            Self::Coap => uri::DEFAULT_PORT,
            Self::Http => 80,
        }
    }
}

impl Target {
    /// Takes a URI apart.
    ///
    /// # Errors
    /// Why nobody is asked.
    pub fn read(text: &str) -> Result<Self, Refused> {
        let (scheme, rest) = text.split_once("://").ok_or_else(|| {
            Refused::Malformed("expected an absolute URI such as coap://HOST/PATH".to_owned())
        })?;
        let scheme = Scheme::named(scheme)?;
        let uri = CoapUri::behind_scheme(rest, scheme.port())
            .map_err(|error| Refused::Malformed(error.to_string()))?;
        Self { scheme, uri }.checked()
    }

    /// Of the options Proxy-Scheme, Uri-Host and Uri-Port, Uri-Path and Uri-Query (RFC 7252 §5.10.2).
    ///
    /// # Errors
    /// Why nobody is asked.
    pub fn of_options(
        scheme: &str,
        host: &str,
        port: Option<u16>,
        path: Vec<String>,
        query: Vec<String>,
    ) -> Result<Self, Refused> {
        let scheme = Scheme::named(scheme)?;
        let expected = |what: &str| Refused::Malformed(format!("expected {what}"));
        if host.contains(['/', '?', '%', '@']) {
            return Err(expected("a host name or an address in Uri-Host"));
        }
        let alone = CoapUri::behind_scheme(host, 0).map_err(|error| Refused::Malformed(error.to_string()))?;
        if alone.port != 0 {
            return Err(expected("a port in Uri-Port, not in Uri-Host"));
        }
        if port == Some(0) || path.iter().any(|segment| segment == "." || segment == "..") {
            return Err(expected("a port from 1 on and no segment `.` or `..`"));
        }
        let uri = CoapUri { port: port.unwrap_or(scheme.port()), path, query, ..alone };
        Self { scheme, uri }.checked()
    }

    /// The host as a URI has it, with the port if it is not that of the scheme.
    pub fn authority(&self) -> String {
        if self.uri.port == self.scheme.port() {
            self.uri.host.to_string()
        } else {
            format!("{}:{}", self.uri.host, self.uri.port)
        }
    }

    /// Where it is for a policy: `hc/SCHEME/HOST/PATH`, the host with its port where that is not the scheme's.
    pub fn segments(&self) -> Vec<Vec<u8>> {
        let first = ["hc".to_owned(), self.scheme.name().to_owned(), self.authority()];
        first.iter().chain(&self.uri.path).map(|segment| segment.clone().into_bytes()).collect()
    }

    /// A host that means the same to everybody.
    fn checked(mut self) -> Result<Self, Refused> {
        match &mut self.uri.host {
            Host::Ip(_, Some(_)) => Err(Refused::Malformed("expected an address without a zone".to_owned())),
            Host::Ip(address, None) => {
                *address = address.to_canonical();
                Ok(self)
            }
            Host::Name(name) => match check_name(name) {
                Ok(()) => Ok(self),
                Err(expected) => Err(Refused::Malformed(expected)),
            },
        }
    }
}

/// Whether a name can be nothing but one: no number that some resolvers take for an address, no dot at its end.
///
/// # Errors
/// A sentence that names what was expected.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    let is_label = |label: &str| (1..=NAME.1).contains(&label.len()) && label.bytes().all(fits);
    if name.len() > NAME.0 || !name.split('.').all(is_label) {
        return Err(
            "expected a host name of letters, digits and hyphens, without a dot at its end".to_owned()
        );
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_number = last.strip_prefix("0x").map_or_else(
        || last.bytes().all(|byte| byte.is_ascii_digit()),
        |digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
    );
    if is_number {
        return Err("expected an IPv4 address as four decimal numbers, or a name".to_owned());
    }
    Ok(())
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}{}", self.scheme.name(), self.authority(), self.uri.reference())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme(scheme) => write!(formatter, "the scheme is {scheme:?}, expected coap or http"),
            Self::Malformed(expected) => formatter.write_str(expected),
            Self::NotAllowed => formatter.write_str("proxy.targets does not allow it"),
        }
    }
}

impl std::error::Error for Refused {}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Target {
        Target::read(text).unwrap_or_else(|refused| panic!("{text}: {refused}"))
    }

    #[test]
    fn targets_are_uris() {
        for (text, same) in [
            ("coap://Example.ORG/a%2Fb?x=1&y", "coap://example.org/a%2Fb?x=1&y"),
            ("COAP://192.0.2.1:5683/", "coap://192.0.2.1/"),
            ("coap://[::ffff:192.0.2.1]:99", "coap://192.0.2.1:99/"),
            ("coap://192.0.2.%31/", "coap://192.0.2.1/"),
            ("http://h.example:80/a//b", "http://h.example/a//b"),
            ("http://h.example:5683", "http://h.example:5683/"),
            ("http://[2001:DB8::1]/../x", "http://[2001:db8::1]/x"),
        ] {
            assert_eq!(read(text).to_string(), same, "{text}");
            assert_eq!(read(same), read(text), "{text}");
        }
        let segments = read("coap://h.example:99/a%2Fb/c?q").segments();
        assert_eq!(segments, [b"hc".as_slice(), b"coap", b"h.example:99", b"a/b", b"c"]);
    }

    #[test]
    fn options_say_the_same() {
        let of = |scheme: &str, host: &str, port| {
            Target::of_options(scheme, host, port, vec!["a".into(), "b c".into()], vec!["q".into()])
        };
        assert_eq!(of("coap", "h.example", None), Ok(read("coap://h.example/a/b%20c?q")));
        assert_eq!(of("HTTP", "[2001:db8::1]", Some(99)), Ok(read("http://[2001:db8::1]:99/a/b%20c?q")));
        for host in ["h:99", "h/x", "u@h", "h?", "%68", "", "h.", "2130706433", "[::1%25lo]", "h#"] {
            assert!(of("coap", host, None).is_err(), "{host}");
        }
        assert!(of("coap", "h", Some(0)).is_err() && of("ftp", "h", None).is_err());
        assert!(Target::of_options("coap", "h", None, vec!["..".into()], Vec::new()).is_err());
    }

    #[test]
    fn what_different_programs_take_for_different_hosts_is_none() {
        for text in [
            // Numbers that inet_aton takes for 127.0.0.1.
            "coap://2130706433/",
            "coap://0x7f000001/",
            "coap://0X7F.0.0.1/",
            "coap://0x7f.1/",
            "coap://017700000001/",
            "coap://0177.0.0.1/",
            "coap://127.1/",
            "coap://127.0.1/",
            "coap://127.0.0.1./",
            "coap://127.0.0.01/",
            "coap://a.0x/",
            "coap://a.1/",
            // Characters that some fold into digits and dots.
            "coap://\u{ff11}27.0.0.1/",
            "coap://127\u{3002}0\u{3002}0\u{3002}1/",
            "coap://example.org./",
            "coap://example..org/",
            "coap://.example.org/",
            // Somebody before the host, a host behind something.
            "coap://example.org@127.0.0.1/",
            "coap://example.org:80@127.0.0.1/",
            "coap://example.org%40127.0.0.1/",
            "coap://example.org%2f@x/",
            "coap://example.org\\@127.0.0.1/",
            "coap://example.org#@127.0.0.1/",
            "coap://[::1%25lo]/",
            "coap://[fe80::1%eth0]/",
            "coap://::1/",
            "coap:///a",
            "coap:127.0.0.1",
            "//127.0.0.1/",
            "/a",
            "",
            "coap://h:0/",
            "coap://h:65536/",
            "coap://h: 80/",
            "coap://h\r\nhost: x/",
            "http://h/%zz",
        ] {
            assert!(matches!(Target::read(text), Err(Refused::Malformed(_))), "{text}");
        }
        for text in ["coaps://h/", "coap+tcp://h/", "https://h/", "file:///etc/passwd", "gopher://h/", "://h"]
        {
            assert!(matches!(Target::read(text), Err(Refused::Scheme(_))), "{text}");
        }
        let long = format!("coap://{}/", ["a".repeat(63).as_str(); 4].join("."));
        assert!(
            Target::read(&long).is_err() && Target::read(&format!("coap://{}/", "a".repeat(64))).is_err()
        );
    }
}

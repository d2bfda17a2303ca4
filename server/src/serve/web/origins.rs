//! Pages of other origins (the CORS protocol of the Fetch standard, §3.2): refused unless they are configured.

use hyper::header::{HOST, HeaderName, HeaderValue, ORIGIN};
use hyper::{HeaderMap, Method};

/// Whose page asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// No page, or one of our own.
    Own,
    /// A page that may.
    Allowed(HeaderValue),
    /// A page that may not.
    Foreign,
}

impl Origin {
    /// Reads the header; `allowed` are origins, or `*`.
    pub(super) fn read(headers: &HeaderMap, allowed: &[String]) -> Self {
        let Some(origin) = headers.get(ORIGIN) else { return Self::Own };
        let bytes = origin.as_bytes();
        if allowed.iter().any(|known| known == "*" || known.as_bytes() == bytes) {
            return Self::Allowed(origin.clone());
        }
        let host = headers.get(HOST).map(HeaderValue::as_bytes);
        let own = [b"http://".as_slice(), b"https://"].iter().find_map(|scheme| bytes.strip_prefix(*scheme));
        if own.is_some() && own == host { Self::Own } else { Self::Foreign }
    }

    /// Whether a page of a foreign origin tries to change something. Its browser would not show it the answer, but
    /// would send some of such requests without asking.
    pub(super) fn intrudes(&self, method: &Method) -> bool {
        *self == Self::Foreign && !method.is_safe()
    }

    /// Lets the page see the answer; `preflight` if it asks before it asks.
    pub(super) fn permit(&self, headers: &mut HeaderMap, preflight: bool) {
        let Self::Allowed(origin) = self else { return };
        let mut set = |name: &'static str, value: HeaderValue| {
            headers.insert(HeaderName::from_static(name), value);
        };
        set("access-control-allow-origin", origin.clone());
        let text = HeaderValue::from_static;
        set("access-control-expose-headers", text("etag, location, link, retry-after, x-request-id"));
        if preflight {
            set("access-control-allow-methods", text("GET, HEAD, PUT, POST, PATCH, DELETE"));
            let names =
                "accept, authorization, content-type, if-match, if-none-match, last-event-id, x-request-id";
            set("access-control-allow-headers", text(names));
            set("access-control-max-age", text("600"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_and_configured_pages_may_change_something() {
        let allowed = ["https://known.example".to_owned()];
        let origin = |origin: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("127.0.0.1:8080"));
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
            Origin::read(&headers, &allowed)
        };
        assert_eq!(origin("http://127.0.0.1:8080"), Origin::Own);
        assert_eq!(
            origin("https://known.example"),
            Origin::Allowed("https://known.example".parse().expect("text"))
        );
        for foreign in ["http://127.0.0.1:8081", "https://known.example.org", "null", "http://"] {
            assert_eq!(origin(foreign), Origin::Foreign, "{foreign}");
            assert!(origin(foreign).intrudes(&Method::POST) && !origin(foreign).intrudes(&Method::GET));
        }
        assert_eq!(Origin::read(&HeaderMap::new(), &allowed), Origin::Own);
    }
}

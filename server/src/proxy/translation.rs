//! Requests to origins of HTTP and their responses, in the words of both sides (RFC 7252 §10.1, RFC 8075 §7 the other way
//! round).

use twite::wire::{Code, RequestType, ResponseType, number, uint};

use super::message::{Options, Reply, Wanted};
use super::target::Target;
use crate::http::media::{MediaType, content_type};

/// A request in the words of HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translated {
    /// The method.
    pub method: &'static str,
    /// Path and query.
    pub reference: String,
    /// Names in small letters; values without control characters.
    pub headers: Vec<(&'static str, String)>,
}

/// The media type of a body whose format nobody says.
const OCTETS: &str = "application/octet-stream";

impl Translated {
    /// The request of a client; `None` if HTTP has no such method.
    #[must_use]
    pub fn of(wanted: &Wanted) -> Option<Self> {
        let method = match wanted.method {
            RequestType::Get => "GET",
            RequestType::Put => "PUT",
            RequestType::Post => "POST",
            RequestType::Delete => "DELETE",
            RequestType::Patch | RequestType::IPatch => "PATCH",
            RequestType::Fetch | RequestType::UnKnown => return None,
        };
        let format = |option: u16| {
            let value = wanted.options.iter().find(|(known, _)| *known == option)?;
            uint(&value.1).and_then(|format| u16::try_from(format).ok())
        };
        let mut headers = vec![
            ("host", wanted.target.authority()),
            ("accept", format(number::ACCEPT).map_or_else(|| "*/*".to_owned(), content_type)),
            ("accept-encoding", "identity".to_owned()),
            ("via", "1.0 twite".to_owned()),
            ("connection", "close".to_owned()),
        ];
        if !wanted.body.is_empty() {
            let media = format(number::CONTENT_FORMAT).map_or_else(|| OCTETS.to_owned(), content_type);
            headers.push(("content-type", media));
        }
        let none_match = wanted.options.iter().any(|(option, _)| *option == number::IF_NONE_MATCH);
        headers.extend(tags(&wanted.options, number::IF_MATCH).map(|tags| ("if-match", tags)));
        if none_match {
            headers.push(("if-none-match", "*".to_owned()));
        } else if wanted.method == RequestType::Get {
            headers.extend(tags(&wanted.options, number::ETAG).map(|tags| ("if-none-match", tags)));
        }
        Some(Self { method, reference: wanted.target.uri.reference(), headers })
    }
}

/// The entity-tags that the values of an option are; `None` if there are none. An empty one is any.
fn tags(options: &Options, option: u16) -> Option<String> {
    let values = options.iter().filter(|(known, _)| *known == option).map(|(_, value)| value);
    let texts: Vec<String> = values
        .map(|value| match (value.as_slice(), String::from_utf8(value.clone())) {
            (b"", _) => "*".to_owned(),
            (_, Ok(text)) if text.bytes().all(is_of_tag) => format!("\"{text}\""),
            // It is none of those that were passed back, so nothing has it.
            _ => "\"\"".to_owned(),
        })
        .collect();
    if texts.iter().any(|text| text == "*") {
        return Some("*".to_owned());
    }
    Some(texts.join(", ")).filter(|texts| !texts.is_empty())
}

/// Whether a byte may stand in an entity-tag and is of ASCII (RFC 9110 §8.8.3).
const fn is_of_tag(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'"'
}

/// The response of an origin as one of CoAP; why it cannot be one.
///
/// # Errors
/// A sentence for the client: of a redirection, which is never followed, and of statuses that are no answers.
pub fn reply(
    wanted: &Wanted,
    status: u16,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Result<Reply, &'static str> {
    let code = code(wanted.method, status)?;
    let value = |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let mut options = Options::new();
    let etag = value("etag").and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"'));
    if let Some(tag) = etag.filter(|tag| (1..=8).contains(&tag.len()) && tag.bytes().all(is_of_tag)) {
        options.push((number::ETAG, tag.as_bytes().to_vec()));
    }
    if code == Code::from(ResponseType::Created) {
        options.extend(location(&wanted.target, value("location")));
    }
    let is_success = code.class() == 2;
    let format = value("content-type").and_then(MediaType::read);
    let format = format.and_then(|media| media.content_format().ok());
    if let Some(format) = format.filter(|_| is_success && !body.is_empty()) {
        let bytes = format.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
        options.push((number::CONTENT_FORMAT, bytes));
    }
    // Pages about errors are for people.
    let payload = if is_success { body } else { Vec::new() };
    let reply = Reply { code, options, payload };
    let max_age = match status {
        429 | 503 => value("retry-after").and_then(|seconds| seconds.trim().parse().ok()),
        200 | 304 => Some(freshness(value("cache-control"), value("age"))),
        _ => None,
    };
    let reply = max_age.map_or_else(|| reply.clone(), |seconds| reply.clone().with_max_age(seconds));
    Ok(Reply { options: sorted(reply.options), ..reply })
}

fn sorted(mut options: Options) -> Options {
    options.sort_by_key(|(number, _)| *number);
    options
}

/// For how many seconds a response is fresh; for none where the origin does not say.
fn freshness(control: Option<&str>, age: Option<&str>) -> u32 {
    let mut max_age = 0_u32;
    for directive in control.unwrap_or_default().split(',').map(str::trim) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" | "private" => return 0,
            "max-age" => max_age = value.trim_matches('"').parse().unwrap_or(0),
            _ => {}
        }
    }
    max_age.saturating_sub(age.and_then(|age| age.trim().parse().ok()).unwrap_or(0))
}

/// Where something was created, if that is at the same origin.
fn location(target: &Target, value: Option<&str>) -> Options {
    let Some(value) = value else { return Options::new() };
    let absolute = if value.starts_with('/') && !value.starts_with("//") {
        format!("{}://{}{value}", target.scheme.name(), target.authority())
    } else {
        value.to_owned()
    };
    let Ok(created) = Target::read(&absolute) else { return Options::new() };
    if (created.scheme, created.authority()) != (target.scheme, target.authority()) {
        return Options::new();
    }
    let path = created.uri.path.into_iter().map(|segment| (number::LOCATION_PATH, segment.into_bytes()));
    let query = created.uri.query.into_iter().map(|text| (number::LOCATION_QUERY, text.into_bytes()));
    path.chain(query).collect()
}

/// The code that a status means.
fn code(method: RequestType, status: u16) -> Result<Code, &'static str> {
    use ResponseType as To;
    Ok(Code::from(match (status, method) {
        (200, RequestType::Get) => To::Content,
        (200 | 202 | 204, RequestType::Delete) => To::Deleted,
        (204, RequestType::Get) => To::Content,
        (200 | 202 | 204, _) => To::Changed,
        (201, _) => To::Created,
        (304, RequestType::Get) => To::Valid,
        (300..=399, _) => return Err("the origin redirects, which is not followed"),
        (401, _) => To::Unauthorized,
        (403, _) => To::Forbidden,
        (404 | 410, _) => To::NotFound,
        (405, _) => To::MethodNotAllowed,
        (406, _) => To::NotAcceptable,
        (409, _) => To::Conflict,
        (412, _) => To::PreconditionFailed,
        (413, _) => To::RequestEntityTooLarge,
        (415, _) => To::UnsupportedContentFormat,
        (422, _) => To::UnprocessableEntity,
        (429, _) => To::TooManyRequests,
        (400..=499, _) => To::BadRequest,
        (501, _) => To::NotImplemented,
        (502, _) => To::BadGateway,
        (503, _) => To::ServiceUnavailable,
        (504, _) => To::GatewayTimeout,
        (500..=599, _) => To::InternalServerError,
        _ => return Err("the origin answers with a status that is no answer"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::HOPS;

    fn wanted(method: RequestType, options: &[(u16, &[u8])], body: &[u8]) -> Wanted {
        let target = Target::read("http://h.example:8080/a%2Fb?x=1").expect("a target");
        let options = options.iter().map(|(number, value)| (*number, value.to_vec())).collect();
        Wanted { target, method, options, hops: HOPS, body: body.to_vec() }
    }

    fn header(translated: &Translated, name: &str) -> Option<String> {
        translated.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }

    #[test]
    fn section_10_1_requests_become_those_of_http() {
        let put = wanted(
            RequestType::Put,
            &[(number::IF_MATCH, b"abc"), (number::CONTENT_FORMAT, &[50]), (number::ACCEPT, &[60])],
            b"{}",
        );
        let put = Translated::of(&put).expect("a method");
        assert_eq!((put.method, put.reference.as_str()), ("PUT", "/a%2Fb?x=1"));
        for (name, value) in [
            ("host", "h.example:8080"),
            ("accept", "application/cbor"),
            ("content-type", "application/json"),
            ("if-match", "\"abc\""),
        ] {
            assert_eq!(header(&put, name).as_deref(), Some(value), "{name}");
        }
        let held = [(number::ETAG, b"a".as_slice()), (number::ETAG, b"\x01\"")];
        let get = Translated::of(&wanted(RequestType::Get, &held, b"")).expect("a method");
        assert_eq!(header(&get, "if-none-match").as_deref(), Some("\"a\", \"\""));
        assert_eq!((header(&get, "content-type"), header(&get, "if-match")), (None, None));
        let any = [(number::IF_MATCH, b"".as_slice()), (number::IF_NONE_MATCH, b"")];
        let any = Translated::of(&wanted(RequestType::Post, &any, b"\0")).expect("a method");
        assert_eq!(header(&any, "if-match").as_deref(), Some("*"));
        assert_eq!(header(&any, "if-none-match").as_deref(), Some("*"));
        assert_eq!(header(&any, "content-type").as_deref(), Some(OCTETS));
        assert_eq!(Translated::of(&wanted(RequestType::Fetch, &[], b"")), None);
    }

    #[test]
    fn statuses_become_codes() {
        for (method, status, code) in [
            (RequestType::Get, 200, "2.05"),
            (RequestType::Put, 200, "2.04"),
            (RequestType::Put, 204, "2.04"),
            (RequestType::Delete, 204, "2.02"),
            (RequestType::Post, 201, "2.01"),
            (RequestType::Get, 304, "2.03"),
            (RequestType::Get, 404, "4.04"),
            (RequestType::Get, 418, "4.00"),
            (RequestType::Get, 429, "4.29"),
            (RequestType::Get, 503, "5.03"),
            (RequestType::Get, 599, "5.00"),
        ] {
            let said = reply(&wanted(method, &[], b""), status, &[], Vec::new()).expect("a code");
            assert_eq!(said.code.to_string(), code, "{status}");
        }
        for status in [301, 302, 303, 307, 308, 100, 199, 600] {
            let headers = [("location", "http://127.0.0.1/")];
            assert!(reply(&wanted(RequestType::Get, &[], b""), status, &headers, Vec::new()).is_err());
        }
    }

    #[test]
    fn headers_become_options() {
        let headers = [
            ("etag", "\"v7\""),
            ("content-type", "application/json; charset=utf-8"),
            ("cache-control", "public, max-age=30"),
            ("age", "10"),
        ];
        let get = wanted(RequestType::Get, &[], b"");
        let content = reply(&get, 200, &headers, b"{}".to_vec()).expect("a reply");
        assert_eq!(
            (content.option(number::ETAG), content.content_format()),
            (Some(b"v7".as_slice()), Some(50))
        );
        assert_eq!((content.max_age(), content.payload.as_slice()), (20, b"{}".as_slice()));
        let ascending: Vec<u16> = content.options.iter().map(|(number, _)| *number).collect();
        assert_eq!(ascending, [4, 12, 14]);
        for control in ["", "no-store", "max-age=9, no-cache", "private, max-age=9", "max-age=x"] {
            let kept = reply(&get, 200, &[("cache-control", control)], Vec::new()).expect("a reply");
            assert_eq!(kept.max_age(), 0, "{control}");
        }
        for tag in ["W/\"v\"", "\"longer than 8\"", "\"\"", "v"] {
            let tagged = reply(&get, 200, &[("etag", tag)], Vec::new()).expect("a reply");
            assert_eq!(tagged.option(number::ETAG), None, "{tag}");
        }
        let page = reply(&get, 404, &[("content-type", "text/html")], b"<h1>".to_vec()).expect("a reply");
        assert_eq!((page.payload.len(), page.options.len()), (0, 0));
        let post = wanted(RequestType::Post, &[], b"");
        for (location, segments) in [
            ("/n/1", 2),
            ("http://h.example:8080/n/1?q", 3),
            ("http://elsewhere.example/n/1", 0),
            ("//elsewhere.example/n", 0),
            ("n/1", 0),
        ] {
            let created = reply(&post, 201, &[("location", location)], Vec::new()).expect("a reply");
            assert_eq!(created.options.len(), segments, "{location}");
        }
        let busy = reply(&get, 503, &[("retry-after", "7")], Vec::new()).expect("a reply");
        assert_eq!(busy.uint(number::MAX_AGE), Some(7));
    }
}

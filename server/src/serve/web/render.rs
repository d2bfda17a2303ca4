//! From an answer to a response of HTTP, RFC 8075 §7.

use hyper::header::{HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use twite::wire::{Code, ResponseType};

use super::answer::Answer;
use super::body::Outgoing;
use crate::formats::OCTETS;
use crate::http::conditions::quoted;
use crate::http::event::EVENT_STREAM;
use crate::http::media::content_type;
use crate::http::path::reference;
use crate::http::problem::PROBLEM_JSON;
use crate::http::status::{says_when_to_retry, status};

/// How long a representation stays fresh where nothing is said, in seconds (RFC 7252 §5.10.5).
const MAX_AGE: u32 = 60;

/// The response; of a read it is said on what it depends.
pub(super) fn response(answer: Answer, is_read: bool) -> Response<Outgoing> {
    let code = answer.code;
    let number = answer.status.unwrap_or_else(|| status(code, !answer.payload.is_empty()));
    let is_representation = [ResponseType::Content, ResponseType::Valid].map(Code::from).contains(&code);
    let mut headers: Vec<(&'static str, String)> = Vec::new();
    headers.extend(answer.etag.map(|etag| ("etag", quoted(&etag))));
    if !answer.location.is_empty() {
        headers.push(("location", reference(&answer.location)));
    }
    if is_representation {
        headers.push(("cache-control", format!("max-age={}", answer.max_age.unwrap_or(MAX_AGE))));
    }
    if says_when_to_retry(code) {
        headers.extend(answer.max_age.map(|seconds| ("retry-after", seconds.to_string())));
    }
    if is_read {
        headers.push(("vary", "accept, authorization".to_owned()));
    }
    let body = match &answer.problem {
        Some(explanation) => {
            headers.push(("content-type", PROBLEM_JSON.to_owned()));
            explanation.to_json(number)
        }
        None => {
            let described = number != 304 && (!answer.payload.is_empty() || is_representation);
            // What is stored without a format is bytes: nobody is to guess that it is a page (RFC 9110 §8.3).
            let format = answer.content_format.or(is_representation.then_some(OCTETS));
            headers.extend(format.filter(|_| described).map(|format| ("content-type", content_type(format))));
            answer.payload
        }
    };
    headers.extend(answer.headers);
    let mut response = Response::new(Outgoing::from(body));
    *response.status_mut() = StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        // Values are ours: text without control characters.
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// The head of a stream of events.
pub(super) fn stream(events: Outgoing) -> Response<Outgoing> {
    let mut response = Response::new(events);
    for (name, value) in [
        ("content-type", EVENT_STREAM),
        ("cache-control", "no-store"),
        // Proxies such as nginx hold responses back otherwise.
        ("x-accel-buffering", "no"),
        ("vary", "accept, authorization"),
    ] {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::problem::Explanation;
    use hyper::body::Body as _;
    use twite::exchange::ETag;

    fn plain(code: ResponseType) -> Answer {
        Answer { problem: None, ..Answer::problem(code, Explanation::titled("")) }
    }

    fn header<'r>(response: &'r Response<Outgoing>, name: &str) -> Option<&'r str> {
        response.headers().get(name).and_then(|value| value.to_str().ok())
    }

    #[test]
    fn options_become_headers() {
        let etag = Some(ETag::from_number(0x1a));
        let content = Answer {
            etag,
            content_format: Some(60),
            payload: vec![0xa0],
            max_age: Some(7),
            ..plain(ResponseType::Content)
        };
        let content = response(content, true);
        assert_eq!(content.status(), 200);
        assert_eq!(header(&content, "etag"), Some("\"1a\""));
        assert_eq!(header(&content, "content-type"), Some("application/cbor"));
        assert_eq!(header(&content, "cache-control"), Some("max-age=7"));
        assert_eq!(header(&content, "vary"), Some("accept, authorization"));
        let valid = response(Answer { etag, ..plain(ResponseType::Valid) }, true);
        assert_eq!((valid.status().as_u16(), valid.body().is_end_stream()), (304, true));
        assert_eq!(
            (header(&valid, "etag"), header(&valid, "cache-control")),
            (Some("\"1a\""), Some("max-age=60"))
        );
        let created = Answer { location: "notes/ü".into(), ..plain(ResponseType::Created) };
        let created = response(created, false);
        assert_eq!((created.status().as_u16(), header(&created, "location")), (201, Some("/notes/%C3%BC")));
        assert_eq!(response(plain(ResponseType::Changed), false).status(), 204);
        assert_eq!(response(plain(ResponseType::Deleted), false).status(), 204);
    }

    #[test]
    fn who_has_to_wait_hears_for_how_long() {
        for code in [ResponseType::ServiceUnavailable, ResponseType::TooManyRequests] {
            let answer = Answer { max_age: Some(9), ..Answer::problem(code, Explanation::titled("busy")) };
            let busy = response(answer, false);
            assert_eq!(header(&busy, "retry-after"), Some("9"));
            assert_eq!(header(&busy, "content-type"), Some("application/problem+json"));
            assert_eq!(header(&busy, "cache-control"), None);
        }
    }
}

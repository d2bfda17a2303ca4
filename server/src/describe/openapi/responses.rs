//! Statuses and what comes with them.

use serde_json::{Map, Value, json};

use super::reference;
use crate::http::problem::PROBLEM_JSON;

/// A status that says what is wrong.
struct Refusal {
    status: u16,
    name: &'static str,
    about: &'static str,
    /// The headers it has beside those of every answer, and whether it always has them.
    headers: &'static [(&'static str, bool)],
}

/// Every status that says what is wrong.
const REFUSALS: &[Refusal] = &[
    Refusal::plain(400, "BadRequest", "Path, condition or body cannot be what they are."),
    Refusal {
        status: 401,
        name: "Unauthorized",
        about: "Not everybody may do that, or nobody has this token.",
        headers: &[("WWW-Authenticate", true)],
    },
    Refusal {
        status: 403,
        name: "Forbidden",
        about: "Whoever asks may not do that, or a page of another origin asks.",
        headers: &[("WWW-Authenticate", false)],
    },
    Refusal::plain(404, "NotFound", "There is no such resource."),
    Refusal {
        status: 405,
        name: "MethodNotAllowed",
        about: "The method is none of the resource, or not permitted there.",
        headers: &[("Allow", true)],
    },
    Refusal::plain(406, "NotAcceptable", "There is no such representation."),
    Refusal::plain(408, "RequestTimeout", "The body was not there in time."),
    Refusal::plain(409, "Conflict", "The resource changed more often than the patch was tried."),
    Refusal::plain(412, "PreconditionFailed", "The resource is not in a state that was wanted."),
    Refusal::plain(413, "ContentTooLarge", "The body is too long."),
    Refusal {
        status: 415,
        name: "UnsupportedMediaType",
        about: "The body's media type is not taken there.",
        headers: &[("Accept-Patch", false)],
    },
    Refusal::plain(422, "UnprocessableContent", "The patch cannot be applied, or its result breaks a rule."),
    Refusal::plain(500, "InternalServerError", "A mistake of the server."),
    Refusal {
        status: 503,
        name: "ServiceUnavailable",
        about: "The server is full or stops, or its store fails.",
        headers: &[("Retry-After", true)],
    },
    Refusal::plain(504, "GatewayTimeout", "The store takes too long; it may still do it."),
];

impl Refusal {
    const fn plain(status: u16, name: &'static str, about: &'static str) -> Self {
        Self { status, name, about, headers: &[] }
    }
}

/// The refusals that operations refer to.
pub(super) fn problems() -> Value {
    let problem = |refusal: &Refusal| {
        let content = json!({ PROBLEM_JSON: { "schema": reference("schemas", "Problem") } });
        let response =
            json!({ "description": refusal.about, "headers": with(refusal.headers), "content": content });
        (refusal.name.to_owned(), response)
    };
    REFUSALS.iter().map(problem).collect::<Map<_, _>>().into()
}

/// The headers that responses refer to.
pub(super) fn headers() -> Value {
    let text = |about: &str| json!({ "description": about, "schema": { "type": "string" } });
    let seconds = json!({ "type": "integer", "minimum": 0 });
    json!({
        "Accept-Patch": text("The media types of patches (RFC 5789 §3.1)."),
        "Allow": text("What may be done there."),
        "Cache-Control": text("How long the representation is fresh: CoAP's Max-Age."),
        "ETag": text("The state: CoAP's ETag in hexadecimal."),
        "Link": text("Discovery, and the other representations (RFC 8288)."),
        "Location": { "description": "What was created.", "schema": { "type": "string", "format": "uri-reference" } },
        "Retry-After": { "description": "Seconds until it makes sense to try again.", "schema": seconds },
        "Vary": text("What the representation depends on."),
        "WWW-Authenticate": text("How to prove who asks (RFC 6750 §3)."),
        "X-Request-Id": text("The request's own, or one that was made up; it stands in the log."),
    })
}

/// An answer without a problem.
pub(super) fn success(about: &str, headers: &[(&str, bool)], content: Option<Value>) -> Value {
    let mut response = json!({ "description": about, "headers": with(headers) });
    if let (Some(content), Some(members)) = (content, response.as_object_mut()) {
        members.insert("content".to_owned(), content);
    }
    response
}

/// These refusals, in `responses`.
pub(super) fn refuse(statuses: impl IntoIterator<Item = u16>, responses: &mut Map<String, Value>) {
    for status in statuses {
        if let Some(refusal) = REFUSALS.iter().find(|refusal| refusal.status == status) {
            responses.insert(status.to_string(), reference("responses", refusal.name));
        }
    }
}

/// These headers, and those that every answer has.
fn with(headers: &[(&str, bool)]) -> Value {
    let header = |(name, always): &(&str, bool)| {
        let known = reference("headers", name);
        // A reference has no room for more.
        let header = if *always {
            json!({ "required": true, "schema": { "$ref": format!("#/components/headers/{name}/schema") } })
        } else {
            known
        };
        ((*name).to_owned(), header)
    };
    headers.iter().chain(&[("X-Request-Id", true)]).map(header).collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::status::status;
    use twite::wire::Code;

    #[test]
    fn a_status_has_a_refusal_if_coap_has_a_code_for_it_that_the_site_says() {
        // 4.08 and 4.02 are 400; 5.01, 5.02 and 5.05 are said by proxies, 4.29 of datagrams only.
        let unsaid = [429, 501, 502];
        for code in [4, 5].into_iter().flat_map(|class| (0..32).map(move |detail| Code(class << 5 | detail)))
        {
            let number = status(code, true);
            let known = REFUSALS.iter().any(|refusal| refusal.status == number);
            assert!(known || unsaid.contains(&number), "{code}");
        }
    }
}

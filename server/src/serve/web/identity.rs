//! Who asks over HTTP, and whether that is permitted: the one place where HTTP asks the policy (RFC 6750).

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use twite::exchange::{Answerable as _, Problem, Request, Response};
use twite::wire::ResponseType;

use super::answer::{Answer, Place};
use crate::http::problem::Explanation;
use crate::policy::{Caller, Denial, Policy};
use crate::serve::access::{self, Admitted};

/// What a client says of who it is.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Credentials {
    /// Nothing.
    None,
    /// A bearer token. It is never shown.
    Bearer(Vec<u8>),
    /// Something that is no bearer token.
    Malformed,
}

impl Credentials {
    /// Reads the header.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let Some(value) = values.next() else { return Self::None };
        let bytes = value.as_bytes();
        let is_bearer = |scheme: &&[u8]| scheme.eq_ignore_ascii_case(b"Bearer ");
        let token = bytes.split_at_checked(7).filter(|(scheme, _)| is_bearer(scheme)).map(|(_, token)| token);
        match token.map(<[u8]>::trim_ascii) {
            Some(token) if !token.is_empty() && values.next().is_none() => Self::Bearer(token.to_vec()),
            _ => Self::Malformed,
        }
    }

    /// Who that is; everybody where there is no policy.
    pub(super) fn caller(&self, policy: Option<&Policy>) -> Result<Caller, Refused> {
        match (policy, self) {
            (None, _) | (_, Self::None) => Ok(Caller::ANONYMOUS),
            (_, Self::Malformed) => Err(Refused::Malformed),
            (Some(policy), Self::Bearer(token)) => policy.bearer(token).ok_or(Refused::Token),
        }
    }
}

/// Why a request is not even looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The header is none of RFC 6750 §2.1.
    Malformed,
    /// Nobody has this token (any more).
    Token,
    /// Whoever asks may not do that.
    Denied(Denial),
}

/// Whether whoever asks may do that.
pub(super) fn admit<'r, 'm>(
    policy: Option<&Policy>,
    credentials: &Credentials,
    request: &'r Request<'m>,
) -> Result<Admitted<'r, 'm>, Refused> {
    let caller = credentials.caller(policy)?;
    access::admit(policy, caller, request).map_err(Refused::Denied)
}

impl Refused {
    /// What the client is told (RFC 6750 §3.1).
    pub(super) fn answer(self) -> Answer {
        const CHALLENGE: &str = "www-authenticate";
        let unauthorized = |title: &str, challenge: &str| {
            Answer::problem(ResponseType::Unauthorized, Explanation::titled(title)).with(CHALLENGE, challenge)
        };
        match self {
            Self::Malformed => {
                unauthorized("expected a bearer token", "Bearer realm=\"twite\", error=\"invalid_request\"")
            }
            Self::Token => {
                unauthorized("nobody has this token", "Bearer realm=\"twite\", error=\"invalid_token\"")
            }
            Self::Denied(denial) => {
                let mut answer = None;
                let place = Place(&mut answer);
                place.fail(&Response::new(denial.code()), &Problem::titled(denial.title()));
                let answer = answer.unwrap_or_else(|| unauthorized(denial.title(), ""));
                let scope = "Bearer realm=\"twite\", error=\"insufficient_scope\"";
                let forbidden = (denial == Denial::Path).then_some(scope);
                let headers = [
                    denial.challenge().or(forbidden).map(|value| (CHALLENGE, value.to_owned())),
                    denial.allow().map(|value| ("allow", value)),
                ];
                Answer { headers: headers.into_iter().flatten().collect(), ..answer }
            }
        }
    }
}

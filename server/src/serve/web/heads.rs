//! What stands in the heads of requests, and what of it in those of responses.

use hyper::header::HeaderValue;
use hyper::{HeaderMap, Method};

use super::negotiation;
use crate::http::path::Target;
use crate::policy::Methods;
use crate::serve::site::Site;

/// The longest request id that is taken over.
const ID: usize = 64;

/// The value of `Allow` for a target.
pub(super) fn allowed(site: &Site, target: &Target) -> String {
    let path = negotiation::path(target);
    let methods = path.map_or(Methods::NONE, |path| site.methods(&path));
    let names = methods.to_allow();
    if names.is_empty() { "OPTIONS".to_owned() } else { format!("{names}, OPTIONS") }
}

/// The method as a label: there are few.
pub(super) fn name(method: &Method) -> &'static str {
    const NAMES: [&str; 7] = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"];
    NAMES.into_iter().find(|name| *name == method.as_str()).unwrap_or("other")
}

/// The values of all headers of a name that are text.
pub(super) fn texts<'h>(headers: &'h HeaderMap, name: &'static str) -> impl Iterator<Item = &'h str> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
}

/// The client's id of the request if it is short and plain, else one of our own.
pub(super) fn request_id(headers: &HeaderMap) -> HeaderValue {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte);
    let given = headers.get("x-request-id");
    let given = given.filter(|id| (1..=ID).contains(&id.len()) && id.as_bytes().iter().all(plain));
    given.cloned().unwrap_or_else(|| {
        let mut bytes = [0; 8];
        // Without randomness the ids are all the same, which is no reason to fail.
        let _ = getrandom::fill(&mut bytes);
        let text = format!("{:016x}", u64::from_be_bytes(bytes));
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("0"))
    })
}

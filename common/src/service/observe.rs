//! Observing resources of a route table, RFC 7641.

use super::route::{Error, REPRESENTATION, Route, tag};
use crate::endpoint::Notification;
use crate::exchange::{Problem, Response};
use crate::resource::{Observable, Template};

/// The number by which [`Endpoint::changed`](crate::endpoint::Endpoint::changed) speaks of an observable
/// resource: `name` is the variable segment of its path, empty if there is none.
#[must_use]
pub fn number_of<R: Observable>(name: &str) -> u64 {
    number(&R::TEMPLATE, name)
}

/// Tells an observer the present state of what it observes.
#[cfg_attr(target_os = "none", inline(never))]
pub fn notify<S>(routes: &[Route<S>], state: &mut S, notification: Notification<'_, '_>) {
    let Some((route, name)) = find(routes, notification.resource()) else {
        return fail(Error::NotFound, notification);
    };
    let mut buffer = [0; REPRESENTATION];
    match (route.call)(state, name, &[], &mut buffer) {
        Ok(len) => {
            let body = buffer.get(..len).unwrap_or_default();
            let etag = Some(tag(body));
            notification.respond(&Response { etag, ..Response::content(route.format, body) });
        }
        Err(super::route::Trouble::Handler(error)) => fail(error, notification),
        Err(_) => fail(Error::Internal, notification),
    }
}

fn fail(error: Error, notification: Notification<'_, '_>) {
    notification.fail(&error.response(), &Problem::titled(error.title()));
}

/// The number under which the resource of a request is observed; none if it is not.
pub(super) fn observed<S>(route: &Route<S>, name: Option<&str>) -> Option<u64> {
    let known = route.observable && (!route.template.is_variable() || !route.names.is_empty());
    known.then(|| number(&route.template, name.unwrap_or_default()))
}

fn find<S>(routes: &[Route<S>], resource: u64) -> Option<(&Route<S>, Option<&'static str>)> {
    routes.iter().filter(|route| route.observable).find_map(|route| {
        if !route.template.is_variable() {
            return (number(&route.template, "") == resource).then_some((route, None));
        }
        let name = route.names.iter().find(|name| number(&route.template, name) == resource)?;
        Some((route, Some(*name)))
    })
}

/// A hash of the path; equal for two paths of one table only by an accident that a test would show.
fn number(template: &Template, name: &str) -> u64 {
    let bytes = template.text().bytes().chain(core::iter::once(b'/')).chain(name.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

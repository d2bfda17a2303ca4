//! `/.well-known/core` of a route table, RFC 6690.

use super::route::Route;
use crate::endpoint::Incoming;
use crate::exchange::{Answerable, Problem, Request, Response};
use crate::resource::Path;
use crate::resource::filter::Filter;
use crate::resource::link::Link;
use crate::resource::link_writer::LinkWriter;
use crate::wire::{Code, ResponseType};

/// Content-Format of the link format.
pub const LINK_FORMAT: u16 = 40;

/// The longest path that is listed, in bytes.
const PATH: usize = 64;

/// Whether the path is `/.well-known/core`.
pub(super) fn is_core(path: &Path<'_>) -> bool {
    path.is(&[b".well-known", b"core"])
}

/// Lists the links that the query asks for.
pub(super) fn answer<S>(routes: &[Route<S>], request: &Request<'_>, incoming: Incoming<'_, '_>) {
    list(request, incoming, |filter, writer| {
        let listed = routes.iter().enumerate().filter(|(position, route)| is_first(routes, *position, route));
        for (_, route) in listed {
            let same = |other: &&Route<S>| other.template.text() == route.template.text();
            // What a link says of formats and observation is what GET offers.
            let shown = routes.iter().filter(same).find(|other| other.code == Code::GET).unwrap_or(route);
            each_path(route, |path| write(shown, path, filter, writer));
        }
    });
}

/// Answers a discovery request with what `write` lists; refuses what is no GET of link format.
pub fn list<A: Answerable>(
    request: &Request<'_>,
    incoming: A,
    write: impl Fn(&Filter<'_>, &mut LinkWriter<'_>),
) {
    if request.code() != Code::GET {
        return incoming.refuse(ResponseType::MethodNotAllowed, "method not allowed");
    }
    if !request.accepts(LINK_FORMAT) {
        return incoming.refuse(ResponseType::NotAcceptable, "available in format 40 (link format)");
    }
    let filter = match Filter::parse(request.query()) {
        Ok(filter) => filter,
        Err(error) => {
            let expectation = error.expectation();
            let problem = Problem::detailed("bad filter", &expectation);
            return incoming.fail(&Response::new(ResponseType::BadRequest), &problem);
        }
    };
    incoming.respond_window(&Response::content(Some(LINK_FORMAT), &[]), |offset, buffer| {
        let mut writer = LinkWriter::new(buffer, offset);
        write(&filter, &mut writer);
        writer.total()
    });
}

/// A resource with several methods is one link: that of its first route.
fn is_first<S>(routes: &[Route<S>], position: usize, route: &Route<S>) -> bool {
    !routes.iter().take(position).any(|earlier| earlier.template.text() == route.template.text())
}

fn each_path<S>(route: &Route<S>, mut write: impl FnMut(&str)) {
    if !route.template.is_variable() {
        return write(route.template.text());
    }
    for name in route.names {
        let mut path = heapless::String::<PATH>::new();
        let mut pieces = route.template.fill(name).into_iter();
        if pieces.try_for_each(|piece| path.push_str(piece)).is_ok() {
            write(&path);
        }
    }
}

fn write<S>(route: &Route<S>, path: &str, filter: &Filter<'_>, writer: &mut LinkWriter<'_>) {
    let link = Link {
        path,
        resource_type: route.resource_type,
        interface: route.interface,
        title: route.title,
        content_formats: route.format.as_slice(),
        size: None,
        observable: route.observable,
    };
    if filter.matches(&link) {
        writer.link(&link);
    }
}

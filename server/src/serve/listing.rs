//! What discovery says of the resources (RFC 6690).

use twite::exchange::{Answerable, Request};
use twite::resource::filter::Filter;
use twite::resource::link::Link;
use twite::resource::link_writer::LinkWriter;
use twite::service;

use super::access::View;
use super::directory::{self, is_registration};
use super::fixture::LINKS;
use super::plugtest::Plugtest;
use super::statistics;
use super::tree::Tree;
use crate::formats::{CBOR, JSON};
use crate::store::Entry;

/// What there is beside the tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Further<'f> {
    /// What is served with `--plugtest`.
    pub(super) plugtest: Option<&'f Plugtest>,
    /// Whether resources of others are somewhere.
    pub(super) hosts_others: bool,
    /// Whether there is a resource directory.
    pub(super) has_directory: bool,
}

/// Answers a discovery request: what is in the tree, what is served with `--plugtest` and the directory if they are there. It
/// begins with where resources of others are, if they are anywhere.
pub(super) fn list(
    view: View<'_>,
    tree: &Tree,
    further: Further<'_>,
    request: &Request<'_>,
    incoming: impl Answerable,
) {
    service::list(request, incoming, |filter, writer| {
        if further.hosts_others {
            // By the default mapping of RFC 8075 §5.3.
            offer(view, &Link { path: "hc/", resource_type: "core.hc", ..Link::default() }, filter, writer);
        }
        if let Some(plugtest) = further.plugtest {
            offer_fixture(view, filter, writer);
            plugtest.links(|link| offer(view, &link, filter, writer));
        }
        offer(view, &statistics::LINK, filter, writer);
        if further.has_directory {
            directory::LINKS.iter().for_each(|link| offer(view, link, filter, writer));
        }
        let is_resource = |entry: &&Entry| !further.has_directory || !is_registration(entry.key.as_str());
        tree.iter().filter(is_resource).for_each(|entry| offer_entry(view, entry, filter, writer));
    });
}

/// Writes the links of the fixture that pass the filter.
fn offer_fixture(view: View<'_>, filter: &Filter<'_>, writer: &mut LinkWriter<'_>) {
    for (path, content_formats) in LINKS {
        offer(view, &Link { path, content_formats, ..Link::default() }, filter, writer);
    }
}

/// Writes the link of an entry of the tree if it passes the filter.
fn offer_entry(view: View<'_>, entry: &Entry, filter: &Filter<'_>, writer: &mut LinkWriter<'_>) {
    let model = view.models.of(entry.key.as_str());
    let formats = formats(entry);
    let link = Link {
        path: entry.key.as_str(),
        resource_type: model.map_or("", |model| model.resource_type),
        interface: model.map_or("", |model| model.interface),
        title: model.map_or("", |model| model.title),
        content_formats: &formats,
        observable: model.is_none_or(|model| model.observable),
        ..Link::default()
    };
    offer(view, &link, filter, writer);
}

/// The formats that an entry can be had in: that it is stored in first.
pub(super) fn formats(entry: &Entry) -> Vec<u16> {
    match entry.content_format {
        Some(CBOR) => vec![CBOR, JSON],
        Some(JSON) => vec![JSON, CBOR],
        other => other.into_iter().collect(),
    }
}

/// Writes a link if it may be seen and passes the filter.
fn offer(view: View<'_>, link: &Link<'_>, filter: &Filter<'_>, writer: &mut LinkWriter<'_>) {
    if view.shows(link.path) && filter.matches(link) {
        writer.link(link);
    }
}

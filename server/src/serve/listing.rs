//! What discovery says of the resources (RFC 6690).

use twite::resource::filter::Filter;
use twite::resource::link::Link;
use twite::resource::link_writer::LinkWriter;

use super::face::Face;
use super::fixture::LINKS;
use crate::formats::{CBOR, JSON};
use crate::store::Entry;

/// Writes the links of the fixture that pass the filter.
pub(super) fn offer_fixture(filter: &Filter<'_>, writer: &mut LinkWriter<'_>) {
    for (path, content_formats) in LINKS {
        offer(&Link { path, content_formats, ..Link::default() }, filter, writer);
    }
}

/// Writes the link of an entry of the tree if it passes the filter.
pub(super) fn offer_entry(entry: &Entry, filter: &Filter<'_>, writer: &mut LinkWriter<'_>) {
    let face = Face::of(entry.key.as_str()).map(|face| face.entry);
    let formats = match entry.content_format {
        Some(CBOR) => vec![CBOR, JSON],
        Some(JSON) => vec![JSON, CBOR],
        other => other.into_iter().collect(),
    };
    let link = Link {
        path: entry.key.as_str(),
        resource_type: face.map_or("", |entry| entry.resource_type),
        interface: face.map_or("", |entry| entry.interface),
        title: face.map_or("", |entry| entry.title),
        content_formats: &formats,
        observable: true,
        ..Link::default()
    };
    offer(&link, filter, writer);
}

/// Writes a link if it passes the filter.
pub(super) fn offer(link: &Link<'_>, filter: &Filter<'_>, writer: &mut LinkWriter<'_>) {
    if filter.matches(link) {
        writer.link(link);
    }
}

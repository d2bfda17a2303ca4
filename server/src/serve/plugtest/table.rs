//! Which resources there are, what may be done to them, and what discovery says of them.

use twite::exchange::Request;
use twite::resource::link::Link;
use twite::wire::RequestType;

/// What answers a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::serve) enum Place {
    /// `/test`: every method, and nothing changes.
    Test,
    /// `/separate`: the answer comes a second later.
    Separate,
    /// Text, and no more to it.
    Text,
    /// `/query`: shows the query.
    Query,
    /// `/location-query`: names a place that has a query.
    LocationQuery,
    /// `/multi-format`: in four formats.
    MultiFormat,
    /// `/path`: lists what is below it.
    Path,
    /// Kept with an entity tag: `/validate`, then those that do not exist at first.
    Kept(usize),
    /// `/large`: needs blocks.
    Large,
    /// `/large-separate`: the same, a second later.
    LargeSeparate,
    /// `/large-update`: the same, to be replaced.
    LargeUpdate,
    /// `/large-create`: takes bodies as children.
    LargeCreate,
    /// One of those children.
    Created(u64),
    /// `/large-post`: answers with the body in upper case.
    LargePost,
    /// One that can be observed.
    Observed(usize),
    /// `/obs-reset`: forgets the observers.
    Reset,
}

/// A line of the table.
#[derive(Debug)]
pub(super) struct Resource {
    pub(super) place: Place,
    pub(super) methods: &'static [RequestType],
    pub(super) link: Link<'static>,
}

const GET: &[RequestType] = &[RequestType::Get];
const POST: &[RequestType] = &[RequestType::Post];
const GET_POST: &[RequestType] = &[RequestType::Get, RequestType::Post];
const GET_PUT: &[RequestType] = &[RequestType::Get, RequestType::Put];
const GET_DELETE: &[RequestType] = &[RequestType::Get, RequestType::Delete];
const GET_PUT_DELETE: &[RequestType] = &[RequestType::Get, RequestType::Put, RequestType::Delete];
const ALL: &[RequestType] = &[RequestType::Get, RequestType::Put, RequestType::Post, RequestType::Delete];

const LINK: Link<'static> = Link {
    path: "",
    resource_type: "",
    interface: "",
    title: "",
    content_formats: &[],
    size: None,
    observable: false,
};
const TEXT: Link<'static> = Link { content_formats: &[0], ..LINK };
const BLOCK: Link<'static> = Link { resource_type: "block", ..LINK };
const OBSERVE: Link<'static> = Link { resource_type: "observe", observable: true, ..TEXT };

const fn resource(
    path: &'static str,
    place: Place,
    methods: &'static [RequestType],
    link: Link<'static>,
    title: &'static str,
) -> Resource {
    Resource { place, methods, link: Link { path, title, ..link } }
}

const fn linked(path: &'static str, interface: &'static str, resource_type: &'static str) -> Resource {
    resource(path, Place::Text, GET, Link { interface, resource_type, ..TEXT }, "")
}

/// The length of `/large`, in bytes.
pub(super) const LARGE: u32 = 1280;

const SIZED: Link<'static> = Link { size: Some(LARGE), content_formats: &[0], ..BLOCK };
const MULTI: Link<'static> = Link { content_formats: &[0, 41, 50, 60], ..LINK };
const LIST: Link<'static> = Link { content_formats: &[40], ..LINK };
const CREATE: Link<'static> = Link { content_formats: &[40], ..BLOCK };

/// All of them, in the order of discovery.
pub(super) const RESOURCES: &[Resource] = &[
    resource("test", Place::Test, ALL, TEXT, "every method"),
    resource("separate", Place::Separate, GET, TEXT, "answers a second later"),
    resource("seg1", Place::Text, GET, TEXT, ""),
    resource("seg1/seg2", Place::Text, GET, TEXT, ""),
    resource("seg1/seg2/seg3", Place::Text, GET, TEXT, ""),
    resource("query", Place::Query, GET, TEXT, "shows the query"),
    resource("location-query", Place::LocationQuery, POST, LINK, "names a place with a query"),
    resource("multi-format", Place::MultiFormat, GET, MULTI, "in several formats"),
    resource("validate", Place::Kept(0), GET_PUT_DELETE, LINK, "has an entity tag"),
    resource("create1", Place::Kept(1), GET_PUT_DELETE, LINK, ""),
    resource("create2", Place::Kept(2), GET_PUT_DELETE, LINK, ""),
    resource("create3", Place::Kept(3), GET_PUT_DELETE, LINK, ""),
    resource("large", Place::Large, GET, SIZED, "needs blocks"),
    resource("large-separate", Place::LargeSeparate, GET, SIZED, "needs blocks, a second later"),
    resource("large-update", Place::LargeUpdate, GET_PUT, BLOCK, "takes blocks"),
    resource("large-create", Place::LargeCreate, GET_POST, CREATE, "takes children in blocks"),
    resource("large-post", Place::LargePost, POST, BLOCK, "answers in upper case"),
    linked("link1", "If1", "Type1 Type2"),
    linked("link2", "If2", "Type2 Type3"),
    linked("link3", "foo", "Type1 Type3"),
    resource("path", Place::Path, GET, LIST, "lists what is below it"),
    resource("path/sub1", Place::Text, GET, TEXT, ""),
    resource("path/sub2", Place::Text, GET, TEXT, ""),
    resource("path/sub3", Place::Text, GET, TEXT, ""),
    resource("obs", Place::Observed(0), GET_PUT_DELETE, OBSERVE, "changes every 5 seconds"),
    resource("obs-non", Place::Observed(1), GET_PUT_DELETE, OBSERVE, "changes every 5 seconds"),
    resource("obs-large", Place::Observed(2), GET, OBSERVE, "is large, changes every 5 seconds"),
    resource("obs-pumping", Place::Observed(3), GET, OBSERVE, "is now large, now small"),
    resource("obs-pumping-non", Place::Observed(4), GET, OBSERVE, "is now large, now small"),
    resource("obs-reset", Place::Reset, POST, LINK, "forgets all observers"),
];

/// The path of what answers; empty if there are several.
pub(super) fn path(place: Place) -> &'static str {
    RESOURCES.iter().find(|resource| resource.place == place).map_or("", |resource| resource.link.path)
}

/// Where a request goes and which methods that takes; `None` if it is none of these resources.
pub(super) fn find(request: &Request<'_>) -> Option<(Place, &'static [RequestType])> {
    let is_asked = |resource: &&Resource| request.path().eq(resource.link.path.split('/').map(str::as_bytes));
    if let Some(resource) = RESOURCES.iter().find(is_asked) {
        return Some((resource.place, resource.methods));
    }
    let mut path = request.path();
    let (Some(b"large-create"), Some(name), None) = (path.next(), path.next(), path.next()) else {
        return None;
    };
    let number = std::str::from_utf8(name).ok()?.parse().ok()?;
    Some((Place::Created(number), GET_DELETE))
}

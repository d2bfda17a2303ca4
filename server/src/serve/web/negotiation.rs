//! Which representation of what there is the client gets, RFC 9110 §12.1: CoAP's Accept names one, HTTP's weighs many.

use super::measurement;
use crate::formats::{JSON, LINK, SENML_CBOR, SENML_JSON};
use crate::http::accept::Accept;
use crate::http::event::EVENT_STREAM;
use crate::http::media::content_type;
use crate::http::path::Target;
use crate::serve::listing::formats;
use crate::serve::site::Site;

/// What is asked for of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A representation in this format, or in the one that it is stored in.
    Format(Option<u16>),
    /// A measurement, to be shown in this format of SenML.
    Measurement(u16),
    /// A listing in link format, to be shown as JSON.
    Links,
    /// Its states as they come.
    Stream,
}

/// A format that nothing is in: whoever asks for it hears what there is.
const NONE: u16 = u16::MAX;

impl Wanted {
    /// The value of CoAP's Accept.
    pub(super) const fn accept(self) -> Option<u16> {
        match self {
            Self::Format(format) => format,
            Self::Links => Some(LINK),
            Self::Measurement(_) => Some(JSON),
            Self::Stream => None,
        }
    }
}

/// Chooses among what there is by what the client takes.
pub(super) fn choose(site: &Site, target: &Target, accept: &Accept, can_stream: bool) -> Wanted {
    let (path, offers) = match path(target) {
        Some(path) if site.lists_links(&path) => (path, vec![LINK, JSON]),
        Some(path) => {
            let entry = site.tree.get(&path);
            let mut offers = entry.map(formats).unwrap_or_default();
            offers.extend(entry.map_or(&[][..], |entry| measurement::formats(site.models, entry)));
            (path, offers)
        }
        None => (String::new(), Vec::new()),
    };
    let chosen = accept.choose(&offers, essence);
    let best = chosen.map_or(0, |format| accept.weight(&essence(format)));
    if can_stream && accept.names(EVENT_STREAM) && accept.weight(EVENT_STREAM) >= best {
        return Wanted::Stream;
    }
    match chosen {
        Some(JSON) if site.lists_links(&path) => Wanted::Links,
        Some(format @ (SENML_JSON | SENML_CBOR)) if offers.first() != Some(&format) => {
            Wanted::Measurement(format)
        }
        Some(format) => Wanted::Format(Some(format)),
        None if offers.is_empty() => Wanted::Format(None),
        None => Wanted::Format(Some(NONE)),
    }
}

/// The path of a target as the tree has it; `None` if nothing can be there.
pub(super) fn path(target: &Target) -> Option<String> {
    let segments: Option<Vec<&str>> = target
        .path
        .iter()
        .map(|segment| std::str::from_utf8(segment).ok().filter(|segment| !segment.contains('/')))
        .collect();
    segments.map(|segments| segments.join("/"))
}

/// A media type without parameters.
fn essence(format: u16) -> String {
    let text = content_type(format);
    text.split_once(';').filter(|_| format == 0).map_or(text.clone(), |(essence, _)| essence.to_owned())
}

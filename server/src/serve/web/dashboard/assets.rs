//! The files of the page, as they are in `server/assets`.

use std::sync::OnceLock;

use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Response, StatusCode};
use sha2::{Digest as _, Sha256};
use twite::exchange::ETag;

use super::super::body::Outgoing;
use super::super::heads::texts;
use crate::http::conditions::{Tags, quoted};

/// A file.
#[derive(Debug)]
pub(in crate::serve::web) struct Asset {
    name: &'static str,
    bytes: &'static [u8],
    etag: OnceLock<Option<ETag>>,
}

/// What a browser may do with the page: nothing that comes from elsewhere is loaded, run or asked.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

macro_rules! asset {
    ($name:literal, $path:literal) => {
        Asset {
            name: $name,
            bytes: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/", $path)),
            etag: OnceLock::new(),
        }
    };
}

static ASSETS: [Asset; 18] = [
    asset!("index.html", "dashboard/index.html"),
    asset!("style.css", "dashboard/style.css"),
    asset!("main.js", "dashboard/main.js"),
    asset!("server.js", "dashboard/server.js"),
    asset!("events.js", "dashboard/events.js"),
    asset!("cbor.js", "dashboard/cbor.js"),
    asset!("state.js", "dashboard/state.js"),
    asset!("show.js", "dashboard/show.js"),
    asset!("tree.js", "dashboard/tree.js"),
    asset!("resource.js", "dashboard/resource.js"),
    asset!("editor.js", "dashboard/editor.js"),
    asset!("chart.js", "dashboard/chart.js"),
    asset!("devices.js", "dashboard/devices.js"),
    asset!("exchanges.js", "dashboard/exchanges.js"),
    asset!("messages.js", "dashboard/messages.js"),
    asset!("icon.svg", "dashboard/icon.svg"),
    asset!("uPlot.iife.min.js", "uplot/uPlot.iife.min.js"),
    asset!("uPlot.min.css", "uplot/uPlot.min.css"),
];

/// The file of this name.
pub(super) fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

impl PartialEq for Asset {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Asset {}

impl Asset {
    /// The file, or that the client has it.
    pub(super) fn serve(&self, headers: &HeaderMap) -> Response<Outgoing> {
        let etag = self.etag.get_or_init(|| ETag::new(Sha256::digest(self.bytes).get(..8)?));
        let known = Tags::read(texts(headers, "if-none-match")).ok().flatten();
        let is_known = known.zip(*etag).is_some_and(|(known, etag)| known.weak().contains(&etag));
        let body = if is_known { None } else { Some(Bytes::from_static(self.bytes)) };
        let mut response = Response::new(Outgoing::Whole(body));
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let etag = etag.as_ref().map(quoted).and_then(|etag| HeaderValue::try_from(etag).ok());
        response.headers_mut().extend(etag.map(|etag| (HeaderName::from_static("etag"), etag)));
        for (name, value) in [
            ("content-type", self.media_type()),
            ("cache-control", "no-cache"),
            ("content-security-policy", CONTENT_SECURITY_POLICY),
            ("referrer-policy", "no-referrer"),
            ("vary", "accept"),
        ] {
            response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        response
    }

    fn media_type(&self) -> &'static str {
        match self.name.rsplit('.').next() {
            Some("html") => "text/html; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "text/javascript; charset=utf-8",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hexadecimal::hexadecimal;

    /// What is not ours is as its authors published it.
    #[test]
    fn vendored_files_have_the_checksums_of_their_package() {
        let sums = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/uplot/SHA256SUMS"));
        let mut checked = 0;
        for (sum, name) in sums.lines().filter_map(|line| line.split_once("  ")) {
            let file = find(name).unwrap_or_else(|| panic!("{name} is not served"));
            assert_eq!(hexadecimal(&Sha256::digest(file.bytes)), sum, "{name}");
            checked += 1;
        }
        assert_eq!(checked, 2);
    }

    /// A module that is not in the table is a page that does not run.
    #[test]
    fn every_file_that_another_names_is_served() {
        for asset in ASSETS.iter().filter(|asset| !asset.name.starts_with("uPlot")) {
            let text = std::str::from_utf8(asset.bytes).expect("text");
            for start in ["from \"./", "src=\"/dashboard/", "href=\"/dashboard/"] {
                for rest in text.split(start).skip(1) {
                    let name = rest.split('"').next().unwrap_or_default();
                    assert!(find(name).is_some(), "{} names {name}", asset.name);
                }
            }
        }
    }
}

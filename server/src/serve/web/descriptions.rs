//! `/openapi.json` and `/schema.cddl`: what there is to ask for, for programs. They say nothing of what is stored, and are
//! everybody's.

use twite::catalog::ENTRIES;

use super::answer::Answer;
use super::own::PLAIN;
use crate::config::Limits;
use crate::describe::{Interface, Kind, Own, Place, cddl, openapi};
use crate::http::exposition::EXPOSITION;
use crate::serve::site::Site;

/// A description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Description {
    OpenApi,
    Cddl,
}

/// The descriptions of this server, made once.
#[derive(Debug)]
pub(super) struct Descriptions {
    openapi: String,
    cddl: String,
}

/// They stay what they are for as long as the server runs.
const MAX_AGE: u32 = 3_600;

const LINKS: &str = ".well-known/core";
const ANY: &str = "{path}";

const fn own(path: &'static str, about: &'static str, media_types: &'static [&'static str]) -> Own {
    Own { path, about, media_types, guarded: false }
}

/// What is the server's own, in the words of its description.
const OWN: &[Own] = &[
    own("/health/live", "Whether the server runs.", &["text/plain"]),
    own("/health/ready", "Whether the server does its work.", &["text/plain"]),
    Own { guarded: true, ..own("/metrics", "Figures for Prometheus.", &[EXPOSITION]) },
    Own {
        guarded: true,
        ..own("/stats", "The counters of CoAP, as over CoAP.", &["application/json", "application/cbor"])
    },
    own("/openapi.json", "This document.", &["application/json"]),
    own("/schema.cddl", "The representations in CBOR, as CDDL (RFC 8610).", &["text/plain"]),
];

impl Description {
    /// The one at the path as it stands in the request.
    pub(super) fn at(path: &str) -> Option<Self> {
        match path {
            "/openapi.json" => Some(Self::OpenApi),
            "/schema.cddl" => Some(Self::Cddl),
            _ => None,
        }
    }
}

impl Descriptions {
    pub(super) fn new(site: &Site, limits: &Limits, policy: bool) -> Self {
        let places = places(site);
        let document = openapi(&Interface { policy, limits, places: &places, own: OWN });
        Self { openapi: document.to_string(), cddl: cddl() }
    }

    /// The answer to who reads it.
    pub(super) fn of(&self, description: Description) -> Answer {
        match description {
            Description::OpenApi => Answer::text(self.openapi.clone(), "application/json", MAX_AGE),
            Description::Cddl => Answer::text(self.cddl.clone(), PLAIN, MAX_AGE),
        }
    }
}

/// Where resources are, with the methods that the site has there.
fn places(site: &Site) -> Vec<Place> {
    let place = |template, kind| Place { template, methods: site.methods(template), kind };
    let typed = ENTRIES.iter().map(|entry| place(entry.template.text(), Kind::Typed(entry)));
    let directory = [
        ("rd", Kind::Registrations),
        ("rd/{id}", Kind::Registration),
        ("rd-lookup/ep", Kind::Lookup),
        ("rd-lookup/res", Kind::Lookup),
    ];
    let directory = directory.into_iter().filter(|_| site.lists_links("rd-lookup/ep"));
    let directory = directory.map(|(template, kind)| place(template, kind));
    typed.chain(directory).chain([place(LINKS, Kind::Links), place(ANY, Kind::Any)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::web::own;

    #[test]
    fn what_is_described_as_the_servers_own_is_that() {
        for described in OWN {
            assert!(own::Own::at(described.path).is_some(), "{}", described.path);
        }
    }
}

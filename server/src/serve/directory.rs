//! The resource directory's place in the tree: registrations are entries below `rd`, so that they are as durable as
//! everything else, and every thread has them.

use std::hash::RandomState;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use twite::resource::link::Link;
use twite::wire::RequestType;

use super::registrants::Registrants;
use super::tree::Tree;
use crate::clock;
use crate::directory::{Registered, Registration, name_of};
use crate::formats::LINK;
use crate::policy::Methods;
use crate::store::{AnyStore, Entry, Expect, Operation, Page, Prefix, Revisions, Store as _, Write};

/// Where registrations are.
pub(super) const REGISTRATIONS: &str = "rd";

/// How long a registration that is over may take room.
const SWEEP: Duration = Duration::from_secs(30);

/// A thread's part of the directory.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    /// The most registrations.
    pub(super) most: usize,
    /// Numbers answers.
    pub(super) tags: RandomState,
    /// Fetches the links of who registers without them.
    pub(super) registrants: Registrants,
}

/// What is served at a path of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// POST registers (RFC 9176 §5).
    Registrations,
    /// POST updates, DELETE removes (§5.3).
    Registration,
    /// POST registers by links that are fetched (§5.1).
    Simple,
    /// GET looks up endpoints (§6.4).
    Endpoints,
    /// GET looks up resources (§6.3).
    Resources,
}

/// What discovery says of the directory (RFC 9176 §4.1).
pub(super) const LINKS: [Link<'static>; 3] = [
    link(REGISTRATIONS, "core.rd", "Registration"),
    link("rd-lookup/ep", "core.rd-lookup-ep", "Endpoints"),
    link("rd-lookup/res", "core.rd-lookup-res", "Resources of endpoints"),
];

const fn link(path: &'static str, resource_type: &'static str, title: &'static str) -> Link<'static> {
    Link {
        path,
        resource_type,
        interface: "",
        title,
        content_formats: &[LINK],
        size: None,
        observable: false,
    }
}

impl Directory {
    /// Starts what fetches links.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub(super) fn start(store: &Arc<AnyStore>, most: usize) -> io::Result<Self> {
        Ok(Self { most, tags: RandomState::new(), registrants: Registrants::start(store)? })
    }
}

impl Place {
    /// What of the directory is at the path.
    pub(super) fn at(path: &str) -> Option<Self> {
        match path {
            REGISTRATIONS => Some(Self::Registrations),
            ".well-known/rd" => Some(Self::Simple),
            "rd-lookup/ep" => Some(Self::Endpoints),
            "rd-lookup/res" => Some(Self::Resources),
            _ => is_registration(path).then_some(Self::Registration),
        }
    }

    /// Whether it answers links.
    pub(super) const fn lists_links(self) -> bool {
        matches!(self, Self::Endpoints | Self::Resources)
    }

    /// What may be done there.
    pub(super) fn methods(self) -> Methods {
        let post = Methods::of(RequestType::Post);
        match self {
            Self::Registrations | Self::Simple => post,
            Self::Registration => post | Methods::of(RequestType::Delete),
            Self::Endpoints | Self::Resources => Methods::of(RequestType::Get),
        }
    }
}

/// Where the registration of an endpoint is, whether there is one or not.
pub(super) fn path_of(name: &str, sector: Option<&str>) -> String {
    format!("{REGISTRATIONS}/{}", name_of(name, sector))
}

/// Whether the entry at the path is a registration, and no resource.
pub(super) fn is_registration(path: &str) -> bool {
    path.strip_prefix(REGISTRATIONS).is_some_and(|rest| rest.starts_with('/'))
}

/// The registration that the entry holds, if it is one that still lasts.
pub(super) fn registration(entry: &Entry) -> Option<Registration> {
    lasting(entry, clock::since_1970())
}

/// All that last.
pub(super) fn registered(tree: &Tree) -> impl Iterator<Item = Registered<'_>> {
    let now = clock::since_1970();
    tree.below(REGISTRATIONS).filter_map(move |entry| {
        Some(Registered { path: entry.key.as_str(), registration: lasting(entry, now)? })
    })
}

fn lasting(entry: &Entry, now: u64) -> Option<Registration> {
    let registration = Registration::from_bytes(&entry.body)?;
    Some(registration).filter(|known| !known.is_over(entry.accepted.unwrap_or(0), now))
}

/// Removes registrations that are over, for as long as the server runs.
pub(super) async fn sweep(store: &AnyStore) {
    // The path is one.
    let Ok(prefix) = Prefix::new(REGISTRATIONS) else { return };
    loop {
        let mut page = Page::default();
        while let Ok((entries, _)) = store.list(&prefix, page).await {
            let Some(last) = entries.last() else { break };
            page = Page { after: Some(last.key.clone()), ..Page::default() };
            for entry in &entries {
                if is_registration(entry.key.as_str()) && registration(entry).is_none() {
                    remove(store, entry).await;
                }
            }
        }
        tokio::time::sleep(SWEEP).await;
    }
}

/// Removes what is over, unless it was renewed meanwhile.
async fn remove(store: &AnyStore, entry: &Entry) {
    let expect = Expect::OneOf(Revisions::from(entry.revision));
    let write = Write { key: entry.key.clone(), expect, operation: Operation::Delete };
    // What is not done now is looked at again.
    let _ = store.write(write).await;
}

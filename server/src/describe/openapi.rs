//! The view over HTTP as OpenAPI 3.1.
//!
//! | file | holds |
//! |---|---|
//! | `parameters` | what stands in paths, queries and heads of requests |
//! | `schemas` | what representations hold, as JSON Schema |
//! | `responses` | statuses and what comes with them |
//! | `operations` | the methods of a path |

mod operations;
mod parameters;
mod responses;
mod schemas;

use serde_json::{Map, Value, json};
use twite::catalog::Entry;

use crate::config::Limits;
use crate::policy::Methods;

/// What is described.
#[derive(Clone, Copy, Debug)]
pub struct Interface<'i> {
    /// Whether a policy says who may do what.
    pub policy: bool,
    /// What a request may carry.
    pub limits: &'i Limits,
    /// Where resources are.
    pub places: &'i [Place],
    /// Paths of the server's own.
    pub own: &'i [Own],
}

/// Where resources of one kind are.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// A path template without its leading slash, with at most one variable.
    pub template: &'static str,
    /// What may be done there.
    pub methods: Methods,
    /// What is there.
    pub kind: Kind,
}

/// What is at a place.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A resource of the catalog.
    Typed(&'static Entry),
    /// Whatever somebody stores.
    Any,
    /// The links of all resources (RFC 6690).
    Links,
    /// Where endpoints register (RFC 9176 §5).
    Registrations,
    /// What they registered (§5.3).
    Registration,
    /// Where they are looked up (§6).
    Lookup,
}

/// A path that is the server's own, to be read.
#[derive(Clone, Copy, Debug)]
pub struct Own {
    /// With its leading slash.
    pub path: &'static str,
    /// What is there.
    pub about: &'static str,
    /// The media types of what is there.
    pub media_types: &'static [&'static str],
    /// Whether a policy decides who may read it.
    pub guarded: bool,
}

/// The document.
#[must_use]
pub fn openapi(interface: &Interface<'_>) -> Value {
    let mut paths = Map::new();
    for place in interface.places {
        paths.insert(format!("/{}", place.template), operations::of_place(interface, place));
    }
    for own in interface.own {
        paths.insert(own.path.to_owned(), operations::of_own(interface, own));
    }
    let mut components = json!({
        "schemas": schemas::all(),
        "parameters": parameters::all(),
        "headers": responses::headers(),
        "responses": responses::problems(),
    });
    if let (true, Some(components)) = (interface.policy, components.as_object_mut()) {
        let scheme = json!({
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "The token of an identity of the policy (RFC 6750); without one a request is of `anonymous`.",
            }
        });
        components.insert("securitySchemes".to_owned(), scheme);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Twite",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Resources of devices: the same tree over HTTP and over CoAP (RFC 8075).",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "externalDocs": { "description": "The same representations in CBOR, as CDDL", "url": "/schema.cddl" },
        "paths": paths,
        "components": components,
    })
}

/// A reference to a component.
fn reference(section: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{section}/{name}") })
}

#[cfg(test)]
mod tests {
    use twite::catalog::ENTRIES;
    use twite::wire::RequestType;

    use super::*;
    use crate::config::Settings;

    fn document(policy: bool) -> Value {
        let get = Methods::of(RequestType::Get);
        let places = [
            Place {
                template: "lamps/{id}",
                methods: get | Methods::of(RequestType::IPatch),
                kind: Kind::Typed(ENTRIES.get(2).expect("a lamp")),
            },
            Place { template: ".well-known/core", methods: get, kind: Kind::Links },
            Place { template: "{path}", methods: get | Methods::of(RequestType::Post), kind: Kind::Any },
        ];
        let own = [Own { path: "/metrics", about: "Figures.", media_types: &["text/plain"], guarded: true }];
        let limits = Settings::default().limits;
        openapi(&Interface { policy, limits: &limits, places: &places, own: &own })
    }

    /// Every reference of a document.
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(ToOwned::to_owned));
                members.values().for_each(|value| references(value, found));
            }
            _ => {}
        }
    }

    #[test]
    fn paths_have_the_methods_that_are_there_and_no_others() {
        let document = document(false);
        let methods = |path: &str| {
            let operations = document.pointer("/paths").and_then(|paths| paths.get(path)).expect("a path");
            let names = operations.as_object().expect("operations").keys();
            names.filter(|name| *name != "parameters").cloned().collect::<Vec<_>>()
        };
        assert_eq!(methods("/lamps/{id}"), ["get", "head", "options", "patch"]);
        assert_eq!(methods("/{path}"), ["get", "head", "options", "post"]);
        assert_eq!(methods("/.well-known/core"), ["get", "head", "options"]);
        assert_eq!(methods("/metrics"), ["get", "head", "options"]);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        for policy in [false, true] {
            let document = document(policy);
            let mut found = Vec::new();
            references(&document, &mut found);
            assert!(found.len() > 50);
            for reference in found {
                let place = reference.trim_start_matches('#');
                assert!(document.pointer(place).is_some(), "{reference}");
            }
        }
    }

    #[test]
    fn what_a_policy_adds_is_there_with_a_policy_only() {
        let statuses = |document: &Value, path: &str, method: &str| {
            let responses = document
                .pointer("/paths")
                .and_then(|paths| paths.get(path)?.get(method)?.get("responses")?.as_object().cloned());
            responses.expect("responses").keys().cloned().collect::<Vec<_>>()
        };
        let (open, guarded) = (document(false), document(true));
        assert!(!statuses(&open, "/lamps/{id}", "get").contains(&"401".to_owned()));
        assert_eq!(statuses(&open, "/metrics", "get"), ["200", "503"]);
        assert_eq!(statuses(&guarded, "/metrics", "get"), ["200", "401", "403", "405", "503"]);
        assert!(statuses(&guarded, "/lamps/{id}", "patch").contains(&"401".to_owned()));
        assert!(open.pointer("/components/securitySchemes").is_none());
        assert!(guarded.pointer("/components/securitySchemes/bearer").is_some());
    }
}

//! Imports go down only.

use crate::imports::imports;
use crate::source::{Tree, package};

/// Each floor of `common` from the bottom up, and the floors that it may import from.
const FLOORS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("wire", &["base"]),
    ("reliability", &["base", "wire"]),
    ("exchange", &["base", "wire", "reliability"]),
    ("oscore", &["base", "wire"]),
    ("endpoint", &["base", "wire", "reliability", "exchange", "oscore"]),
    ("resource", &["base", "wire", "reliability", "exchange"]),
    ("service", &["base", "wire", "reliability", "exchange", "endpoint", "resource"]),
    ("catalog", &["resource"]),
];

/// The imports that a floor may not have, as sentences.
fn faults(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for module in tree.0.keys() {
        if let Some(floor) = module.first().filter(|floor| !FLOORS.iter().any(|(name, _)| name == floor)) {
            faults.push(format!("{floor} is no floor: give it its place"));
        }
    }
    for import in imports(tree) {
        let (Some(from), to) = (import.from.first(), import.to.first()) else { continue };
        let allowed = FLOORS.iter().find(|(name, _)| name == from).map_or(&[][..], |(_, below)| below);
        if to.is_none_or(|to| to != from && !allowed.contains(&to.as_str())) {
            faults.push(format!("{} imports {}", import.from.join("/"), import.to.join("/")));
        }
    }
    faults
}

fn planted(texts: &[(&str, &str)]) -> Vec<String> {
    faults(&Tree::of(texts.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))))
}

#[test]
fn imports_go_down_only() {
    let tree = Tree::read(&package("common").join("src"));
    assert!(tree.0.len() > 40, "only {} files", tree.0.len());
    assert!(imports(&tree).len() > 100, "only {} imports", imports(&tree).len());
    let faults = faults(&tree);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn an_upward_import_is_found_in_every_form() {
    let files = |text| {
        planted(&[
            ("lib.rs", "pub mod base; pub mod wire; pub mod endpoint;"),
            ("base/mod.rs", ""),
            ("wire/mod.rs", "mod message; pub use message::Message;"),
            ("wire/message.rs", text),
            ("endpoint/mod.rs", "mod client; pub use client::RequestId; pub struct Endpoint;"),
            ("endpoint/client.rs", ""),
        ])
    };
    let upward = ["wire/message imports endpoint"];
    assert_eq!(files("use crate::endpoint::Endpoint;"), upward);
    assert_eq!(files("use super::super::endpoint::Endpoint;"), upward);
    assert_eq!(files("use crate::{base, endpoint::{Endpoint as E}};"), upward);
    assert_eq!(files("fn f(_: &crate::endpoint::Endpoint) {}"), upward);
    assert_eq!(files("#[cbor(with = \"crate::endpoint\")] struct S;"), upward);
    assert_eq!(files("use crate::endpoint::RequestId;"), ["wire/message imports endpoint/client"]);
    let none = [""; 0];
    assert_eq!(files("use crate::base::Full; use super::Message;"), none);
    assert_eq!(files("// use crate::endpoint::Endpoint;"), none);
    assert_eq!(files("#[cfg(test)] mod tests { use crate::endpoint::Endpoint; }"), none);
}

#[test]
fn neighbours_are_found_to_import_each_other() {
    let files = |path, text| {
        planted(&[
            ("endpoint/mod.rs", ""),
            ("resource/mod.rs", ""),
            ("exchange/mod.rs", ""),
            ("service/mod.rs", ""),
            (path, text),
        ])
    };
    for (path, text) in [
        ("endpoint/x.rs", "use crate::resource::Path;"),
        ("resource/x.rs", "use crate::endpoint::Endpoint;"),
        ("catalog/x.rs", "use crate::exchange::Request;"),
        ("catalog/x.rs", "use crate::service::Route;"),
        ("attic/x.rs", ""),
    ] {
        assert_eq!(files(path, text).len(), 1, "{path}: {text}");
    }
    assert_eq!(files("catalog/x.rs", "use crate::resource::Path;").len(), 0);
}

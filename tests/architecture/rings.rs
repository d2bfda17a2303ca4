//! No file of `common` imports itself by way of others.

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::imports;
use crate::source::{Module, Tree, package};

/// Sets of files of which each reaches every other.
fn rings(tree: &Tree) -> Vec<BTreeSet<Module>> {
    let mut direct: BTreeMap<Module, Vec<Module>> = BTreeMap::new();
    for import in imports(tree) {
        direct.entry(import.from).or_default().push(import.to);
    }
    let reached: BTreeMap<&Module, BTreeSet<Module>> =
        direct.keys().map(|module| (module, reachable(&direct, module))).collect();
    let in_ring = reached.iter().filter(|(module, reached)| reached.contains(**module));
    let rings: BTreeSet<BTreeSet<Module>> = in_ring
        .map(|(module, mine)| {
            let mutual = |other: &&Module| reached.get(other).is_some_and(|theirs| theirs.contains(*module));
            mine.iter().filter(mutual).cloned().collect()
        })
        .collect();
    rings.into_iter().collect()
}

fn reachable(direct: &BTreeMap<Module, Vec<Module>>, from: &Module) -> BTreeSet<Module> {
    let mut reached = BTreeSet::new();
    let mut left = vec![from];
    while let Some(module) = left.pop() {
        for next in direct.get(module).into_iter().flatten() {
            if reached.insert(next.clone()) {
                left.push(next);
            }
        }
    }
    reached
}

fn names(ring: &BTreeSet<Module>) -> String {
    ring.iter().map(|module| module.join("/")).collect::<Vec<_>>().join(" ")
}

#[test]
fn no_import_ring() {
    let tree = Tree::read(&package("common").join("src"));
    let rings: Vec<_> = rings(&tree).iter().map(names).collect();
    assert!(rings.is_empty(), "rings:\n{}", rings.join("\n"));
}

#[test]
fn a_planted_ring_is_found() {
    let tree = Tree::of(
        [
            ("base/mod.rs", "mod a; mod b; mod c; pub use a::A; pub use c::C;"),
            ("base/a.rs", "use super::b::B; pub struct A;"),
            ("base/b.rs", "use crate::base::C; pub struct B;"),
            ("base/c.rs", "fn f(_: super::A) {} pub struct C;"),
            ("base/d.rs", "use super::A;"),
        ]
        .map(|(path, text)| (path.to_owned(), text.to_owned())),
    );
    let rings: Vec<_> = rings(&tree).iter().map(names).collect();
    assert_eq!(rings, ["base/a base/b base/c"]);
}

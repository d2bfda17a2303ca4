//! What the sources promise: no `std` below the shells, no panic, no lock and no task on the datagram path.

use crate::source::{Tree, code, package};

/// The lints that `common` denies in its code.
const DENIED: &[&str] = &[
    "clippy::indexing_slicing",
    "clippy::string_slice",
    "clippy::unwrap_used",
    "clippy::expect_used",
    "clippy::panic",
    "clippy::unreachable",
];

/// Files of the server that every datagram passes.
const DATAGRAM_PATH: &[&str] = &[
    "serve/listener.rs",
    "serve/writes.rs",
    "serve/site.rs",
    "serve/site/writing.rs",
    "serve/access.rs",
    "policy/mod.rs",
    "pattern.rs",
    "serve/tree.rs",
    "serve/socket.rs",
    "store/queue.rs",
];

/// Whether the code names the crate; a module of that name in another crate is none.
fn names_crate(code: &str, name: &str) -> bool {
    let path = format!("{name}::");
    let uses = code.match_indices(&path).any(|(at, _)| {
        !code[..at].ends_with(|character: char| character.is_alphanumeric() || "_:".contains(character))
    });
    uses || code.contains(&format!("extern crate {name}"))
}

/// Whether the code has this word.
fn has_word(code: &str, word: &str) -> bool {
    code.split(|character: char| !(character.is_alphanumeric() || character == '_'))
        .any(|found| found == word)
}

fn missing_attributes(library: &str) -> Vec<String> {
    let text: String = code(library).split_whitespace().collect();
    let mut missing: Vec<_> = ["#![no_std]", "#![forbid(unsafe_code)]"]
        .into_iter()
        .filter(|attribute| !text.contains(attribute))
        .map(ToOwned::to_owned)
        .collect();
    let denied = text.split_once("#![cfg_attr(not(test),deny(").and_then(|(_, rest)| rest.split_once("))]"));
    let denied: Vec<&str> = denied.map_or(vec![], |(list, _)| list.split(',').collect());
    missing.extend(DENIED.iter().filter(|lint| !denied.contains(lint)).map(|lint| format!("deny({lint})")));
    missing
}

#[test]
fn common_uses_neither_std_nor_a_heap() {
    for (module, code) in &Tree::read(&package("common").join("src")).0 {
        for name in ["std", "alloc"] {
            assert!(!names_crate(code, name), "{} uses {name}", module.join("/"));
        }
    }
    assert!(
        names_crate("use std::vec::Vec;", "std") && names_crate("fn f(_: alloc::vec::Vec<u8>) {}", "alloc")
    );
    assert!(names_crate("extern crate alloc;", "alloc") && !names_crate("use core::alloc::Layout;", "alloc"));
}

#[test]
fn common_keeps_its_attributes() {
    let library = std::fs::read_to_string(package("common").join("src/lib.rs")).expect("lib.rs");
    assert_eq!(missing_attributes(&library), [""; 0]);
    for lint in DENIED {
        assert_eq!(missing_attributes(&library.replace(lint, "clippy::all")), [format!("deny({lint})")]);
    }
    assert_eq!(missing_attributes(&library.replace("#![no_std]", "// #![no_std]")), ["#![no_std]"]);
    assert_eq!(missing_attributes(&library.replace("forbid", "deny")), ["#![forbid(unsafe_code)]"]);
}

#[test]
fn common_excuses_no_panic_but_at_compile_time() {
    for (module, code) in &Tree::read(&package("common").join("src")).0 {
        let excused = DENIED.iter().filter(|lint| code.contains(**lint)).count();
        let is_allowed = module.is_empty() || *module == ["resource", "template"];
        assert!(excused == 0 || is_allowed, "{} excuses itself from a lint", module.join("/"));
        assert!(!code.contains("assert!(") && !code.contains("assert_eq!("), "{} asserts", module.join("/"));
    }
}

#[test]
fn the_server_has_no_unsafe_and_no_unbounded_channel() {
    let tree = Tree::read(&package("server").join("src"));
    assert!(tree.0.len() > 20, "only {} files", tree.0.len());
    for (module, code) in &tree.0 {
        for word in ["unsafe", "unbounded_channel", "UnboundedSender"] {
            assert!(!has_word(code, word), "{} has {word}", module.join("/"));
        }
    }
}

#[test]
fn the_datagram_path_has_no_lock_and_no_task() {
    for path in DATAGRAM_PATH {
        let file = package("server").join("src").join(path);
        let text =
            std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("server/src/{path}: {error}"));
        let code = code(&text);
        for word in ["Mutex", "RwLock"] {
            assert!(!has_word(&code, word), "{path} has {word}");
        }
        let spawns = ["spawn", "spawn_local", "spawn_blocking"].iter().any(|word| has_word(&code, word));
        assert!(*path != "serve/listener.rs" || !spawns, "{path} starts a task");
    }
    assert!(has_word("let a: std::sync::Mutex<u8>;", "Mutex") && !has_word("MutexFree", "Mutex"));
}

fn names_faults(manifest: &str) -> bool {
    ["faults", "faulty"].iter().any(|word| has_word(manifest, word))
}

#[test]
fn no_package_that_ships_can_have_planted_faults() {
    for shipped in ["common", "server", "device"] {
        let manifest = std::fs::read_to_string(package(shipped).join("Cargo.toml")).expect("a manifest");
        assert!(!names_faults(&manifest), "{shipped} names faults");
    }
    let faulty = std::fs::read_to_string(package("tests/faulty").join("Cargo.toml")).expect("a manifest");
    assert!(names_faults(&faulty));
}

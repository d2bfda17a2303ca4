//! Which file uses which.

use std::collections::BTreeMap;

use crate::source::{Module, Tree};

/// One use of something in another file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Import {
    pub(crate) from: Module,
    pub(crate) to: Module,
}

/// Every use of another file, by `crate::`, `super::` or the name of a child. Re-exports in a `mod.rs` are seen
/// through: who imports `crate::wire::Code` uses `wire/code.rs`.
pub(crate) fn imports(tree: &Tree) -> Vec<Import> {
    let facades: BTreeMap<&Module, Facade> =
        tree.0.iter().map(|(module, code)| (module, facade(tree, module, code))).collect();
    let mut all = Vec::new();
    for from in tree.0.keys() {
        let own = &facades[from];
        let mut targets: Vec<Module> = Vec::new();
        for path in paths(&own.rest) {
            let (start, segments) = absolute(from, &path);
            targets.push(resolve(tree, &facades, start, segments));
        }
        let words = || own.rest.split(|character: char| !(character.is_alphanumeric() || character == '_'));
        targets.extend(
            own.names.iter().filter(|(name, _)| words().any(|word| word == *name)).map(|(_, to)| to.clone()),
        );
        all.extend(targets.into_iter().filter(|to| to != from).map(|to| Import { from: from.clone(), to }));
    }
    all.sort();
    all.dedup();
    all
}

/// What a module shows of others, and its code without that.
struct Facade {
    names: BTreeMap<String, Module>,
    rest: String,
}

fn facade(tree: &Tree, module: &Module, code: &str) -> Facade {
    let mut names = BTreeMap::new();
    let mut rest = String::new();
    for statement in code.split_inclusive(';') {
        let Some((before, path)) = statement.rsplit_once("use ").filter(|(before, _)| is_public(before))
        else {
            rest.push_str(statement);
            continue;
        };
        rest.push_str(before);
        for mut segments in expand(path) {
            let Some(name) = segments.pop() else { continue };
            let (start, segments) = absolute(module, &segments);
            let mut target = start;
            target.extend(segments);
            if tree.0.contains_key(&target) && target != *module {
                names.insert(name, target);
            }
        }
    }
    Facade { names, rest }
}

fn is_public(before: &str) -> bool {
    let before = before.trim_end();
    before.ends_with("pub")
        || (before.ends_with(')') && before.rfind("pub(").is_some_and(|at| !before[at..].contains('{')))
}

/// Where a path begins, and what follows; a path of neither kind begins at the module itself.
fn absolute(module: &Module, path: &[String]) -> (Module, Vec<String>) {
    let mut start = module.clone();
    let mut rest = path;
    match path.first().map(String::as_str) {
        Some("crate") => {
            start.clear();
            rest = &path[1..];
        }
        Some("self") => rest = &path[1..],
        _ => {
            while let Some(("super", behind)) =
                rest.split_first().map(|(first, behind)| (first.as_str(), behind))
            {
                start.pop();
                rest = behind;
            }
        }
    }
    (start, rest.to_vec())
}

/// The file that holds what a path names.
fn resolve(tree: &Tree, facades: &BTreeMap<&Module, Facade>, start: Module, segments: Vec<String>) -> Module {
    let mut module = start;
    for segment in segments {
        let mut deeper = module.clone();
        deeper.push(segment.clone());
        if tree.0.contains_key(&deeper) {
            module = deeper;
        } else {
            return facades
                .get(&module)
                .and_then(|facade| facade.names.get(&segment))
                .unwrap_or(&module)
                .clone();
        }
    }
    module
}

/// All paths in the code that begin with `crate::` or `super::`; `pub(in crate::…)` is none.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            let before = &code[..at];
            let continues =
                before.ends_with(|character: char| character.is_alphanumeric() || "_:".contains(character));
            if !continues && !before.ends_with("(in ") {
                all.extend(expand(&code[at..]));
            }
        }
    }
    all
}

/// The paths of a use tree: `a::{b, c::D}` is `a::b` and `a::c::D`.
fn expand(text: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    tree(text.trim_start(), &mut Vec::new(), &mut all);
    all
}

/// Reads one tree behind `prefix`; what follows it.
fn tree<'t>(text: &'t str, prefix: &mut Vec<String>, all: &mut Vec<Vec<String>>) -> &'t str {
    let depth = prefix.len();
    let mut rest = text;
    loop {
        if let Some(group) = rest.strip_prefix('{') {
            rest = group.trim_start();
            while !rest.is_empty() && !rest.starts_with('}') {
                rest = tree(rest, prefix, all);
                let next = rest.find([',', '}']).unwrap_or(rest.len());
                rest = rest[next..].trim_start_matches(',').trim_start();
            }
            prefix.truncate(depth);
            return rest.strip_prefix('}').unwrap_or(rest);
        }
        let end = rest
            .find(|character: char| !(character.is_alphanumeric() || character == '_'))
            .unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        if !word.is_empty() && word != "self" {
            prefix.push(word.to_owned());
        }
        rest = behind;
        match rest.strip_prefix("::") {
            Some(behind) if !word.is_empty() => rest = behind,
            _ => break,
        }
    }
    all.push(prefix.clone());
    prefix.truncate(depth);
    rest
}

#[test]
fn use_trees_are_expanded() {
    let paths = |text| paths(text).into_iter().map(|path| path.join("::")).collect::<Vec<_>>();
    assert_eq!(
        paths("use crate::a::{b, c::{D, e as f}, self};"),
        ["crate::a::b", "crate::a::c::D", "crate::a::c::e", "crate::a"]
    );
    assert_eq!(
        paths("fn f(x: super::super::y::Z<'_>) { crate::w::v::<u8>() }"),
        ["crate::w::v", "super::super::y::Z"]
    );
    assert_eq!(paths("pub(in crate::a) struct S; #[cbor(with = \"crate::b::c\")]"), ["crate::b::c"]);
}

//! Rust sources, read as text: comments and tests are taken out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The path of a module below its crate: `["wire", "message"]`.
pub(crate) type Module = Vec<String>;

/// The sources of one crate.
#[derive(Debug, Default)]
pub(crate) struct Tree(pub(crate) BTreeMap<Module, String>);

impl Tree {
    /// Of the sources in a folder; files named `tests.rs` hold tests and are left out.
    pub(crate) fn read(folder: &Path) -> Self {
        let texts = rust_files(folder).into_iter().map(|path| {
            let text = std::fs::read_to_string(&path).expect("a readable file");
            (path.strip_prefix(folder).expect("inside").to_string_lossy().into_owned(), text)
        });
        Self::of(texts)
    }

    /// Of texts and their paths below the crate's `src`.
    pub(crate) fn of(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        let code = texts.into_iter().map(|(path, text)| (module(&path), code(&text)));
        Self(code.filter(|(module, _)| module.last().is_none_or(|name| name != "tests")).collect())
    }
}

/// The folder of a package of this workspace.
pub(crate) fn package(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join(name)
}

/// Every Rust file below a folder.
pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                // What compilers wrote is nobody's source.
                folders.extend((!path.ends_with("target")).then_some(path));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn module(path: &str) -> Module {
    let mut module: Module = path.trim_end_matches(".rs").split('/').map(ToOwned::to_owned).collect();
    if module.last().is_some_and(|name| name == "mod" || name == "lib") {
        module.pop();
    }
    module
}

/// The text without comments and without what stands behind `#[cfg(test)]`.
pub(crate) fn code(text: &str) -> String {
    let (mut kept, shape) = without_comments(text);
    let attribute: Vec<char> = "#[cfg(test)]".chars().collect();
    let mut at = 0;
    while at < shape.len() {
        if shape[at..].starts_with(&attribute) {
            let end = item_end(&shape, at + attribute.len());
            kept[at..end].fill(' ');
            at = end;
        } else {
            at += 1;
        }
    }
    kept.into_iter().collect()
}

/// Behind the item that begins at `at`: its semicolon or its closing brace.
fn item_end(shape: &[char], at: usize) -> usize {
    let mut depth = 0_usize;
    for (position, character) in shape.iter().enumerate().skip(at) {
        match character {
            ';' if depth == 0 => return position + 1,
            '{' => depth += 1,
            '}' if depth <= 1 => return position + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    shape.len()
}

/// The text with comments blanked, and the same with texts and characters blanked too.
fn without_comments(text: &str) -> (Vec<char>, Vec<char>) {
    let text: Vec<char> = text.chars().collect();
    let (mut kept, mut shape) = (text.clone(), text.clone());
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let (length, is_comment) = match rest {
            ['/', '/', ..] => (position(rest, &['\n']), true),
            ['/', '*', ..] => (position(rest, &['*', '/']) + 2, true),
            ['r', '"' | '#', ..] if !is_word(&text, at) => match raw_text(rest) {
                Some(length) => (length, false),
                None => (0, false),
            },
            ['"', ..] => (quoted(rest, '"'), false),
            ['\'', '\\', ..] | ['\'', _, '\'', ..] => (quoted(rest, '\''), false),
            _ => (0, false),
        };
        let end = (at + length).min(text.len());
        shape[at..end].fill(' ');
        if is_comment {
            kept[at..end].fill(' ');
        }
        at = end.max(at + 1);
    }
    (kept, shape)
}

/// Whether the character at `at` continues a word; a `b` in front of a text does not count.
fn is_word(text: &[char], at: usize) -> bool {
    at > 0 && (text[at - 1].is_alphanumeric() || text[at - 1] == '_') && text[at - 1] != 'b'
}

fn position(text: &[char], end: &[char]) -> usize {
    text.windows(end.len()).position(|window| window == end).unwrap_or(text.len())
}

fn raw_text(text: &[char]) -> Option<usize> {
    let hashes = text[1..].iter().take_while(|&&character| character == '#').count();
    if text.get(1 + hashes) != Some(&'"') {
        return None;
    }
    let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    Some(2 + hashes + position(&text[2 + hashes..], &close) + close.len())
}

fn quoted(text: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < text.len() && text[at] != quote {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

#[test]
fn comments_and_tests_are_no_code() {
    let text = r##"
        //! use crate::a;
        use crate::wire::Code; // use crate::b;
        /* use crate::c; */
        const URL: &str = "coap://host { \" }"; const BRACE: char = '{'; const RAW: &str = r#"" } "#;
        #[cfg(test)]
        mod tests { use crate::d; fn f() { "}" } }
        #[cfg(test)]
        mod more;
        fn after<'a>(x: &'a str) {}
    "##;
    let code = code(text);
    for gone in ["crate::a", "crate::b", "crate::c", "crate::d", "mod tests", "mod more"] {
        assert!(!code.contains(gone), "{gone} in {code}");
    }
    for kept in ["crate::wire::Code", "coap://host", "fn after<'a>"] {
        assert!(code.contains(kept), "{kept} not in {code}");
    }
}

#[test]
fn files_named_tests_are_declared_as_tests() {
    for package_name in ["common", "server", "device"] {
        let tree = Tree::read(&package(package_name).join("src"));
        for (module, code) in &tree.0 {
            assert!(!code.contains("mod tests;"), "{module:?} builds its tests into the crate");
        }
    }
}

//! Which paths a permission speaks of.

use std::fmt;

use crate::store::Key;

/// A pattern of paths: segments joined by `/`, without a leading slash.
///
/// | pattern | paths |
/// |---|---|
/// | `sensors/a1` | this one |
/// | `sensors/{id}/temperature` | with any one segment in the place of `{id}` |
/// | `sensors/*` | right below `sensors`: one segment more |
/// | `sensors/**` | `sensors` and everything below it |
/// | `**` | every path |
/// | the empty pattern | the root |
///
/// `*` and `**` are the last segment. A segment that is matched is not empty. Letters are compared as they are; nothing is
/// decoded, and no segment means the parent.
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    segments: Vec<Segment>,
    /// Whether everything below matches too.
    below: bool,
    /// What every path begins with: by it most others are told.
    beginning: usize,
}

#[derive(Clone, PartialEq, Eq)]
enum Segment {
    This(Box<[u8]>),
    Any,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// A sentence that says what was expected.
    pub fn new(text: &str) -> Result<Self, String> {
        let mut pattern = Self { text: text.to_owned(), segments: Vec::new(), below: false, beginning: 0 };
        if text.is_empty() {
            return Ok(pattern);
        }
        if text.starts_with('/') {
            return Err("expected a path without a leading slash".to_owned());
        }
        Key::new(text).map_err(|error| format!("{error}, expected segments joined by single slashes"))?;
        pattern.beginning = text.find(['*', '{']).unwrap_or(text.len());
        let mut segments = text.split('/').peekable();
        while let Some(segment) = segments.next() {
            match (segment, segments.peek()) {
                ("**", None) => pattern.below = true,
                ("*", None) => pattern.segments.push(Segment::Any),
                ("*" | "**", Some(_)) => {
                    return Err(format!(
                        "expected {segment} as the last segment, or a name in braces such as {{id}}"
                    ));
                }
                _ => pattern.segments.push(Segment::read(segment)?),
            }
        }
        Ok(pattern)
    }

    /// Whether it speaks of this path.
    pub fn is_at(&self, path: &str) -> bool {
        let beginning = self.text.as_bytes().get(..self.beginning).unwrap_or_default();
        // `a/**` speaks of `a` too.
        (self.below || path.as_bytes().starts_with(beginning)) && self.matches(segments(path))
    }

    /// The pattern as it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it speaks of the path of these segments.
    pub fn matches<'p>(&self, mut path: impl Iterator<Item = &'p [u8]>) -> bool {
        let all = self.segments.iter().all(|segment| {
            path.next().is_some_and(|found| match segment {
                Segment::This(expected) => **expected == *found,
                Segment::Any => !found.is_empty(),
            })
        });
        all && (self.below || path.next().is_none())
    }
}

impl Segment {
    fn read(text: &str) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            let sound = !name.is_empty()
                && name.chars().all(|character| character.is_alphanumeric() || character == '_');
            let error = || {
                format!("expected a name of letters, digits and _ in braces, such as {{id}}, not {text:?}")
            };
            return if sound { Ok(Self::Any) } else { Err(error()) };
        }
        if text.contains(['*', '{', '}']) {
            return Err(format!("expected *, ** or {{id}} as a whole segment, not {text:?}"));
        }
        Ok(Self::This(text.as_bytes().into()))
    }
}

/// The segments of a path that is written with slashes; the empty path has none.
pub fn segments(path: &str) -> impl Iterator<Item = &[u8]> + Clone {
    path.split('/').filter(|_| !path.is_empty()).map(str::as_bytes)
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Pattern({:?})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_segments() {
        for (pattern, yes, no) in [
            ("", &[""][..], &["a"][..]),
            ("a", &["a"], &["", "b", "a/b", "ab", "A"]),
            ("a/b", &["a/b"], &["a", "a/b/c", "a/bb"]),
            ("a/{id}/c", &["a/b/c", "a/{id}/c"], &["a/c", "a/b/d/c", "a/b/c/d", "a//c"]),
            ("{x}", &["a", "*", "ü"], &["", "a/b"]),
            ("a/*", &["a/b", "a/.."], &["a", "a/b/c", "b/b", "a/"]),
            ("*", &["a"], &["", "a/b"]),
            ("a/**", &["a", "a/b", "a/b/c"], &["", "ab", "b/a"]),
            ("a/{b}/**", &["a/b", "a/b/c"], &["a"]),
            ("**", &["", "a", "a/b/c"], &[]),
            (".well-known/core", &[".well-known/core"], &["well-known/core"]),
        ] {
            let parsed = Pattern::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
            assert_eq!(parsed.to_string(), pattern);
            for path in yes {
                assert!(parsed.is_at(path), "{pattern} {path}");
                assert!(parsed.matches(segments(path)), "{pattern} {path}");
            }
            for path in no {
                assert!(!parsed.is_at(path), "{pattern} {path}");
                assert!(!parsed.matches(segments(path)), "{pattern} {path}");
            }
        }
    }

    #[test]
    fn a_slash_in_a_segment_is_no_border() {
        let pattern = |text| Pattern::new(text).expect("a pattern");
        let path = || [&b"a/b"[..]].into_iter();
        assert!(!pattern("a/b").matches(path()) && !pattern("a/**").matches(path()));
        assert!(pattern("*").matches(path()));
    }

    #[test]
    fn what_is_no_pattern_is_told_what_was_expected() {
        for (pattern, said) in [
            ("/a", "without a leading slash"),
            ("a/", "empty segment"),
            ("a//b", "empty segment"),
            ("a/../b", "\"..\""),
            ("a\n", "control character"),
            ("**/a", "expected ** as the last segment"),
            ("a/*/b", "expected * as the last segment, or a name in braces such as {id}"),
            ("a*", "as a whole segment, not \"a*\""),
            ("{}", "in braces, such as {id}, not \"{}\""),
            ("{a-b}", "in braces"),
            ("a{id}", "as a whole segment"),
        ] {
            let error = Pattern::new(pattern).expect_err(pattern);
            assert!(error.contains(said) && error.contains("expected"), "{pattern}: {error}");
        }
    }
}

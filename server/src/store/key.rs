//! Paths: the names of entries and of the parts of the tree.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// The path of an entry, checked once: segments joined by `/`, without a leading slash: `sensors/a1/temperature`.
///
/// A segment is not empty, not `.` or `..` (RFC 7252 §5.10.1), and holds neither `/` nor control characters.
/// Cloning is cheap. Keys are ordered by their bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Arc<str>);

/// Why a path is no [`Key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// No segment at all: the root is no entry.
    Root,
    /// A segment of length zero: a slash at the start, at the end, or two in a row.
    EmptySegment,
    /// A segment is `.` or `..`.
    DotSegment,
    /// A segment has a slash inside.
    SlashInSegment,
    /// A control character.
    ControlCharacter,
    /// More than [`Key::MAX_BYTES`].
    TooLong,
}

impl Key {
    /// The length of the longest key in bytes.
    pub const MAX_BYTES: usize = 1024;

    /// Checks a path.
    ///
    /// # Errors
    /// The first rule that the path breaks.
    pub fn new(path: &str) -> Result<Self, KeyError> {
        if path.is_empty() {
            return Err(KeyError::Root);
        }
        if path.len() > Self::MAX_BYTES {
            return Err(KeyError::TooLong);
        }
        path.split('/').try_for_each(check_segment)?;
        Ok(Self(Arc::from(path)))
    }

    /// Joins and checks the segments of a path, as Uri-Path options carry them.
    ///
    /// # Errors
    /// The first rule that a segment or the whole breaks.
    pub fn from_segments<'p>(segments: impl IntoIterator<Item = &'p str>) -> Result<Self, KeyError> {
        let mut path = String::new();
        for (position, segment) in segments.into_iter().enumerate() {
            check_segment(segment)?;
            if segment.contains('/') {
                return Err(KeyError::SlashInSegment);
            }
            if position > 0 {
                path.push('/');
            }
            path.push_str(segment);
            if path.len() > Self::MAX_BYTES {
                return Err(KeyError::TooLong);
            }
        }
        if path.is_empty() { Err(KeyError::Root) } else { Ok(Self(Arc::from(path))) }
    }

    /// The entry of this name right below.
    ///
    /// # Errors
    /// The first rule that the name or the whole breaks.
    pub fn child(&self, name: &str) -> Result<Self, KeyError> {
        Self::from_segments(self.segments().chain([name]))
    }

    /// The whole path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The segments from the root down.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}

fn check_segment(segment: &str) -> Result<(), KeyError> {
    match segment {
        "" => Err(KeyError::EmptySegment),
        "." | ".." => Err(KeyError::DotSegment),
        _ if segment.chars().any(char::is_control) => Err(KeyError::ControlCharacter),
        _ => Ok(()),
    }
}

/// A part of the tree: the entry at a path, if there is one, and all entries below it.
///
/// It ends on a segment border: `a` holds `a` and `a/b`, not `ab`. The default is the whole tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Prefix(Option<Key>);

impl Prefix {
    /// The whole tree.
    #[must_use]
    pub fn all() -> Self {
        Self(None)
    }

    /// Checks the path of a part of the tree; the empty path is the whole.
    ///
    /// # Errors
    /// The first rule of [`Key`] that the path breaks.
    pub fn new(path: &str) -> Result<Self, KeyError> {
        if path.is_empty() { Ok(Self::all()) } else { Key::new(path).map(Self::from) }
    }

    /// Whether the key is in this part of the tree.
    #[must_use]
    pub fn contains(&self, key: &Key) -> bool {
        let Some(root) = &self.0 else { return true };
        match key.as_str().strip_prefix(root.as_str()) {
            Some(rest) => rest.is_empty() || rest.starts_with('/'),
            None => false,
        }
    }

    /// The path where this part starts; `None` for the whole tree.
    #[must_use]
    pub fn root(&self) -> Option<&Key> {
        self.0.as_ref()
    }
}

impl From<Key> for Prefix {
    fn from(root: Key) -> Self {
        Self(Some(root))
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key({:?})", &*self.0)
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Root => "the path is empty",
            Self::EmptySegment => "the path has an empty segment",
            Self::DotSegment => "the path has a segment \".\" or \"..\"",
            Self::SlashInSegment => "a path segment contains a slash",
            Self::ControlCharacter => "the path contains a control character",
            Self::TooLong => "the path is longer than 1024 bytes",
        })
    }
}

impl std::error::Error for KeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_checked() {
        let long = "a".repeat(Key::MAX_BYTES + 1);
        for (path, error) in [
            ("", KeyError::Root),
            ("/a", KeyError::EmptySegment),
            ("a/", KeyError::EmptySegment),
            ("a//b", KeyError::EmptySegment),
            ("a/../b", KeyError::DotSegment),
            ("./a", KeyError::DotSegment),
            ("a\0", KeyError::ControlCharacter),
            (&long, KeyError::TooLong),
        ] {
            assert_eq!(Key::new(path), Err(error), "{path:?}");
        }
        for path in ["a", "a/b", "a.b/..c", "ü/ /%2F", &long[1..]] {
            assert_eq!(Key::new(path).map(|key| key.to_string()), Ok(path.to_owned()));
        }
    }

    #[test]
    fn segments_join_without_ambiguity() {
        assert_eq!(Key::from_segments(["a", "b"]), Key::new("a/b"));
        assert_eq!(Key::from_segments(["a/b"]), Err(KeyError::SlashInSegment));
        assert_eq!(Key::from_segments(["", "b"]), Err(KeyError::EmptySegment));
        assert_eq!(Key::from_segments([]), Err(KeyError::Root));
        assert_eq!(Key::from_segments(["a"; 600]), Err(KeyError::TooLong));
        assert_eq!(Key::new("a").and_then(|key| key.child("b")), Key::new("a/b"));
    }

    #[test]
    fn prefix_ends_on_a_segment_border() {
        let key = |path| Key::new(path).unwrap();
        let prefix = Prefix::new("a/b").unwrap();
        assert!(prefix.contains(&key("a/b")) && prefix.contains(&key("a/b/c")));
        assert!(!prefix.contains(&key("a/bc")) && !prefix.contains(&key("a")));
        assert!(Prefix::new("").unwrap().contains(&key("x")));
    }
}

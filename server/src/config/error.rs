//! Who said what, and what was wrong with it.

use std::fmt;
use std::path::{Path, PathBuf};

use super::shown;

/// Who set a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nobody.
    Default,
    /// A file, with the line and the column in characters, both from 1, where they are known.
    File {
        /// The file as it was named.
        path: PathBuf,
        /// Line and column.
        position: Option<(usize, usize)>,
    },
    /// A variable of the environment, by its name.
    Variable(String),
    /// A flag of the command line, with its dashes.
    Flag(&'static str),
}

/// A configuration that is not accepted, on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Who said it.
    pub source: Source,
    /// What is wrong, and what was expected.
    pub problem: String,
}

impl Source {
    /// A place in the text of a file, by its offset in bytes.
    pub(crate) fn in_file(path: &Path, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let position = (1 + before.matches('\n').count(), 1 + before[line_start..].chars().count());
        Self::File { path: path.to_owned(), position: Some(position) }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File { path, position: None } => formatter.write_str(&shown(path)),
            Self::File { path, position: Some((line, column)) } => {
                write!(formatter, "{}:{line}:{column}", shown(path))
            }
            Self::Variable(name) => write!(formatter, "{}", name.escape_debug()),
            Self::Flag(flag) => formatter.write_str(flag),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.source, self.problem)
    }
}

impl std::error::Error for ConfigError {}

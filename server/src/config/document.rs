//! A TOML document whose mistakes are named with their places.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::error::{ConfigError, Source};

/// The text of a file.
pub(crate) struct Document<'f> {
    pub(crate) path: &'f Path,
    pub(crate) text: &'f str,
}

/// The most entries of a table or a list.
const MOST: usize = 4_096;

/// The longest name, in bytes.
const LONGEST_NAME: usize = 64;

pub(crate) type Entries<'v> = Vec<(&'v Spanned<DeString<'v>>, &'v Spanned<DeValue<'v>>)>;

/// The entries in the order of the file, so that its first mistake is named first.
pub(crate) fn in_order<'v>(table: &'v DeTable<'v>) -> Entries<'v> {
    let mut entries: Entries<'v> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// Refuses what is no name, with a sentence that says so.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let sound = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    if !name.is_empty() && name.len() <= LONGEST_NAME && name.chars().all(sound) {
        return Ok(());
    }
    Err(format!("{name:?} is no name, expected 1 to {LONGEST_NAME} letters, digits and the signs . _ -"))
}

impl<'f> Document<'f> {
    /// The whole as a table.
    pub(crate) fn parse(&self) -> Result<Spanned<DeTable<'f>>, ConfigError> {
        DeTable::parse(self.text).map_err(|error| {
            let problem = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
            self.error(error.span().unwrap_or_default(), problem)
        })
    }

    /// The tables of a section by their names, which are checked.
    pub(crate) fn named<'v>(
        &self,
        section: &str,
        value: &'v Spanned<DeValue<'v>>,
    ) -> Result<Entries<'v>, ConfigError> {
        let entries = in_order(self.table(section, value)?);
        if entries.len() > MOST {
            return Err(self.error(value.span(), format!("{section}: too many, expected at most {MOST}")));
        }
        for (key, _) in &entries {
            check_name(key.get_ref())
                .map_err(|problem| self.error(key.span(), format!("{section}: {problem}")))?;
        }
        Ok(entries)
    }

    /// What has to be a table.
    pub(crate) fn table<'v>(
        &self,
        place: &str,
        value: &'v Spanned<DeValue<'v>>,
    ) -> Result<&'v DeTable<'v>, ConfigError> {
        value.get_ref().as_table().ok_or_else(|| self.unfit(place, value, &format!("the table [{place}]")))
    }

    /// The elements of a list that is not empty.
    pub(crate) fn list<'v>(
        &self,
        place: &str,
        value: &'v Spanned<DeValue<'v>>,
        expected: &str,
    ) -> Result<&'v [Spanned<DeValue<'v>>], ConfigError> {
        let expected = format!("a list of {expected}");
        let list = value.get_ref().as_array().ok_or_else(|| self.unfit(place, value, &expected))?;
        match list.len() {
            0 => Err(self.error(value.span(), format!("{place}: nothing there, expected {expected}"))),
            1..=MOST => Ok(list),
            _ => Err(self.error(value.span(), format!("{place}: too many, expected at most {MOST}"))),
        }
    }

    /// The texts of a list that is not empty, none of them empty.
    pub(crate) fn texts<'v>(
        &self,
        place: &str,
        value: &'v Spanned<DeValue<'v>>,
        expected: &str,
    ) -> Result<Vec<(&'v str, &'v Spanned<DeValue<'v>>)>, ConfigError> {
        let text = |value: &'v Spanned<DeValue<'v>>| {
            let text = value.get_ref().as_str().filter(|text| !text.is_empty());
            text.map(|text| (text, value))
                .ok_or_else(|| self.unfit(place, value, &format!("a list of {expected}")))
        };
        self.list(place, value, expected)?.iter().map(text).collect()
    }

    /// A value of another type than expected; it is not shown.
    pub(crate) fn unfit(&self, place: &str, value: &Spanned<DeValue<'_>>, expected: &str) -> ConfigError {
        let kind = value.get_ref().type_str();
        let article = if kind.starts_with(['a', 'i']) { "an" } else { "a" };
        let problem = format!("{place}: {article} {kind} does not fit, expected {expected}");
        self.error(value.span(), problem)
    }

    /// A key that means nothing here.
    pub(crate) fn unknown(&self, place: &str, key: &Spanned<DeString<'_>>, expected: &str) -> ConfigError {
        let dot = if place.is_empty() { "" } else { "." };
        let name = key.get_ref().escape_debug();
        self.error(key.span(), format!("key `{place}{dot}{name}` is not known; expected one of {expected}"))
    }

    /// A name that stands twice.
    pub(crate) fn twice(&self, place: &str, name: &str, value: &Spanned<DeValue<'_>>) -> ConfigError {
        self.error(value.span(), format!("{place}: {name:?} stands twice, expected it once"))
    }

    /// A mistake and where it is.
    pub(crate) fn error(&self, span: Range<usize>, problem: String) -> ConfigError {
        ConfigError { source: Source::in_file(self.path, self.text, span.start), problem }
    }
}

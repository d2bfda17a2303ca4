//! The layer of the file.

use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::keys::{self, KEYS};
use super::slot::Given;
use super::{ConfigError, Configuration, Source};

/// Lays the text of a file over the configuration.
pub(super) fn apply(configuration: &mut Configuration, path: &Path, text: &str) -> Result<(), ConfigError> {
    let mut file = File { configuration, path, text };
    let document = DeTable::parse(text).map_err(|error| {
        let problem = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        file.error(error.span().unwrap_or_default(), problem)
    })?;
    file.table("", document.get_ref())
}

struct File<'f> {
    configuration: &'f mut Configuration,
    path: &'f Path,
    text: &'f str,
}

impl File<'_> {
    /// Walks a table in the order of the file, so that its first mistake is named first.
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) -> Result<(), ConfigError> {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let name = format!("{prefix}{}", key.get_ref());
            let section = format!("{name}.");
            let dotted = key.get_ref().contains('.');
            match (keys::position(&name).filter(|_| !dotted), value.get_ref()) {
                (Some(index), found) => self.value(index, found, value.span())?,
                (None, DeValue::Table(inner)) if !dotted && is_section(&section) => {
                    self.table(&section, inner)?;
                }
                (None, _) if !dotted && is_section(&section) => {
                    let problem = format!("{name}: a value does not fit, expected the table [{name}]");
                    return Err(self.error(value.span(), problem));
                }
                (None, _) => {
                    let problem = format!(
                        "key `{}` is not known; expected one of {}",
                        name.escape_debug(),
                        known(prefix)
                    );
                    return Err(self.error(key.span(), problem));
                }
            }
        }
        Ok(())
    }

    fn value(&mut self, index: usize, value: &DeValue<'_>, span: Range<usize>) -> Result<(), ConfigError> {
        let source = self.source(span.clone());
        self.configuration.set(index, source, &given(value)).map_err(|refusal| {
            let element = refusal.element.and_then(|element| value.get(element));
            let problem = format!("{}: {}", KEYS[index].name, refusal.problem);
            self.error(element.map_or(span, |element| element.span()), problem)
        })
    }

    fn error(&self, span: Range<usize>, problem: String) -> ConfigError {
        ConfigError { source: self.source(span), problem }
    }

    fn source(&self, span: Range<usize>) -> Source {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let position = (1 + before.matches('\n').count(), 1 + before[line_start..].chars().count());
        Source::File { path: self.path.to_owned(), position: Some(position) }
    }
}

fn is_section(section: &str) -> bool {
    KEYS.iter().any(|key| key.name.starts_with(section))
}

/// The names that can stand in a table: keys in full, other tables in brackets.
fn known(prefix: &str) -> String {
    let mut names: Vec<String> = Vec::new();
    for rest in KEYS.iter().filter_map(|key| key.name.strip_prefix(prefix)) {
        let name = match rest.split_once('.') {
            Some((section, _)) => format!("[{prefix}{section}]"),
            None => format!("{prefix}{rest}"),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

fn given<'v>(value: &'v DeValue<'_>) -> Given<'v> {
    match value {
        DeValue::String(text) => Given::Text(text),
        DeValue::Boolean(value) => Given::Switch(*value),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(integer) => Given::Integer(integer),
            Err(_) => Given::Other(integer.as_str().to_owned()),
        },
        DeValue::Array(elements) => {
            match elements.iter().map(|element| element.get_ref().as_str()).collect::<Option<_>>() {
                Some(texts) => Given::Texts(texts),
                None => Given::Other("a list of other things than text".to_owned()),
            }
        }
        DeValue::Float(float) => Given::Other(float.as_str().to_owned()),
        DeValue::Datetime(_) | DeValue::Table(_) => Given::Other(format!("a {}", value.type_str())),
    }
}

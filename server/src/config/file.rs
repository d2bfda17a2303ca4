//! The layer of the file.

use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::document::Document;
use super::keys::{self, KEYS};
use super::networks::{self, Network};
use super::resources;
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
                (None, _) if name == resources::TABLE && !dotted => {
                    let document = Document { path: self.path, text: self.text };
                    for (resource, span) in resources::read(&document, value)? {
                        let source = self.source(span);
                        self.configuration.settings.resources.push(resource);
                        self.configuration.resource_sources.push(source);
                    }
                }
                (None, DeValue::Table(inner)) if !dotted && is_section(&section) => {
                    self.table(&section, inner)?;
                }
                (None, found) if name == networks::TABLE && !dotted => {
                    self.networks(found, value.span())?;
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

    /// Reads the tables of the networks.
    fn networks(&mut self, found: &DeValue<'_>, span: Range<usize>) -> Result<(), ConfigError> {
        let tables = found
            .as_array()
            .map(|tables| tables.iter().map(|table| (table.get_ref().as_table(), table.span())));
        let unfit = |file: &Self, span| {
            file.error(span, format!("{0}: a value does not fit, expected tables [[{0}]]", networks::TABLE))
        };
        for (table, span) in tables.ok_or_else(|| unfit(self, span))? {
            let network = self.network(table.ok_or_else(|| unfit(self, span.clone()))?, span.clone())?;
            let source = self.source(span.clone());
            let known = self.configuration.settings.networks.iter().map(|network| &network.prefixes);
            let known: Vec<_> = known.flatten().copied().collect();
            let twice = network.prefixes.iter().enumerate();
            let twice = twice.map(|(at, prefix)| (prefix, [&known[..], &network.prefixes[..at]].concat()));
            if let Some((prefix, _)) = twice.into_iter().find(|(prefix, before)| before.contains(prefix)) {
                let (address, length) = (prefix.address(), prefix.length());
                let problem =
                    format!("network.prefixes: \"{address}/{length}\" stands twice, expected it once");
                return Err(self.error(span, problem));
            }
            if known.len() + network.prefixes.len() > networks::MOST_PREFIXES {
                let most = networks::MOST_PREFIXES;
                let problem = format!("network.prefixes: too many, expected at most {most} in all networks");
                return Err(self.error(span, problem));
            }
            self.configuration.settings.networks.push(network);
            self.configuration.network_sources.push(source);
        }
        Ok(())
    }

    /// Reads one network.
    fn network(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Result<Network, ConfigError> {
        let mut network = Network::default();
        let mut entries: Vec<_> = table.iter().collect();
        // What the link says is changed by the others, wherever it stands.
        entries.sort_by_key(|(key, _)| (key.get_ref() != "link", key.span().start));
        for (key, value) in entries {
            let name: &str = key.get_ref();
            if !networks::names().contains(&name) {
                let expected = networks::names().join(", ");
                let name = name.escape_debug();
                let problem = format!("key `network.{name}` is not known; expected one of {expected}");
                return Err(self.error(key.span(), problem));
            }
            network.set(name, &given(value.get_ref())).map_err(|refusal| {
                let element = refusal.element.and_then(|element| value.get_ref().get(element));
                let span = element.map_or(value.span(), |element| element.span());
                self.error(span, format!("network.{name}: {}", refusal.problem))
            })?;
        }
        if network.prefixes.is_empty() {
            let problem = "network.prefixes: nothing there, expected a list of ADDR/LENGTH".to_owned();
            return Err(self.error(span, problem));
        }
        match network.timing.engine().check() {
            Ok(()) => Ok(network),
            Err(problem) => Err(self.error(span, format!("network: {problem}"))),
        }
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
        Source::in_file(self.path, self.text, span.start)
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
    if prefix.is_empty() {
        names.push(format!("[[{}]]", networks::TABLE));
        names.push(format!("[[{}]]", resources::TABLE));
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

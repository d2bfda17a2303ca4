//! The layer of the environment.

use std::collections::BTreeMap;
use std::path::Path;

use super::keys::KEYS;
use super::slot::Given;
use super::{ConfigError, Configuration, Source};

const PREFIX: &str = "TWITE_";

/// The variable that names the file; the one that is no key.
const CONFIG: &str = "TWITE_CONFIG";

/// The environment of this process, for [`super::load`]. What is not UTF-8 is marked so that it is refused there.
pub fn process_environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
}

/// The variables with our prefix, by name; all of them known.
pub(super) fn own_variables(
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<BTreeMap<String, String>, ConfigError> {
    let variables: BTreeMap<_, _> =
        environment.into_iter().filter(|(name, _)| name.starts_with(PREFIX)).collect();
    for (name, value) in &variables {
        let problem = if !known().any(|known| known == name) {
            let nearest = known().min_by_key(|known| distance(known, name)).unwrap_or(CONFIG);
            format!("this variable is not known; expected another, the nearest is {nearest}")
        } else if value.contains(char::REPLACEMENT_CHARACTER) {
            "the value is not UTF-8".to_owned()
        } else if name == CONFIG && value.is_empty() {
            "the value is empty, expected the path of a file".to_owned()
        } else {
            continue;
        };
        return Err(ConfigError { source: Source::Variable(name.clone()), problem });
    }
    Ok(variables)
}

/// The file that the environment names.
pub(super) fn config_file(variables: &BTreeMap<String, String>) -> Option<&Path> {
    variables.get(CONFIG).map(Path::new)
}

/// Lays the variables over the configuration.
pub(super) fn apply(
    configuration: &mut Configuration,
    variables: &BTreeMap<String, String>,
) -> Result<(), ConfigError> {
    for (index, key) in KEYS.iter().enumerate() {
        let Some(value) = variables.get(key.variable) else { continue };
        let source = Source::Variable(key.variable.to_owned());
        configuration
            .set(index, source.clone(), &Given::Untyped(value))
            .map_err(|refusal| ConfigError { source, problem: refusal.problem })?;
    }
    Ok(())
}

fn known() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|key| key.variable).chain([CONFIG])
}

/// Levenshtein's distance: how many characters to change, insert or remove.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, character) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in right.iter().enumerate() {
            let changed = diagonal + usize::from(character != *other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

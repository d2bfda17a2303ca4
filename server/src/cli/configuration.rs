//! `twite check-config`: what a server would be told by a file, without starting one.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use super::Ended;
use super::policy::show;
use crate::config::{self, ServeArguments};
use crate::formats::media_type;
use crate::model::Model;
use crate::policy;

/// Checks a configuration with the policy that it names, and prints what it declares. The environment has no say.
pub(super) fn check(path: &Path) -> Result<ExitCode, Ended> {
    let arguments = ServeArguments { config: Some(path.to_owned()), ..ServeArguments::default() };
    let loaded = config::load(&arguments, []).map_err(|error| Ended::Usage(error.to_string()))?;
    let settings = loaded.settings;
    if let Some(policy) = &settings.policy {
        policy::load(policy).map_err(|error| Ended::Usage(error.to_string()))?;
    }
    show(&settings.resources.iter().map(described).collect::<String>())
}

/// A resource in one line.
fn described(model: &Model) -> String {
    let mut line = format!("{}:", model.path);
    if !model.resource_type.is_empty() {
        line += &format!(" {},", model.resource_type);
    }
    let names: Vec<&str> = model.fields.iter().map(|field| field.name).collect();
    // Writing to a string does not fail.
    let _ = match names.as_slice() {
        [] => write!(line, " any body"),
        names => write!(line, " fields {}", names.join(", ")),
    };
    if !model.formats.is_empty() {
        let name = |format: &u16| media_type(*format).map_or(format.to_string(), ToOwned::to_owned);
        let formats: Vec<String> = model.formats.iter().map(name).collect();
        let _ = write!(line, "; {}", formats.join(", "));
    }
    line + "\n"
}

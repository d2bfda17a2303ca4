//! The effective configuration as a file that means the same.

use std::fmt::Write as _;

use super::Configuration;
use super::keys::KEYS;
use super::networks::TABLE;
use super::resources;

impl Configuration {
    /// The effective settings as TOML; a comment after each value tells who set it.
    pub fn to_toml(&self) -> String {
        // The slots lend the settings for writing as well.
        let mut settings = self.settings.clone();
        let mut output = String::new();
        let mut table = "";
        for (key, source) in KEYS.iter().zip(&self.sources) {
            let (section, name) = key.name.split_once('.').unwrap_or(("", key.name));
            if section != table {
                // Writing to a string does not fail.
                let _ = write!(output, "\n[{section}]\n");
                table = section;
            }
            let value = (key.slot)(&mut settings).to_toml();
            let _ = writeln!(output, "# {}\n{name} = {value} # {source}", key.about);
        }
        for (network, source) in self.settings.networks.iter().zip(&self.network_sources) {
            let _ = write!(output, "\n[[{TABLE}]] # {source}\n{}", network.to_toml());
        }
        for (resource, source) in self.settings.resources.iter().zip(&self.resource_sources) {
            let _ = write!(output, "\n[[{}]] # {source}\n{}", resources::TABLE, resources::to_toml(resource));
        }
        output
    }
}

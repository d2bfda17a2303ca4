//! What `twite serve` is told: defaults, then a TOML file, then the environment (`TWITE_*`), then flags; the last to
//! speak about a key wins.
//!
//! Each key stands once, in a table (`keys`): from it come the names in the file and in the environment, the
//! checks, the words of an error and the printed configuration. Everything that is not known is refused by name.

mod arguments;
pub(crate) mod document;
mod environment;
mod error;
mod file;
mod keys;
mod networks;
mod print;
mod resources;
mod settings;
mod slot;

use std::net::SocketAddr;
use std::path::Path;

pub use arguments::ServeArguments;
pub use environment::process_environment;
pub use error::{ConfigError, Source};
pub use networks::Network;
pub use settings::{Congestion, Durability, Http, Limits, Link, Proxy, Settings, Timing};

use keys::KEYS;
use slot::{Given, Refusal};

/// The effective settings, and who said each of them.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The effective settings.
    pub settings: Settings,
    /// In the order of [`KEYS`].
    sources: Vec<Source>,
    /// Who said each of the networks.
    network_sources: Vec<Source>,
    /// Who said each of the resources.
    resource_sources: Vec<Source>,
}

/// Puts the layers together. The environment is an argument, `process_environment()` in a process.
///
/// # Errors
/// One line that names the file and the place in it, the variable or the flag, and what was expected there.
pub fn load(
    arguments: &ServeArguments,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Configuration, ConfigError> {
    let variables = environment::own_variables(environment)?;
    let mut configuration = Configuration::default();
    let file = arguments.config.as_deref().or_else(|| environment::config_file(&variables));
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError {
            source: Source::File { path: path.to_owned(), position: None },
            problem: format!("cannot be read: {error}"),
        })?;
        file::apply(&mut configuration, path, &text)?;
    }
    environment::apply(&mut configuration, &variables)?;
    arguments::apply(&mut configuration, arguments)?;
    configuration.check()?;
    Ok(configuration)
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            sources: vec![Source::Default; KEYS.len()],
            network_sources: Vec::new(),
            resource_sources: Vec::new(),
        }
    }
}

impl Configuration {
    /// Gives a key, by its place in [`KEYS`], a new value.
    fn set(&mut self, index: usize, source: Source, given: &Given<'_>) -> Result<(), Refusal> {
        (KEYS[index].slot)(&mut self.settings).set(given)?;
        self.sources[index] = source;
        Ok(())
    }

    /// What no key can see alone.
    fn check(&self) -> Result<(), ConfigError> {
        let Limits { body_bytes, total_bytes, .. } = self.settings.limits;
        if body_bytes > total_bytes {
            return Err(ConfigError {
                source: self.culprit(&["limits.body_bytes", "limits.total_bytes"]),
                problem: format!(
                    "limits.body_bytes is {body_bytes}, expected at most limits.total_bytes, which is {total_bytes}"
                ),
            });
        }
        self.check_exposure()?;
        self.settings.timing.engine().check().map_err(|problem| ConfigError {
            source: self.culprit(&[
                "timing.ack_timeout_ms",
                "timing.max_retransmit",
                "timing.max_latency_ms",
            ]),
            problem: format!("timing: {problem}"),
        })
    }

    /// Listens on addresses that were bound by who started the server, instead of those that are configured; a socket that
    /// was passed on is served by one thread.
    ///
    /// # Errors
    /// When other hosts reach one and nothing says that they may.
    pub fn listen_where_passed(
        &mut self,
        coap: Vec<SocketAddr>,
        http: Vec<SocketAddr>,
    ) -> Result<(), ConfigError> {
        if !coap.is_empty() {
            self.settings.listen = coap;
            self.settings.workers = 1;
        }
        if !http.is_empty() {
            self.settings.http.listen = http;
        }
        self.check_exposure()
    }

    /// Nothing is open to other hosts by accident. A group is answered from an address, which is looked at.
    fn check_exposure(&self) -> Result<(), ConfigError> {
        let Settings { listen, http, policy, open, .. } = &self.settings;
        if policy.is_some() || *open {
            return Ok(());
        }
        let is_reached = |address: &&SocketAddr| {
            let ip = address.ip().to_canonical();
            !ip.is_loopback() && !ip.is_multicast()
        };
        let addresses = [("listen", listen), ("http.listen", &http.listen)];
        let reached = addresses.iter().find_map(|(key, list)| Some((*key, list.iter().find(is_reached)?)));
        match reached {
            Some((key, address)) => Err(ConfigError {
                source: self.culprit(&[key]),
                problem: format!(
                    "{key}: other hosts reach {address} and there is no policy, expected --policy FILE (policy = \"FILE\") \
                     that says who may do what, or --open (open = true) so that everybody may do everything"
                ),
            }),
            None => Ok(()),
        }
    }

    /// Whether somebody has set this key.
    fn is_said(&self, name: &str) -> bool {
        keys::position(name).is_some_and(|index| self.sources[index] != Source::Default)
    }

    /// Who was the first to set one of these keys.
    fn culprit(&self, names: &[&str]) -> Source {
        let sources = names.iter().filter_map(|name| keys::position(name)).map(|index| &self.sources[index]);
        sources.into_iter().find(|source| **source != Source::Default).unwrap_or(&Source::Default).clone()
    }
}

/// The path of a file as it stands in a message: on one line.
fn shown(path: &Path) -> String {
    path.to_string_lossy().escape_debug().to_string()
}

#[cfg(test)]
mod tests;

//! The layer of the flags.

use std::net::{Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::settings::PORT;
use super::slot::{Given, address};
use super::{ConfigError, Configuration, Durability, Source, keys};
use crate::logging::LogFormat;

/// The flags of `twite serve`. Their names stay.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(about = "Serve a tree of resources over CoAP and HTTP", long_about = None)]
pub struct ServeArguments {
    /// Listen on this address, or for this group; can be repeated [default: 127.0.0.1:5683 and `[::1]:5683`]
    #[arg(long, value_name = "ADDR:PORT", value_parser = address)]
    pub listen: Vec<SocketAddr>,
    /// Serve the resources over HTTP too, on this address; can be repeated
    #[arg(long, value_name = "ADDR:PORT", value_parser = address)]
    pub http: Vec<SocketAddr>,
    /// Serve other hosts without a policy too, everybody may do everything [on `[::]:5683` if nothing else is said]
    #[arg(long)]
    pub open: bool,
    /// Read who may do what from a TOML file, and again on SIGHUP
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Take requests protected by the OSCORE context in this file; can be repeated
    #[arg(long, value_name = "FILE")]
    pub oscore: Vec<PathBuf>,
    /// Directory of the store [default: ./twite-data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// When a change is on disk: before it is acknowledged, within an interval, never [default: commit]
    #[arg(long, value_enum, hide_possible_values = true, value_name = "commit|interval|memory")]
    pub durability: Option<Durability>,
    /// Read a TOML file; variables TWITE_* and flags win over it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How the lines of the log look [default: text]
    #[arg(long, value_enum, hide_possible_values = true, value_name = "text|json")]
    pub log: Option<LogFormat>,
    /// Threads that serve [default: one per core]
    #[arg(long, value_name = "COUNT")]
    pub workers: Option<u16>,
    /// Look for the next datagram for so many microseconds before sleeping [default: 0]
    #[arg(long, value_name = "MICROSECONDS")]
    pub poll: Option<u32>,
    /// Serve example resources
    #[arg(long)]
    pub demo: bool,
    /// Serve the resources of the ETSI CoAP plugtests
    #[arg(long)]
    pub plugtest: bool,
    /// Be a resource directory (RFC 9176), at /rd and /rd-lookup
    #[arg(long)]
    pub directory: bool,
    /// Print the effective configuration as TOML, and who said what, and stop
    #[arg(long)]
    pub print_config: bool,
}

/// Lays the flags over the configuration.
pub(super) fn apply(
    configuration: &mut Configuration,
    arguments: &ServeArguments,
) -> Result<(), ConfigError> {
    let named: Vec<String> = arguments.listen.iter().map(ToString::to_string).collect();
    let all = SocketAddr::from((Ipv6Addr::UNSPECIFIED, PORT)).to_string();
    let mut flags = Vec::new();
    if !named.is_empty() {
        flags.push(("listen", "--listen", Given::Texts(named.iter().map(String::as_str).collect())));
    } else if arguments.open && !configuration.is_said("listen") {
        flags.push(("listen", "--open", Given::Texts(vec![&all])));
    }
    let http: Vec<String> = arguments.http.iter().map(ToString::to_string).collect();
    if !http.is_empty() {
        flags.push(("http.listen", "--http", Given::Texts(http.iter().map(String::as_str).collect())));
    }
    let contexts: Result<Vec<&str>, ConfigError> =
        arguments.oscore.iter().map(|path| utf8("--oscore", path)).collect();
    let contexts = contexts?;
    if !contexts.is_empty() {
        flags.push(("oscore", "--oscore", Given::Texts(contexts)));
    }
    let switches = [
        ("open", "--open", arguments.open),
        ("demo", "--demo", arguments.demo),
        ("plugtest", "--plugtest", arguments.plugtest),
        ("directory", "--directory", arguments.directory),
    ];
    for (name, flag, given) in switches {
        if given {
            flags.push((name, flag, Given::Switch(true)));
        }
    }
    let numbers = [
        ("workers", "--workers", arguments.workers.map(i64::from)),
        ("poll_us", "--poll", arguments.poll.map(i64::from)),
    ];
    for (name, flag, given) in numbers {
        if let Some(number) = given {
            flags.push((name, flag, Given::Integer(number)));
        }
    }
    let durability = arguments.durability.as_ref().and_then(ValueEnum::to_possible_value);
    if let Some(value) = &durability {
        flags.push(("durability", "--durability", Given::Text(value.get_name())));
    }
    let log = arguments.log.as_ref().and_then(ValueEnum::to_possible_value);
    if let Some(value) = &log {
        flags.push(("log.format", "--log", Given::Text(value.get_name())));
    }
    let paths = [("data", "--data", &arguments.data), ("policy", "--policy", &arguments.policy)];
    for (name, flag, path) in paths {
        let Some(path) = path else { continue };
        let text = utf8(flag, path)?;
        flags.push((name, flag, Given::Text(text)));
    }
    for (name, flag, given) in flags {
        let Some(index) = keys::position(name) else { continue };
        let source = Source::Flag(flag);
        configuration
            .set(index, source.clone(), &given)
            .map_err(|refusal| ConfigError { source, problem: refusal.problem })?;
    }
    Ok(())
}

fn utf8<'p>(flag: &'static str, path: &'p Path) -> Result<&'p str, ConfigError> {
    path.to_str()
        .ok_or_else(|| ConfigError { source: Source::Flag(flag), problem: format!("{path:?} is not UTF-8") })
}

//! `twite keygen`: both sides of a new OSCORE context, each in a file of its own, or the server's in a device's memory.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::Ended;
use crate::config::ConfigError;
use crate::config::document::check_name;
use crate::hexadecimal::unhexadecimal;
use crate::oscore::{self, ContextFile, Names, Pair};

/// `twite keygen NAME`
#[derive(Debug, Clone, Args)]
pub struct Keygen {
    /// What a policy calls whoever has it: NAME.server.toml and NAME.client.toml are made
    #[arg(value_parser = name)]
    pub name: String,
    /// Where the files are made [default: here]
    #[arg(long, value_name = "DIR", default_value = "", hide_default_value = true)]
    pub directory: PathBuf,
    /// The server's ID, up to 7 bytes in hexadecimal [default: the empty one]
    #[arg(long, value_name = "HEX", value_parser = hexadecimal)]
    pub server_id: Option<Bytes>,
    /// The client's ID, up to 7 bytes in hexadecimal, another for each client of a server [default: 4 random bytes]
    #[arg(long, value_name = "HEX", value_parser = hexadecimal)]
    pub client_id: Option<Bytes>,
    /// The ID context, up to 32 bytes in hexadecimal [default: none]
    #[arg(long, value_name = "HEX", value_parser = hexadecimal)]
    pub id_context: Option<Bytes>,
    /// Make one side as a folder for aiocoap, NAME.client or NAME.server, instead of its file
    #[arg(long, value_enum, hide_possible_values = true, value_name = "client|server")]
    pub aiocoap: Option<Side>,
    /// Put the server's side into this image of a device's EEPROM, made if it is not there, instead of its file; two have
    /// room, and the device must not run meanwhile
    #[arg(long, value_name = "FILE")]
    pub device: Option<PathBuf>,
}

/// Bytes of one argument.
#[derive(Debug, Clone)]
pub struct Bytes(Vec<u8>);

/// One of the two that share a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Side {
    /// Who asks.
    Client,
    /// Who answers.
    Server,
}

/// Makes the files and prints which, and the line for a policy.
pub(super) fn run(arguments: &Keygen) -> Result<ExitCode, Ended> {
    let bytes = |value: &Option<Bytes>| value.as_ref().map(|Bytes(bytes)| bytes.clone());
    let names = Names {
        name: arguments.name.clone(),
        server_id: bytes(&arguments.server_id),
        client_id: bytes(&arguments.client_id),
        id_context: bytes(&arguments.id_context),
    };
    let pair = Pair::generate(&names).map_err(|error| Ended::Usage(format!("no randomness: {error}")))?;
    // What would be refused when it is read is not written.
    ContextFile::read(Path::new("twite keygen"), &pair.client.to_toml())
        .map_err(|error| Ended::Usage(error.problem))?;
    if arguments.device.is_some() && arguments.aiocoap == Some(Side::Server) {
        return Err(Ended::Usage(
            "--device and --aiocoap server: expected one place for the server's side".to_owned(),
        ));
    }
    // A device's memory holds more than this and is changed last.
    let (first, second) = match arguments.device {
        None => ((Side::Server, &pair.server), (Side::Client, &pair.client)),
        Some(_) => ((Side::Client, &pair.client), (Side::Server, &pair.server)),
    };
    let (path, mut told) = make(arguments, first.0, first.1).map_err(refused)?;
    let (_, line) = make(arguments, second.0, second.1).map_err(|error| {
        // Half a pair is of no use to anybody.
        remove(&path);
        refused(error)
    })?;
    told += &line;
    if arguments.device.is_none() {
        // Writing to a string does not fail.
        let _ = writeln!(told, "oscore = [\"{}\"]", arguments.name);
    }
    let written = std::io::stdout().lock().write_all(told.as_bytes());
    written.map(|()| ExitCode::SUCCESS).map_err(|error| Ended::Usage(format!("cannot be written: {error}")))
}

/// Makes one side: where, and what is said of it.
fn make(arguments: &Keygen, side: Side, context: &ContextFile) -> Result<(PathBuf, String), ConfigError> {
    let (word, url) = match side {
        Side::Client => ("client", "coap://HOST/*".to_owned()),
        Side::Server => ("server", format!(":{}", arguments.name)),
    };
    if let (Side::Server, Some(image)) = (side, &arguments.device) {
        oscore::create_in_device(image, context)?;
        return Ok((image.clone(), format!("{}\n", image.display())));
    }
    let path = arguments.directory.join(format!("{}.{word}", arguments.name));
    if arguments.aiocoap == Some(side) {
        oscore::create_for_aiocoap(&path, context)?;
        let shown = path.to_string_lossy().replace(['\\', '"'], "?");
        let line = format!("{shown}  {{\"{url}\": {{\"oscore\": {{\"basedir\": \"{shown}/\"}}}}}}\n");
        return Ok((path, line));
    }
    let path = arguments.directory.join(format!("{}.{word}.toml", arguments.name));
    oscore::create(&path, context)?;
    let line = format!("{}\n", path.display());
    Ok((path, line))
}

fn remove(made: &Path) {
    // What cannot be removed is refused to be overwritten later.
    let _ = std::fs::remove_dir_all(made).or_else(|_| {
        std::fs::remove_file(oscore::SequenceFile::of(made).path())?;
        std::fs::remove_file(made)
    });
}

#[expect(clippy::needless_pass_by_value, reason = "map_err gives it")]
fn refused(error: ConfigError) -> Ended {
    Ended::Usage(error.to_string())
}

fn name(text: &str) -> Result<String, String> {
    check_name(text).map(|()| text.to_owned())
}

fn hexadecimal(text: &str) -> Result<Bytes, String> {
    unhexadecimal(text).map(Bytes).ok_or_else(|| "expected hexadecimal digits, two a byte".to_owned())
}

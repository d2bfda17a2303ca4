//! `twite discover`.

use std::io::Write;
use std::process::ExitCode;

use twite::exchange::Outgoing;
use twite::resource::link_reader::{ParsedLink, parse_links};

use super::arguments::{Discover, Show};
use super::{Ended, exchange, output};
use crate::client::Blocks;
use crate::formats;
use crate::logging::escaped;

/// Asks for the links and writes one a line.
pub(super) fn run(arguments: &Discover) -> Result<ExitCode, Ended> {
    let mut uri = exchange::parse(&arguments.target)?;
    if exchange::is_bare(&uri) {
        uri.path = vec![".well-known".into(), "core".into()];
    }
    let accept = Some(formats::LINK);
    let reply = exchange::perform(&arguments.target, &uri, Blocks::default(), |outgoing| Outgoing {
        accept,
        ..outgoing
    })?;
    output::summary(&reply);
    if arguments.raw || reply.content_format() != Some(formats::LINK) {
        output::body(&reply, Show { raw: arguments.raw, json: false, diag: false });
        return Ok(exchange::exit_code(&reply));
    }
    let mut stdout = std::io::stdout().lock();
    for link in parse_links(&reply.payload) {
        match link {
            Ok(link) if writeln!(stdout, "{}", line(&link)).is_err() => break,
            Ok(_) => {}
            Err(error) => output::note(&format!("part of the list is broken: {error}")),
        }
    }
    Ok(exchange::exit_code(&reply))
}

/// A link as one line: its target, then its attributes.
fn line(link: &ParsedLink<'_>) -> String {
    let mut line = escaped(link.target().as_bytes()).to_string();
    for (name, value) in link.attributes() {
        let value = value.to_string();
        line.push_str(&format!("  {}", escaped(name.as_bytes())));
        if !value.is_empty() {
            line.push_str(&format!("={}", escaped(value.as_bytes())));
        }
    }
    line
}

//! `twite discover`.

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;

use twite::exchange::Outgoing;
use twite::resource::link_reader::{ParsedLink, parse_links};

use super::arguments::{Discover, Show};
use super::{Ended, exchange, output};
use crate::client::{Blocks, Reply};
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
    links(&reply, "");
    Ok(exchange::exit_code(&reply))
}

/// Shows one of many servers: its URI, then what it lists, indented.
pub(super) fn server(address: SocketAddr, reply: &Reply, raw: bool) {
    // Whoever reads may stop when it likes.
    let _ = writeln!(std::io::stdout().lock(), "coap://{address}");
    if raw || reply.content_format() != Some(formats::LINK) {
        output::line(reply, Show { raw: false, json: false, diag: false });
    } else {
        links(reply, "  ");
    }
}

fn links(reply: &Reply, indent: &str) {
    let mut stdout = std::io::stdout().lock();
    for link in parse_links(&reply.payload) {
        match link {
            Ok(link) if writeln!(stdout, "{indent}{}", line(&link)).is_err() => break,
            Ok(_) => {}
            Err(error) => output::note(&format!("part of the list is broken: {error}")),
        }
    }
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

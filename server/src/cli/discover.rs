//! `twite discover`.

use std::io::Write;
use std::process::ExitCode;

use twite::exchange::Outgoing;

use super::arguments::{Discover, Show};
use super::{Ended, exchange, output};
use crate::formats;

/// Asks for the links and writes one a line.
pub(super) fn run(arguments: &Discover) -> Result<ExitCode, Ended> {
    let mut uri = exchange::parse(&arguments.target)?;
    if exchange::is_bare(&uri) {
        uri.path = vec![".well-known".into(), "core".into()];
    }
    let accept = Some(formats::LINK);
    let reply = exchange::perform(&arguments.target, &uri, |outgoing| Outgoing { accept, ..outgoing })?;
    output::summary(&reply);
    if arguments.raw || reply.content_format() != Some(formats::LINK) {
        output::body(&reply, Show { raw: arguments.raw, json: false, diag: false });
        return Ok(exchange::exit_code(&reply));
    }
    let mut stdout = std::io::stdout().lock();
    for link in twite::resource::link::parse_links(&reply.payload) {
        let line = match link {
            Ok(link) => link.to_string(),
            Err(error) => {
                output::note(&format!("the list is broken: {error}"));
                break;
            }
        };
        if writeln!(stdout, "{line}").is_err() {
            break;
        }
    }
    Ok(exchange::exit_code(&reply))
}

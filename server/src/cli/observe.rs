//! `twite observe`.

use std::process::ExitCode;
use std::time::Instant as Clock;

use twite::exchange::Outgoing;
use twite::wire::{RequestType, number};

use super::arguments::Observe;
use super::{Ended, exchange, output};
use crate::client::Blocks;

/// Shows each state of the resource on standard output, one a line where its format allows.
pub(super) fn run(arguments: &Observe) -> Result<ExitCode, Ended> {
    let uri = exchange::parse(&arguments.target)?;
    let mut memory = exchange::Memory::new(&arguments.target);
    let (mut client, address) = exchange::connect(&arguments.target, &uri, &mut memory)?;
    let path: Vec<&[u8]> = uri.path.iter().map(AsRef::as_ref).collect();
    let query: Vec<&[u8]> = uri.query.iter().map(AsRef::as_ref).collect();
    let request = Outgoing {
        host: uri.uri_host_option(),
        query: &query,
        accept: arguments.accept,
        ..Outgoing::new(RequestType::Get, &path)
    };
    let blocks = arguments.block_size.map_or(Blocks::default(), |exponent| Blocks { exponent, early: true });
    let until = arguments.span.map(|span| Clock::now() + span);
    let mut left = arguments.count;
    let mut observed = true;
    let patience = arguments.target.patience();
    let last = client.observe(&request, blocks, patience, until, |reply| {
        output::summary(reply);
        let readable = output::line(reply, arguments.show);
        observed = reply.uint(number::OBSERVE).is_some();
        left = left.map(|left| left - 1);
        readable && left != Some(0)
    });
    let last = last.map_err(|error| exchange::no_answer(address, &error))?;
    match last {
        Some(reply) if reply.code.class() != 2 => {
            output::summary(&reply);
            output::line(&reply, arguments.show);
            Ok(exchange::exit_code(&reply))
        }
        Some(_) if !observed => {
            output::note("the server does not let this resource be observed");
            Ok(ExitCode::SUCCESS)
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

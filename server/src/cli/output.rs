//! Standard output for the body, standard error for everything else.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use twite::wire::{Code, ResponseType, number};

use super::arguments::Show;
use crate::client::Reply;
use crate::logging::escaped;
use crate::{formats, notation, trace, transcode};

/// A line longer than this is broken up.
const COLUMNS: usize = 100;

/// A line on standard error; a closed one is nobody's problem.
pub(super) fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// `1.3 ms`
pub(super) fn milliseconds(elapsed: Duration) -> String {
    format!("{:.1} ms", elapsed.as_secs_f64() * 1_000.0)
}

/// A progress bar on standard error, if that is a terminal and there is more than one block.
#[derive(Default)]
pub(super) struct Progress(Option<indicatif::ProgressBar>);

impl Progress {
    /// So many bytes went or came, of so many if that is known.
    pub(super) fn show(&mut self, done: usize, total: Option<usize>) {
        if !io::stderr().is_terminal() {
            return;
        }
        let bar = self.0.get_or_insert_with(|| match total {
            Some(total) => indicatif::ProgressBar::new(total as u64),
            None => indicatif::ProgressBar::new_spinner(),
        });
        bar.set_position(done as u64);
    }

    /// Takes the bar away.
    pub(super) fn clear(self) {
        if let Some(bar) = self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Code, options and timing on standard error.
pub(super) fn summary(reply: &Reply) {
    let options = trace::options(&reply.options);
    let separator = if options.is_empty() { "" } else { "  " };
    note(&format!(
        "{} {}{separator}{options}  {}",
        reply.code,
        phrase(reply.code.0),
        milliseconds(reply.elapsed)
    ));
    if let Some(seconds) = retry_in(reply) {
        note(&format!("try again in {seconds} s"));
    }
}

/// When to ask again what was refused for the moment: 4.29 (RFC 8516 §3) or 5.03 (RFC 7252 §5.9.3.4).
fn retry_in(reply: &Reply) -> Option<u32> {
    let momentary = [Code::from(ResponseType::TooManyRequests), Code::from(ResponseType::ServiceUnavailable)];
    momentary.contains(&reply.code).then(|| reply.uint(number::MAX_AGE))?
}

/// What a response code means (RFC 7252 §12.1.2 and its successors).
const fn phrase(code: u8) -> &'static str {
    match code {
        0x41 => "Created",
        0x42 => "Deleted",
        0x43 => "Valid",
        0x44 => "Changed",
        0x45 => "Content",
        0x5f => "Continue",
        0x80 => "Bad Request",
        0x81 => "Unauthorized",
        0x82 => "Bad Option",
        0x83 => "Forbidden",
        0x84 => "Not Found",
        0x85 => "Method Not Allowed",
        0x86 => "Not Acceptable",
        0x88 => "Request Entity Incomplete",
        0x89 => "Conflict",
        0x8c => "Precondition Failed",
        0x8d => "Request Entity Too Large",
        0x8f => "Unsupported Content-Format",
        0x96 => "Unprocessable Entity",
        0x9d => "Too Many Requests",
        0xa0 => "Internal Server Error",
        0xa1 => "Not Implemented",
        0xa2 => "Bad Gateway",
        0xa3 => "Service Unavailable",
        0xa4 => "Gateway Timeout",
        0xa5 => "Proxying Not Supported",
        0xa8 => "Hop Limit Reached",
        _ => "unknown code",
    }
}

/// The body on standard output, in the form that was asked for or that suits what reads it.
pub(super) fn body(reply: &Reply, show: Show) {
    if reply.payload.is_empty() {
        return;
    }
    let terminal = io::stdout().is_terminal();
    let rendered = render(reply, show, terminal);
    let mut stdout = io::stdout().lock();
    // Whoever reads may stop when it likes.
    let _ = stdout.write_all(&rendered).and_then(|()| stdout.flush());
}

/// The body as one of many: CBOR on a line of its own in diagnostic notation unless something else was asked
/// for. False if nobody reads any more.
pub(super) fn line(reply: &Reply, show: Show) -> bool {
    let cbor = reply.content_format().is_some_and(formats::is_cbor);
    let mut rendered = if cbor && !show.raw && !show.json {
        notation::diagnostic(&reply.payload).map_or_else(|_| reply.payload.clone(), String::into_bytes)
    } else {
        render(reply, show, io::stdout().is_terminal())
    };
    if !show.raw && rendered.last() != Some(&b'\n') {
        rendered.push(b'\n');
    }
    let mut stdout = io::stdout().lock();
    stdout.write_all(&rendered).and_then(|()| stdout.flush()).is_ok()
}

fn render(reply: &Reply, show: Show, terminal: bool) -> Vec<u8> {
    let payload = &reply.payload;
    let cbor = reply.content_format().is_some_and(formats::is_cbor);
    if show.raw || !(terminal || show.json || show.diag) {
        return payload.clone();
    }
    let text = if cbor && show.json {
        transcode::cbor_to_json(payload, transcode::Limits::default())
            .map(String::into_bytes)
            .map_err(|error| error.to_string())
    } else if cbor {
        notation::diagnostic_pretty(payload, COLUMNS)
            .map_err(|error| error.to_string())
            .map(String::into_bytes)
    } else if !terminal || reply.content_format().is_none_or(formats::is_text) {
        Ok(if terminal { terminal_text(payload) } else { payload.clone() })
    } else {
        Ok(format!("{} bytes; --raw writes them\n", payload.len()).into_bytes())
    };
    match text {
        Ok(mut text) => {
            if text.last() != Some(&b'\n') {
                text.push(b'\n');
            }
            text
        }
        Err(error) => {
            note(&format!("the body is not what its format says: {error}"));
            payload.clone()
        }
    }
}

/// Text without what would move a terminal's cursor; line breaks stay.
fn terminal_text(payload: &[u8]) -> Vec<u8> {
    let lines: Vec<String> = payload.split(|byte| *byte == b'\n').map(terminal_line).collect();
    lines.join("\n").into_bytes()
}

fn terminal_line(line: &[u8]) -> String {
    match std::str::from_utf8(line) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => escaped(line).to_string(),
    }
}

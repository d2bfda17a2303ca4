//! The log: lines on stderr, as text for people or as JSON for collectors.

use std::fmt;
use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// The most bytes of foreign text that [`escaped`] shows.
pub const ESCAPED_BYTES: usize = 256;

/// The filter that holds when nothing else is said.
pub const DEFAULT_FILTER: &str = "info";

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// For people; in colour on a terminal, unless `NO_COLOR` is set.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// Sends the log of this process to stderr. `filter` is a level, or a list such as `info,twite_server=debug`.
///
/// # Errors
/// The filter is refused by [`check_filter`], or the process has a log already.
pub fn init(format: LogFormat, filter: &str) -> Result<(), String> {
    let filter = parse_filter(filter)?;
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let begun = match format {
        LogFormat::Text => builder.with_ansi(io::stderr().is_terminal() && !plain).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_ansi(false).try_init(),
    };
    begun.map_err(|error| format!("the log cannot begin: {error}"))
}

/// Checks a filter without using it.
///
/// # Errors
/// A sentence that names the directive at fault and what was expected.
pub fn check_filter(filter: &str) -> Result<(), String> {
    parse_filter(filter).map(drop)
}

fn parse_filter(filter: &str) -> Result<EnvFilter, String> {
    for directive in filter.split(',') {
        let level = LEVELS.iter().any(|level| level.eq_ignore_ascii_case(directive));
        // A bare word would be taken as a target, so that a mistyped level turns the log off.
        if !level && !directive.contains(['=', '[']) {
            let levels = LEVELS.join(", ");
            return Err(format!("{directive:?} is not a level, expected one of {levels}, or TARGET=LEVEL"));
        }
    }
    EnvFilter::builder()
        .parse(filter)
        .map_err(|error| format!("{filter:?} is not a filter of the log ({error}), expected TARGET=LEVEL"))
}

/// Bytes from outside, fit for one line: printable ASCII stays (a backslash doubled), other characters become
/// `\u{..}`, bytes that are not UTF-8 and ASCII controls `\xNN`. What is longer than [`ESCAPED_BYTES`] ends in `…`.
pub fn escaped(bytes: &[u8]) -> impl fmt::Display {
    Escaped(bytes)
}

struct Escaped<'b>(&'b [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = self.0.len() > ESCAPED_BYTES;
        let mut shown = &self.0[..self.0.len().min(ESCAPED_BYTES)];
        if cut {
            // A character that the cut parts is left out as a whole.
            let start = shown.iter().rposition(|byte| byte & 0xc0 != 0x80).unwrap_or(0);
            let parted = str::from_utf8(&shown[start..]).is_err_and(|error| error.error_len().is_none());
            shown = if parted { &shown[..start] } else { shown };
        }
        for chunk in shown.utf8_chunks() {
            for character in chunk.valid().chars() {
                match character {
                    '\\' => formatter.write_str("\\\\")?,
                    ' '..='~' => write!(formatter, "{character}")?,
                    '\0'..='\u{7f}' => write!(formatter, "\\x{:02x}", u32::from(character))?,
                    other => write!(formatter, "\\u{{{:x}}}", u32::from(other))?,
                }
            }
            for byte in chunk.invalid() {
                write!(formatter, "\\x{byte:02x}")?;
            }
        }
        if cut { formatter.write_str("…") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn foreign_text_stays_on_its_line() {
        for (bytes, shown) in [
            (&b"sensors/1 ~"[..], "sensors/1 ~"),
            (b"a\nb\r\x1b[31m\x7f\0", r"a\x0ab\x0d\x1b[31m\x7f\x00"),
            ("ü\u{202e}\u{9b}".as_bytes(), r"\u{fc}\u{202e}\u{9b}"),
            (b"\xff\xc3x", r"\xff\xc3x"),
            (br"\x0a", r"\\x0a"),
        ] {
            assert_eq!(escaped(bytes).to_string(), shown);
        }
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let exact = "a".repeat(ESCAPED_BYTES);
        assert_eq!(escaped(exact.as_bytes()).to_string(), exact);
        assert_eq!(escaped((exact.clone() + "b").as_bytes()).to_string(), exact.clone() + "…");
        let parted = exact[1..].to_owned() + "üb";
        assert_eq!(escaped(parted.as_bytes()).to_string(), exact[1..].to_owned() + "…");
    }

    #[test]
    fn filters_are_checked() {
        for filter in ["info", "WARN", "off", "info,twite_server=debug", "info,twite[span]=trace"] {
            assert_eq!(check_filter(filter), Ok(()), "{filter}");
        }
        for filter in ["", "inof", "info,", "twite=loud"] {
            assert!(check_filter(filter).expect_err(filter).contains("expected"), "{filter}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_printable(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let shown = escaped(&bytes).to_string();
            prop_assert!(shown.trim_end_matches('…').bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            prop_assert_eq!(shown.ends_with('…'), bytes.len() > ESCAPED_BYTES);
        }
    }
}

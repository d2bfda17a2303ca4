//! What the client commands take.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use twite::exchange::ETag;
use twite::reliability::Timing;
use twite::wire::Block;

use crate::config::{Congestion, Link};
use crate::hexadecimal::unhexadecimal;

/// What every command that talks to a server takes.
#[derive(Debug, Clone, Args)]
pub struct Target {
    /// coap://host[:port]/path?query
    pub uri: String,
    /// Show every message on standard error
    #[arg(short = 'v', long)]
    pub verbose: bool,
    /// Give up after so many seconds [default: 90, on another link when it is asked the last time and waited for]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<f64>,
    /// What lies between here and there: slow is for round trips of many seconds, such as NB-IoT [default: default]
    #[arg(long, value_enum, hide_possible_values = true, value_name = "default|slow")]
    pub link: Option<Link>,
    /// Ask again after so many seconds without an acknowledgement, ACK_TIMEOUT [default: 2, or 10 on a slow link]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub ack_timeout: Option<f64>,
    /// When to ask again: after ACK_TIMEOUT, or by measured round trips [default: default]
    #[arg(long, value_enum, hide_possible_values = true, value_name = "default|cocoa")]
    pub congestion: Option<Congestion>,
    /// Protect everything under the OSCORE context in this file (RFC 8613); one command at a time may use it
    #[arg(long, value_name = "FILE")]
    pub oscore: Option<PathBuf>,
}

impl Target {
    /// The transmission parameters.
    pub fn timing(&self) -> Timing {
        let mut timing = self.link.unwrap_or_default().timing();
        if let Some(seconds) = self.ack_timeout {
            timing.ack_timeout_ms = (seconds * 1000.0) as u64;
        }
        timing.engine()
    }

    /// How long to wait for an answer.
    pub fn patience(&self) -> Duration {
        let timing = self.timing();
        match self.timeout {
            Some(seconds) => Duration::from_secs_f64(seconds),
            None if timing == Timing::DEFAULT => Duration::from_secs(90),
            None => Duration::from_micros(timing.max_transmit_wait().as_micros()),
        }
    }
}

/// How a body is shown.
#[derive(Debug, Clone, Copy, Args)]
pub struct Show {
    /// Write the body as it came
    #[arg(long, conflicts_with_all = ["json", "diag"])]
    pub raw: bool,
    /// Write a CBOR body as JSON
    #[arg(long, conflicts_with = "diag")]
    pub json: bool,
    /// Write a CBOR body in diagnostic notation, the default on a terminal
    #[arg(long)]
    pub diag: bool,
}

/// `twite get|put|post|delete|fetch|patch|ipatch URI [PAYLOAD]`
#[derive(Debug, Clone, Args)]
pub struct Message {
    /// The server and the resource.
    #[command(flatten)]
    pub target: Target,
    /// The body: text, @FILE or - for standard input; with -t cbor text is diagnostic notation
    pub payload: Option<String>,
    /// Content-Format of the body: a number or a name such as cbor, json, text
    #[arg(short = 't', long, value_name = "FORMAT", value_parser = crate::formats::parse)]
    pub content_format: Option<u16>,
    /// The only format wanted: a number or a name
    #[arg(short = 'A', long, value_name = "FORMAT", value_parser = crate::formats::parse)]
    pub accept: Option<u16>,
    /// Send it once, Non-confirmable
    #[arg(short = 'N', long)]
    pub non: bool,
    /// A further option by number; the value is text, or hexadecimal with 0x
    #[arg(short = 'O', long = "option", value_name = "NUM,VALUE", value_parser = option)]
    pub options: Vec<(u16, Vec<u8>)>,
    /// The representation that is held, hexadecimal: 2.03 if it is still the one
    #[arg(long, value_name = "HEX", value_parser = etag)]
    pub etag: Vec<ETag>,
    /// Only if the resource has this ETag, hexadecimal
    #[arg(long, value_name = "HEX", value_parser = etag)]
    pub if_match: Vec<ETag>,
    /// Only if the resource does not exist
    #[arg(long)]
    pub if_none_match: bool,
    /// Bytes in a block of a body that goes or comes in blocks: 16, 32, … 1024
    #[arg(short = 'b', long, value_name = "BYTES", value_parser = block_exponent)]
    pub block_size: Option<u8>,
    /// How to show the body.
    #[command(flatten)]
    pub show: Show,
}

/// `twite check-policy FILE`
#[derive(Debug, Clone, Args)]
pub struct CheckPolicy {
    /// The policy of `twite serve --policy`
    pub file: PathBuf,
}

/// `twite check-config FILE`
#[derive(Debug, Clone, Args)]
pub struct CheckConfig {
    /// The configuration of `twite serve --config`
    pub file: PathBuf,
}

/// `twite observe URI`
#[derive(Debug, Clone, Args)]
pub struct Observe {
    /// The server and the resource.
    #[command(flatten)]
    pub target: Target,
    /// The only format wanted: a number or a name
    #[arg(short = 'A', long, value_name = "FORMAT", value_parser = crate::formats::parse)]
    pub accept: Option<u16>,
    /// Stop after this time: 90, 60s, 10m, 2h
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    pub span: Option<Duration>,
    /// Stop after so many states
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Bytes in a block of a body that comes in blocks: 16, 32, … 1024
    #[arg(short = 'b', long, value_name = "BYTES", value_parser = block_exponent)]
    pub block_size: Option<u8>,
    /// How to show each body; without one of these CBOR is a line of diagnostic notation.
    #[command(flatten)]
    pub show: Show,
}

/// `twite discover URI`
#[derive(Debug, Clone, Args)]
#[command(mut_arg("uri", |uri| {
    uri.required(false).required_unless_present("multicast").default_value_if("multicast", "true", "")
}), mut_arg("oscore", |oscore| oscore.conflicts_with("multicast")))]
pub struct Discover {
    /// Ask all servers of a group: that of the URI, else 224.0.1.187 and ff02::fd
    #[arg(long)]
    pub multicast: bool,
    /// How long to wait for the answers of a group: 6s
    #[arg(long = "for", value_name = "TIME", value_parser = span, default_value = "6s", requires = "multicast")]
    pub span: Duration,
    /// Ask a group by this interface only
    #[arg(long, value_name = "NAME", requires = "multicast")]
    pub interface: Option<String>,
    /// The server; without a path /.well-known/core is asked, a query filters: coap://host?rt=temperature
    #[command(flatten)]
    pub target: Target,
    /// Write the link format as it came
    #[arg(long)]
    pub raw: bool,
}

/// `twite ping URI`
#[derive(Debug, Clone, Args)]
pub struct Ping {
    /// The server.
    #[command(flatten)]
    pub target: Target,
}

pub(super) fn span(text: &str) -> Result<Duration, String> {
    let expected = || "expected a time such as 90, 60s, 10m or 2h".to_owned();
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let factor = match text.get(digits.len()..) {
        Some("" | "s") => 1,
        Some("m") => 60,
        Some("h") => 3_600,
        _ => return Err(expected()),
    };
    let number: u64 = digits.parse().map_err(|_| expected())?;
    let seconds = number.checked_mul(factor).filter(|seconds| (1..=31_536_000).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| "expected one second to one year".into())
}

pub(super) fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.001..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("expected seconds from 0.001 to 86400".into()),
    }
}

fn block_exponent(text: &str) -> Result<u8, String> {
    let size: usize = text.parse().unwrap_or(0);
    let exponent = Block::exponent_for(size).filter(|exponent| 16 << exponent == size);
    exponent.ok_or_else(|| "expected 16, 32, 64, 128, 256, 512 or 1024".into())
}

fn etag(text: &str) -> Result<ETag, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    unhexadecimal(digits)
        .and_then(|bytes| ETag::new(&bytes))
        .ok_or_else(|| "expected 1 to 8 bytes in hexadecimal".into())
}

fn option(text: &str) -> Result<(u16, Vec<u8>), String> {
    let (number, value) = text.split_once(',').unwrap_or((text, ""));
    let number = number.parse().map_err(|_| format!("`{number}` is no option number from 0 to 65535"))?;
    let value = match value.strip_prefix("0x") {
        Some(digits) => unhexadecimal(digits).ok_or_else(|| format!("`{digits}` is no hexadecimal"))?,
        None => value.as_bytes().to_vec(),
    };
    Ok((number, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn option_values_are_text_or_hexadecimal() {
        assert_eq!(option("2049,0xff00"), Ok((2049, vec![0xff, 0])));
        assert_eq!(option("15,a=b,c"), Ok((15, b"a=b,c".to_vec())));
        assert_eq!(option("258"), Ok((258, Vec::new())));
        assert!(option("x,1").is_err_and(|error| error.contains("`x`")));
        assert!(option("1,0xf").is_err());
    }

    #[test]
    fn the_link_says_when_to_ask_again_and_how_long_to_wait() {
        #[derive(clap::Parser)]
        struct Command {
            #[command(flatten)]
            target: Target,
        }
        let of = |flags: &str| {
            let words = ["get", "coap://h/"].into_iter().chain(flags.split_whitespace());
            let target = <Command as clap::Parser>::try_parse_from(words)
                .unwrap_or_else(|error| panic!("{error}"))
                .target;
            (target.timing().ack_timeout.as_micros() / 1000, target.patience().as_secs())
        };
        assert_eq!(of(""), (2_000, 90));
        assert_eq!(of("--link slow"), (10_000, 465));
        assert_eq!(of("--link slow --timeout 20"), (10_000, 20));
        assert_eq!(of("--ack-timeout 0.5 --congestion cocoa"), (500, 23));
    }

    #[test]
    fn times_have_units() {
        assert_eq!(span("90"), Ok(Duration::from_secs(90)));
        assert_eq!(span("10m"), Ok(Duration::from_secs(600)));
        for wrong in ["", "s", "1d", "-1s", "0", "99999999999999999999h", "1ss"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn etags_are_hexadecimal() {
        assert_eq!(etag("0x2b").map(|tag| tag.as_bytes().to_vec()), Ok(vec![0x2b]));
        for wrong in ["", "2", "zz", "112233445566778899", "é1"] {
            assert!(etag(wrong).is_err(), "{wrong}");
        }
    }
}

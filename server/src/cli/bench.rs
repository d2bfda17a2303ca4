//! `twite bench`.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::arguments::{seconds, span};
use super::{Ended, body};
use crate::bench::{self, BenchError, End, Method, Plan};
use crate::uri::CoapUri;

/// The methods of a load, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Load {
    /// Read
    Get,
    /// Create or replace
    Put,
    /// Create children
    Post,
    /// Observe one resource by all clients while one more client replaces it
    Observe,
}

/// `twite bench URI`
#[derive(Debug, Clone, Args)]
pub struct Bench {
    /// `coap://host[:port]/path?query`
    pub uri: String,
    /// What the requests ask for
    #[arg(short = 'm', long, value_enum, default_value = "get")]
    pub method: Load,
    /// The body of PUT and POST, the states of an observed resource: a number of bytes, or @FILE; at most 1024 bytes
    #[arg(long, value_name = "BYTES|@FILE")]
    pub body: Option<String>,
    /// Content-Format of the body: a number or a name such as cbor, json, text
    #[arg(short = 't', long, value_name = "FORMAT", value_parser = crate::formats::parse)]
    pub content_format: Option<u16>,
    /// The only format wanted: a number or a name
    #[arg(short = 'A', long, value_name = "FORMAT", value_parser = crate::formats::parse)]
    pub accept: Option<u16>,
    /// Endpoints that ask, each with message ids of its own
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub clients: u32,
    /// Requests of one endpoint that are outstanding at once
    #[arg(long, value_name = "W", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub window: u32,
    /// Requests from one source address before a client takes a fresh one: a crowd of endpoints
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub per_source: Option<u64>,
    /// Requests per second, due whether or not earlier ones are answered; latency counts from when they were due.
    /// Without it each answer is followed by the next request
    #[arg(long, value_name = "R", value_parser = rate)]
    pub rate: Option<f64>,
    /// How long: 10s, 2m [default: 10s]
    #[arg(long = "for", value_name = "TIME", value_parser = span, conflicts_with = "count")]
    pub span: Option<Duration>,
    /// So many requests instead
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Seconds before anything is counted [default: 1, with --count 0]
    #[arg(long, value_name = "SECONDS", value_parser = warm_up)]
    pub warm_up: Option<f64>,
    /// The first wait for an acknowledgement, in seconds, before its random part
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = seconds)]
    pub ack_timeout: f64,
    /// Seconds without any answer, after the last request, until no more are waited for
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    pub patience: f64,
    /// Write one JSON object
    #[arg(long)]
    pub json: bool,
    /// Load a host other than this one; it must be yours
    #[arg(long)]
    pub load_another_host: bool,
}

/// Loads a server and says what it did; no answer at all is exit code 3.
pub(super) fn run(arguments: &Bench) -> Result<ExitCode, Ended> {
    let plan = plan(arguments)?;
    let report = bench::run(&plan).map_err(|error| match error {
        BenchError::Io(error) => Ended::NoAnswer(format!("{}: {error}", plan.target)),
        error => Ended::Usage(error.to_string()),
    })?;
    let mut stdout = std::io::stdout().lock();
    // Whoever reads may stop when it likes.
    let _ = if arguments.json { writeln!(stdout, "{}", report.json()) } else { writeln!(stdout, "{report}") };
    if report.counts.answered == 0 {
        return Err(Ended::NoAnswer(format!("{}: no answer", plan.target)));
    }
    Ok(ExitCode::SUCCESS)
}

fn plan(arguments: &Bench) -> Result<Plan, Ended> {
    let uri: CoapUri =
        arguments.uri.parse().map_err(|error| Ended::Usage(format!("{}: {error}", arguments.uri)))?;
    let addresses = uri.resolve().map_err(|error| Ended::NoAnswer(format!("{}: {error}", arguments.uri)))?;
    let no_address = || Ended::NoAnswer(format!("{}: no address", arguments.uri));
    let counted = arguments.count.is_some();
    let span = arguments.span.unwrap_or(Duration::from_secs(10));
    Ok(Plan {
        target: *addresses.first().ok_or_else(no_address)?,
        host: uri.uri_host_option().map(ToOwned::to_owned),
        method: match arguments.method {
            Load::Get => Method::Get,
            Load::Put => Method::Put,
            Load::Post => Method::Post,
            Load::Observe => Method::Observe,
        },
        content_format: arguments.content_format,
        accept: arguments.accept,
        body: load_body(arguments)?,
        clients: arguments.clients as usize,
        window: arguments.window as usize,
        per_source: arguments.per_source.unwrap_or(u64::MAX),
        rate: arguments.rate,
        warm_up: Duration::from_secs_f64(arguments.warm_up.unwrap_or(if counted { 0.0 } else { 1.0 })),
        end: arguments.count.map_or(End::After(span), End::Requests),
        ack_timeout: Duration::from_secs_f64(arguments.ack_timeout),
        patience: Duration::from_secs_f64(arguments.patience),
        another_host: arguments.load_another_host,
        path: uri.path,
        query: uri.query,
    })
}

fn load_body(arguments: &Bench) -> Result<Vec<u8>, Ended> {
    let observed = if arguments.method == Load::Observe { bench::LEAST_STATE } else { 0 };
    let Some(given) = arguments.body.as_deref() else { return Ok(vec![b'x'; observed]) };
    if given.starts_with('@') {
        return body::read(Some(given), None);
    }
    let most = bench::MOST_BODY;
    match given.parse() {
        Ok(size) if size <= most => Ok(vec![b'x'; size]),
        _ => Err(Ended::Usage(format!("--body {given}: expected @FILE or a number of bytes up to {most}"))),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.001..=10_000_000.0).contains(&rate) => Ok(rate),
        _ => Err("expected requests per second from 0.001 to 10000000".into()),
    }
}

fn warm_up(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=3_600.0).contains(&seconds) => Ok(seconds),
        _ => Err("expected seconds from 0 to 3600".into()),
    }
}

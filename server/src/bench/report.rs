//! What a load did: as a table, and as one JSON object.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use twite::wire::Code;

use super::exchanges::Exchange;
use super::{Method, Plan};

/// Latencies are kept to three digits, from a nanosecond to this.
const SLOWEST: u64 = 600_000_000_000;

/// How many of each there were after the warm-up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests, retransmissions not among them.
    pub sent: u64,
    /// Those that got a response, whichever.
    pub answered: u64,
    /// Requests sent again after ACK_TIMEOUT.
    pub retransmissions: u64,
    /// Requests given up after MAX_RETRANSMIT, or acknowledged and never answered.
    pub lost: u64,
    /// Requests that still had no answer when nobody waited any longer.
    pub unanswered: u64,
    /// Requests refused by a Reset.
    pub resets: u64,
    /// Requests that were due before the end and not sent, mostly because every client's window was full.
    pub unsent: u64,
    /// Empty acknowledgements: the response came later, or was to.
    pub separate: u64,
    /// Responses that belong to no request: repeated ones, mostly.
    pub unexpected: u64,
    /// Datagrams that are no message.
    pub malformed: u64,
    /// Source addresses that were used.
    pub sources: u64,
}

/// What is counted while the load runs. Times are nanoseconds of the run.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) counts: Counts,
    codes: [u64; 256],
    latency: Option<Histogram<u64>>,
    warm_up: u64,
    /// Answers between the warm-up and the end of the load.
    during: u64,
    /// When the last of them came.
    pub(super) last: u64,
}

impl Tally {
    pub(super) fn new(warm_up: u64) -> Self {
        // These bounds are valid.
        let latency = Histogram::new_with_bounds(1, SLOWEST, 3).ok();
        let counts = Counts::default();
        Self { counts, codes: [0; 256], latency, warm_up, during: 0, last: warm_up }
    }

    #[inline]
    pub(super) fn answer(&mut self, exchange: &Exchange, code: Code, now: u64, deadline: Option<u64>) {
        if now >= self.warm_up && deadline.is_none_or(|deadline| now < deadline) {
            self.during += 1;
            self.last = now;
        }
        if !exchange.counted {
            return;
        }
        self.record(code, exchange.begun, now);
    }

    /// An observer was told what was written at `written`.
    pub(super) fn told(&mut self, code: Code, written: u64, now: u64) {
        self.during += 1;
        self.last = now;
        self.record(code, written, now);
    }

    #[inline]
    fn record(&mut self, code: Code, begun: u64, now: u64) {
        self.counts.answered += 1;
        if let Some(count) = self.codes.get_mut(usize::from(code.0)) {
            *count += 1;
        }
        if let Some(latency) = &mut self.latency {
            latency.saturating_record(now.saturating_sub(begun));
        }
    }
}

/// Latencies in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Latency {
    /// The mean.
    pub mean: f64,
    /// Half were faster.
    pub p50: u64,
    /// 99 of 100 were faster.
    pub p99: u64,
    /// 999 of 1000 were faster.
    pub p999: u64,
    /// The slowest.
    pub max: u64,
}

/// What a load did.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What was asked for.
    pub method: Method,
    /// Endpoints that asked.
    pub clients: usize,
    /// Requests outstanding at once for each.
    pub window: usize,
    /// The rate that was asked for.
    pub rate: Option<f64>,
    /// From the end of the warm-up to the end of the load.
    pub span: Duration,
    /// Answers per second in that time.
    pub per_second: f64,
    /// How many of each.
    pub counts: Counts,
    /// Responses by their code.
    pub codes: Vec<(Code, u64)>,
    /// From when a request was due to its response.
    pub latency: Latency,
    /// What the generator's thread used of its core's time, 1 for all. In closed loop it asks again and again rather than
    /// sleep, so that only a low value says something: another program had the core.
    pub busy: f64,
}

impl Report {
    pub(super) fn new(plan: &Plan, counts: Counts, tally: &Tally, span: Duration, busy: f64) -> Self {
        let seconds = span.as_secs_f64().max(1e-9);
        let codes = tally.codes.iter().zip(0..=u8::MAX).filter(|(count, _)| **count > 0);
        let latency = tally.latency.as_ref().map_or(Latency::default(), |latency| Latency {
            mean: latency.mean(),
            p50: latency.value_at_quantile(0.5),
            p99: latency.value_at_quantile(0.99),
            p999: latency.value_at_quantile(0.999),
            max: latency.max(),
        });
        Self {
            method: plan.method,
            clients: plan.clients,
            window: plan.window,
            rate: plan.rate,
            span,
            per_second: tally.during as f64 / seconds,
            counts,
            codes: codes.map(|(count, code)| (Code(code), *count)).collect(),
            latency,
            busy,
        }
    }

    /// Everything as one JSON object; times in microseconds, `span` in seconds.
    pub fn json(&self) -> Value {
        let micros = |nanos: u64| nanos as f64 / 1e3;
        let codes: serde_json::Map<_, _> =
            self.codes.iter().map(|(code, count)| (code.to_string(), json!(count))).collect();
        let Counts { sent, answered, retransmissions, lost, unanswered, resets, .. } = self.counts;
        let Counts { unsent, separate, unexpected, malformed, sources, .. } = self.counts;
        json!({
            "method": self.name(),
            "clients": self.clients, "window": self.window, "rate": self.rate,
            "span": self.span.as_secs_f64(), "per_second": self.per_second,
            "sent": sent, "answered": answered, "retransmissions": retransmissions, "lost": lost,
            "unanswered": unanswered, "resets": resets, "unsent": unsent, "separate": separate,
            "unexpected": unexpected, "malformed": malformed, "sources": sources,
            "codes": codes,
            "latency": {
                "mean": self.latency.mean / 1e3, "p50": micros(self.latency.p50),
                "p99": micros(self.latency.p99), "p999": micros(self.latency.p999),
                "max": micros(self.latency.max),
            },
            "busy": self.busy,
        })
    }
}

impl Report {
    const fn name(&self) -> &'static str {
        match self.method {
            Method::Get => "get",
            Method::Put => "put",
            Method::Post => "post",
            Method::Observe => "observe",
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let observes = self.method == Method::Observe;
        let (answers, sent_what) = if observes { ("notifications", "due") } else { ("answers", "sent") };
        let loop_kind = self.rate.map_or("closed loop".to_owned(), |rate| format!("{rate} requests/s"));
        if observes {
            writeln!(f, "{} observers, one writer", self.clients)?;
        } else {
            writeln!(f, "{} clients × window {}, {loop_kind}", self.clients, self.window)?;
        }
        let Counts { sent, answered, retransmissions, lost, unanswered, .. } = self.counts;
        writeln!(f, "{:>12.0} {answers}/s for {:.2} s", self.per_second, self.span.as_secs_f64())?;
        let Latency { p50, p99, p999, max, .. } = self.latency;
        let [p50, p99, p999, max] = [p50, p99, p999, max].map(|nanos| nanos as f64 / 1e3);
        writeln!(f, "{p50:>12.1} µs p50, {p99:.1} p99, {p999:.1} p99.9, {max:.1} max")?;
        writeln!(
            f,
            "{sent:>12} {sent_what}, {answered} answered, {retransmissions} retransmissions, {lost} lost"
        )?;
        for (code, count) in &self.codes {
            writeln!(f, "{count:>12} {code}")?;
        }
        for (count, what) in [
            (unanswered, "without an answer at the end"),
            (self.counts.unsent, "due and not sent before the end"),
            (self.counts.resets, "refused by a Reset"),
            (self.counts.separate, "answered separately"),
            (self.counts.unexpected, "responses to no request"),
            (self.counts.malformed, "datagrams that are no message"),
        ] {
            if count > 0 {
                writeln!(f, "{count:>12} {what}")?;
            }
        }
        write!(f, "{:>12.0} % of a core used by the generator", self.busy * 100.0)
    }
}

/// The processor time of this thread.
pub(super) fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

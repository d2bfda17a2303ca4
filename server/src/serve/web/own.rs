//! `/health/live`, `/health/ready`, `/metrics`, `/stats`, `/openapi.json` and `/schema.cddl`: the server's own, beside the resources.
//!
//! These paths are the server's on every address of HTTP. A resource that somebody stores at one of them over
//! CoAP is seen over CoAP only.

use hyper::{Method, Response};
use twite::wire::ResponseType;

use super::Shared;
use super::answer::Answer;
use super::body::Outgoing;
use super::descriptions::Description;
use super::render;
use crate::formats::{CBOR, JSON};
use crate::http::accept::Accept;
use crate::http::exposition::{EXPOSITION, Exposition, Kind};
use crate::http::media::content_type;
use crate::http::problem::Explanation;
use crate::serve::engines::Report;
use crate::serve::statistics;
use crate::store::Store as _;

/// The media type of plain text.
pub(super) const PLAIN: &str = "text/plain; charset=utf-8";

/// Which of them a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    Live,
    Ready,
    Metrics,
    Statistics,
    Described(Description),
}

impl Own {
    /// The one at the path as it stands in the request.
    pub(super) fn at(path: &str) -> Option<Self> {
        match path {
            "/health/live" => Some(Self::Live),
            "/health/ready" => Some(Self::Ready),
            "/metrics" => Some(Self::Metrics),
            "/stats" => Some(Self::Statistics),
            _ => Description::at(path).map(Self::Described),
        }
    }

    /// Where a policy says who may GET it; nowhere if everybody may.
    pub(super) const fn permission(self) -> Option<&'static str> {
        match self {
            Self::Metrics => Some("metrics"),
            Self::Statistics => Some(statistics::PATH),
            Self::Live | Self::Ready | Self::Described(_) => None,
        }
    }

    /// Answers.
    pub(super) async fn serve(self, shared: &Shared, method: &Method, accept: &Accept) -> Response<Outgoing> {
        if *method != Method::GET && *method != Method::HEAD {
            let explanation = Explanation::new("method not allowed", "the path is the server's own");
            let refused = Answer::problem(ResponseType::MethodNotAllowed, explanation);
            return render::response(refused.with("allow", "GET, HEAD, OPTIONS"), false);
        }
        let (text, media_type) = match self {
            Self::Live => ("alive\n".to_owned(), PLAIN),
            Self::Ready => match why_not_ready(shared).await {
                None => ("ready\n".to_owned(), PLAIN),
                Some(why) => {
                    return render::response(Answer::unavailable(1, "not ready", why), false);
                }
            },
            Self::Metrics => (metrics(shared).await, EXPOSITION),
            Self::Statistics => return render::response(numbers(shared, accept).await, true),
            Self::Described(description) => {
                return render::response(shared.descriptions.of(description), false);
            }
        };
        render::response(Answer::text(text, media_type, 0), false)
    }
}

async fn why_not_ready(shared: &Shared) -> Option<&'static str> {
    if shared.stops() {
        return Some("the server stops");
    }
    shared.store.health().await.err().map(|_| "the store does not do its work")
}

/// The counters in the format that the client likes best.
async fn numbers(shared: &Shared, accept: &Accept) -> Answer {
    let Some(format) = accept.choose(&[JSON, CBOR], content_type) else {
        let explanation = Explanation::new("not available as that", "available in formats 50 and 60");
        return Answer::problem(ResponseType::NotAcceptable, explanation);
    };
    let payload = statistics::render(&shared.engines.ask().await, format);
    Answer { payload, ..Answer::text(String::new(), &content_type(format), 0) }
}

async fn metrics(shared: &Shared) -> String {
    let reports = shared.engines.ask().await;
    let mut exposition = Exposition::default();
    engines(&reports, &mut exposition);
    store(shared, &mut exposition);
    shared.figures.write(&mut exposition);
    for (name, about, value) in [
        ("twite_http_connections", "Connections that are open.", shared.room.used()),
        ("twite_http_streams", "Streams of events that are open.", shared.streams.open()),
        ("twite_http_body_bytes", "Bytes of bodies that are held.", shared.bodies.used()),
        ("twite_http_writes", "Writes that wait for the store.", shared.writes.used()),
    ] {
        exposition.single(name, Kind::Gauge, about, value);
    }
    exposition.into_text()
}

/// The sums over all engines.
fn engines(reports: &[Report], exposition: &mut Exposition) {
    for (name, about, of) in statistics::COUNTERS {
        let value = statistics::sum(reports, *of);
        exposition.single(&format!("twite_coap_{name}_total"), Kind::Counter, about, value);
    }
    for (name, about, of) in statistics::TABLES {
        let value = statistics::held(reports, *of);
        exposition.single(&format!("twite_coap_{name}"), Kind::Gauge, about, value);
    }
    exposition.single("twite_coap_engines", Kind::Gauge, "Engines that answered.", reports.len());
}

fn store(shared: &Shared, exposition: &mut Exposition) {
    let counters = shared.store.counters();
    for (name, about, value) in [
        ("writes", "Writes done.", counters.writes),
        ("refused", "Writes not done.", counters.refused),
        ("busy", "Writes not taken because the queue was full.", counters.busy),
        ("commits", "Commits done.", counters.commits),
        ("failures", "Commits and syncs that failed.", counters.failures),
        ("completions_lost", "Results that found their queue full.", counters.completions_lost),
    ] {
        exposition.single(&format!("twite_store_{name}_total"), Kind::Counter, about, value);
    }
    if let Ok((entries, bytes)) = shared.store.usage() {
        exposition.single("twite_store_entries", Kind::Gauge, "Resources.", entries);
        exposition.single("twite_store_bytes", Kind::Gauge, "Bytes of all paths and bodies.", bytes);
    }
}

#[cfg(test)]
mod tests {
    use twite::endpoint::{Counters, Occupancy};

    use super::*;

    #[test]
    fn the_figures_are_sums_over_all_engines() {
        let report = (
            Counters { received: 2, ..Counters::default() },
            Occupancy { peers: 1, deferred: 0, transmissions: 0, requests: 0, observations: 0 },
        );
        let mut exposition = Exposition::default();
        engines(&[report, report], &mut exposition);
        let text = exposition.into_text();
        assert!(text.contains("\ntwite_coap_received_total 4\n") && text.contains("\ntwite_coap_peers 2\n"));
    }
}

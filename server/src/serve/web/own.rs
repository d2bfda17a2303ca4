//! `/health/live`, `/health/ready`, `/metrics`, `/openapi.json` and `/schema.cddl`: the server's own, beside the resources.
//!
//! These paths are the server's on every address of HTTP. A resource that somebody stores at one of them over
//! CoAP is seen over CoAP only.

use hyper::{Method, Response};
use twite::endpoint::{Counters, Occupancy};
use twite::wire::ResponseType;

use super::Shared;
use super::answer::Answer;
use super::body::Outgoing;
use super::descriptions::Description;
use super::render;
use crate::http::exposition::{EXPOSITION, Exposition, Kind};
use crate::http::problem::Explanation;
use crate::serve::engines::Report;
use crate::store::Store as _;

/// The media type of plain text.
pub(super) const PLAIN: &str = "text/plain; charset=utf-8";

/// Which of them a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    Live,
    Ready,
    Metrics,
    Described(Description),
}

impl Own {
    /// The one at the path as it stands in the request.
    pub(super) fn at(path: &str) -> Option<Self> {
        match path {
            "/health/live" => Some(Self::Live),
            "/health/ready" => Some(Self::Ready),
            "/metrics" => Some(Self::Metrics),
            _ => Description::at(path).map(Self::Described),
        }
    }

    /// Answers.
    pub(super) async fn serve(self, shared: &Shared, method: &Method) -> Response<Outgoing> {
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
    let sum = |of: fn(&Counters) -> u64| {
        reports.iter().fold(0, |sum: u64, (counters, _)| sum.wrapping_add(of(counters)))
    };
    for (name, about, of) in COUNTERS {
        exposition.single(&format!("twite_coap_{name}_total"), Kind::Counter, about, sum(*of));
    }
    for (name, about, of) in TABLES {
        let value: usize = reports.iter().map(|(_, occupancy)| of(occupancy)).sum();
        exposition.single(&format!("twite_coap_{name}"), Kind::Gauge, about, value);
    }
    exposition.single("twite_coap_engines", Kind::Gauge, "Engines that answered.", reports.len());
}

type CounterRow = (&'static str, &'static str, fn(&Counters) -> u64);
type TableRow = (&'static str, &'static str, fn(&Occupancy) -> usize);

const COUNTERS: &[CounterRow] = &[
    ("received", "Datagrams received.", |counters| counters.received),
    ("format_errors", "Datagrams that were no message.", |counters| counters.format_errors),
    ("pings", "Empty confirmable messages.", |counters| counters.pings),
    ("resets_withheld", "Resets not sent, since there were too many.", |counters| counters.resets_withheld),
    ("unsolicited", "Messages that match nothing.", |counters| counters.unsolicited),
    ("requests", "Requests served.", |counters| counters.requests),
    ("rejected", "Requests refused by their options, method or proxy.", |counters| counters.rejected),
    ("duplicates", "Requests that came again.", |counters| counters.duplicates),
    ("refused", "Requests refused because a table was full.", |counters| counters.refused),
    ("multicast", "Datagrams to a group that are not served or answered.", |counters| counters.multicast),
    ("unwritable", "Responses that could not be written.", |counters| counters.unwritable),
    ("notifications", "Observers told.", |counters| counters.notifications),
    ("observers_refused", "Observations refused.", |counters| counters.observers_refused),
    ("retransmissions", "Confirmable messages sent again.", |counters| counters.retransmissions),
    ("gave_up", "Confirmable messages nobody acknowledged.", |counters| counters.gave_up),
    ("undrained", "Outputs replaced before they were drained.", |counters| counters.undrained),
    ("peers_forgotten", "Peers forgotten to make room.", |counters| counters.peers_forgotten),
    ("unopened", "Protected messages that were not opened.", |counters| counters.unopened),
    ("unprotectable", "Messages not sent since they could not be protected.", |counters| {
        counters.unprotectable
    }),
    ("message_ids_exhausted", "Messages not sent for want of a message id.", |counters| {
        counters.message_ids_exhausted
    }),
    ("withheld", "Messages not sent to addresses not validated.", |counters| counters.withheld),
    ("shrunk", "Answers that such an address got in a smaller block.", |counters| counters.shrunk),
    ("challenged", "Requests of such addresses answered with an Echo value.", |counters| counters.challenged),
    ("too_many", "Requests of sources that asked too often.", |counters| counters.too_many),
    ("errors_withheld", "Errors not told, since there were too many.", |counters| counters.errors_withheld),
];

const TABLES: &[TableRow] = &[
    ("peers", "Peers whose message ids are counted.", |occupancy| occupancy.peers),
    ("deferred", "Requests whose response comes later.", |occupancy| occupancy.deferred),
    ("transmissions", "Confirmable messages in flight.", |occupancy| occupancy.transmissions),
    ("own_requests", "Requests of the server that wait for a response.", |occupancy| occupancy.requests),
    ("observations", "Observations.", |occupancy| occupancy.observations),
];

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
    use super::*;

    #[test]
    fn every_field_of_an_engine_has_a_row() {
        // A new field has no place here until it has a row; its sum is told apart by its value.
        let counters = Counters {
            received: 1 << 1,
            format_errors: 1 << 2,
            pings: 1 << 3,
            resets_withheld: 1 << 4,
            unsolicited: 1 << 5,
            requests: 1 << 6,
            rejected: 1 << 7,
            duplicates: 1 << 8,
            refused: 1 << 9,
            multicast: 1 << 10,
            unwritable: 1 << 11,
            notifications: 1 << 12,
            observers_refused: 1 << 13,
            retransmissions: 1 << 14,
            gave_up: 1 << 15,
            undrained: 1 << 16,
            peers_forgotten: 1 << 17,
            message_ids_exhausted: 1 << 18,
            withheld: 1 << 19,
            shrunk: 1 << 20,
            challenged: 1 << 21,
            too_many: 1 << 22,
            errors_withheld: 1 << 23,
            unopened: 1 << 24,
            unprotectable: 1 << 25,
        };
        let occupancy = Occupancy { peers: 1, deferred: 2, transmissions: 4, requests: 8, observations: 16 };
        assert_eq!(COUNTERS.iter().map(|(.., of)| of(&counters)).sum::<u64>(), (1 << 26) - 2);
        assert_eq!(TABLES.iter().map(|(.., of)| of(&occupancy)).sum::<usize>(), 31);
        let mut exposition = Exposition::default();
        engines(&[(counters, occupancy), (counters, occupancy)], &mut exposition);
        let text = exposition.into_text();
        assert!(text.contains("\ntwite_coap_received_total 4\n") && text.contains("\ntwite_coap_peers 2\n"));
    }
}

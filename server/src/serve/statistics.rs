//! How the engines are doing, in names and numbers: for `/metrics`, and as the resource `/stats` for who has no HTTP.

use twite::base::Instant;
use twite::endpoint::{Counters, Occupancy};
use twite::resource::link::Link;

use super::engines::Report;
use crate::cbor::{Major, push_head};
use crate::formats::{CBOR, JSON};

/// Where the resource is.
pub(super) const PATH: &str = "stats";

/// What discovery says of it.
pub(super) const LINK: Link<'static> = Link {
    path: PATH,
    resource_type: "twite.stats",
    interface: "core.s",
    title: "Counters",
    content_formats: &[CBOR, JSON],
    size: None,
    observable: false,
};

/// Somebody who waits for what the engines say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking<T> {
    /// Waits for an answer.
    pub(super) ticket: T,
    /// The format that is wanted.
    pub(super) format: u16,
    /// The number of the question to the engines.
    pub(super) question: u64,
    /// When it is answered with what is known by then.
    pub(super) until: Instant,
}

/// A name, what it is, and how it is read of an engine.
pub(super) type CounterRow = (&'static str, &'static str, fn(&Counters) -> u64);
/// The same of what is held.
pub(super) type TableRow = (&'static str, &'static str, fn(&Occupancy) -> usize);

/// What is counted.
pub(super) const COUNTERS: &[CounterRow] = &[
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

/// What is held.
pub(super) const TABLES: &[TableRow] = &[
    ("peers", "Peers whose message ids are counted.", |occupancy| occupancy.peers),
    ("deferred", "Requests whose response comes later.", |occupancy| occupancy.deferred),
    ("transmissions", "Confirmable messages in flight.", |occupancy| occupancy.transmissions),
    ("own_requests", "Requests of the server that wait for a response.", |occupancy| occupancy.requests),
    ("observations", "Observations.", |occupancy| occupancy.observations),
];

/// The sum of a counter over all engines.
pub(super) fn sum(reports: &[Report], of: fn(&Counters) -> u64) -> u64 {
    reports.iter().fold(0, |sum: u64, (counters, _)| sum.wrapping_add(of(counters)))
}

/// What all engines hold together.
pub(super) fn held(reports: &[Report], of: fn(&Occupancy) -> usize) -> usize {
    reports.iter().map(|(_, occupancy)| of(occupancy)).sum()
}

/// All of it as a map from names to numbers, in CBOR or JSON.
pub(super) fn render(reports: &[Report], format: u16) -> Vec<u8> {
    let counters = COUNTERS.iter().map(|(name, _, of)| (*name, sum(reports, *of)));
    let tables = TABLES.iter().map(|(name, _, of)| (*name, held(reports, *of) as u64));
    let numbers: Vec<(&str, u64)> =
        counters.chain(tables).chain([("engines", reports.len() as u64)]).collect();
    if format == JSON {
        let map: serde_json::Map<_, _> =
            numbers.into_iter().map(|(name, number)| (name.to_owned(), number.into())).collect();
        return serde_json::Value::Object(map).to_string().into_bytes();
    }
    let mut body = Vec::new();
    push_head(&mut body, Major::Map, numbers.len() as u64);
    for (name, number) in numbers {
        push_head(&mut body, Major::Text, name.len() as u64);
        body.extend_from_slice(name.as_bytes());
        push_head(&mut body, Major::Unsigned, number);
    }
    body
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
        let report = (counters, occupancy);
        let json: serde_json::Value = serde_json::from_slice(&render(&[report, report], JSON)).expect("JSON");
        assert_eq!((&json["received"], &json["peers"], &json["engines"]), (&4.into(), &2.into(), &2.into()));
        let cbor = render(&[report], CBOR);
        assert_eq!(cbor.first_chunk(), Some(&[0xb8, 31]));
        let text = crate::transcode::cbor_to_json(&cbor, crate::transcode::Limits::default()).expect("sound");
        let again: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(again["errors_withheld"], 1 << 23);
    }
}

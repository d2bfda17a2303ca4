//! Windows of time in FETCH: which resources have a value of that time.

use crate::formats::{CBOR, JSON};
use crate::merge::{Cbor, Form, Json, integer, text};
use crate::model::{Models, find, read_number};
use crate::store::Entry;

/// From `since`, included, to `until`, not included, in seconds since 1970; without an end where there is none.
#[derive(Debug, Default, PartialEq, Clone, Copy)]
pub(super) struct Window {
    pub(super) since: Option<f64>,
    pub(super) until: Option<f64>,
}

/// The field that says when a value was taken.
const TIME: &str = "time";

impl Window {
    /// Whether it has an end at all.
    pub(super) fn is_given(self) -> bool {
        self != Self::default()
    }

    /// Whether no time can ever lie in it because its ends are the wrong way round.
    pub(super) fn is_reversed(self) -> bool {
        matches!(self, Self { since: Some(since), until: Some(until) } if since > until)
    }

    /// Whether the value of the resource is of this time. One whose time nobody knows is of no window that has an
    /// end.
    pub(super) fn has(self, models: Models, entry: &Entry) -> bool {
        if !self.is_given() {
            return true;
        }
        time(models, entry).is_some_and(|time| {
            self.since.is_none_or(|since| since <= time) && self.until.is_none_or(|until| time < until)
        })
    }
}

/// When the value was taken, in seconds since 1970: what it says itself, else when the store accepted it.
pub(super) fn time(models: Models, entry: &Entry) -> Option<f64> {
    let own = match entry.content_format {
        Some(JSON) => in_json(&entry.body),
        Some(CBOR) => in_cbor(models, entry),
        _ => None,
    };
    own.filter(|time| time.is_finite())
        .or_else(|| entry.accepted.map(|milliseconds| milliseconds as f64 / 1_000.0))
}

fn in_json(body: &[u8]) -> Option<f64> {
    let members = Json::members(body)?;
    let (_, value) = members.iter().find(|(key, _)| key == b"\"time\"")?;
    std::str::from_utf8(value.trim_ascii()).ok()?.parse().ok()
}

fn in_cbor(models: Models, entry: &Entry) -> Option<f64> {
    let members = Cbor::members(&entry.body)?;
    let field = models.typed(entry.key.as_str()).and_then(|model| find(model, |field| field.name == TIME));
    let sought = field.map_or_else(|| text(TIME), |field| integer(field.key.into()));
    let (_, value) = members.iter().find(|(key, _)| *key == sought)?;
    read_number(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Key, Revision};

    fn entry(path: &str, content_format: Option<u16>, body: &[u8]) -> Entry {
        let key = Key::new(path).expect("a path");
        Entry { key, revision: Revision(1), content_format, accepted: Some(9_500), body: body.into() }
    }

    #[test]
    fn a_value_tells_its_time_and_the_store_that_of_all_others() {
        for (path, format, body, expected) in [
            ("sensors/a/temperature", CBOR, &b"\xa2\x00\x15\x01\x07"[..], 7.0),
            ("sensors/a/temperature", CBOR, b"\xa2\x00\x15\x18\x01\x18\x64", 100.0),
            ("sensors/a/temperature", CBOR, b"\xa1\x00\x15", 9.5),
            ("sensors/a/temperature", JSON, br#"{"celsius":21, "time": 7 }"#, 7.0),
            ("lamps/a", CBOR, b"\xa2\x00\xf5\x01\x07", 9.5), // a brightness
            ("x", CBOR, b"\xa1\x64time\xf9\x3e\x00", 1.5),
            ("x", CBOR, b"\xa1\x64time\xf9\x7e\x00", 9.5), // not a number
            ("x", CBOR, b"\xa1\x01\x07", 9.5),
            ("x", CBOR, b"\x07", 9.5),
            ("x", JSON, br#"{"time":1.25e1}"#, 12.5),
            ("x", JSON, br#"{"time":"7"}"#, 9.5),
            ("x", JSON, br#"{"time":1e999}"#, 9.5),
            ("x", JSON, b"[7]", 9.5),
            ("x", 0, br#"{"time":7}"#, 9.5),
        ] {
            assert_eq!(
                time(Models::default(), &entry(path, Some(format), body)),
                Some(expected),
                "{path} {body:02x?}"
            );
        }
        let models = Models::default();
        let unknown = Entry { accepted: None, ..entry("x", None, b"") };
        assert_eq!(time(Models::default(), &unknown), None);
        assert!(
            !Window { since: Some(0.0), until: None }.has(models, &unknown)
                && Window::default().has(models, &unknown)
        );
    }

    #[test]
    fn a_window_holds_its_beginning_and_not_its_end() {
        let at = |since, until| Window { since, until }.has(Models::default(), &entry("x", None, b""));
        assert!(at(Some(9.5), None) && at(None, Some(9.501)) && at(Some(9.499), Some(9.501)));
        assert!(!at(Some(9.501), None) && !at(None, Some(9.5)) && !at(Some(9.5), Some(9.5)));
    }
}

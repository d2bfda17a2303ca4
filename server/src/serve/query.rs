//! What a FETCH asks for: `{"fields": ["celsius", "time"], "since": 1700000000, "until": 1700003600}`, as JSON or as
//! CBOR.

use twite::resource::well_formed::{CborLimits, check_cbor};
use twite::wire::ResponseType;

use super::refusal::Refusal;
use super::window::Window;
use crate::cbor::{Event, Reader};
use crate::formats::{CBOR, JSON};
use crate::merge::{Cbor, Form};
use crate::model::{DEPTH, read_number, read_text};
use crate::transcode::{self, json_to_cbor};

/// Fields, a window of time, or both.
#[derive(Debug, PartialEq, Default)]
pub(super) struct Query {
    /// The fields that are asked for, in the order in which they were named; `None` for whole values.
    pub(super) fields: Option<Vec<Wanted>>,
    /// Of what time the values are to be.
    pub(super) window: Window,
}

/// One field as the query names it.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(super) enum Wanted {
    /// By its name in JSON.
    Name(String),
    /// By its key in CBOR.
    Key(i128),
}

/// The most fields of one query.
const FIELDS: usize = 16;

/// The longest query in bytes.
const BYTES: usize = 1024;

const EXPECTED: &str = "expected a map {\"fields\": [...], \"since\": T, \"until\": T} of 1 to 16 field names (text) or keys \
                        (integers) and times in seconds since 1970, fields or a time at least";

impl Query {
    /// Reads the body of a FETCH.
    ///
    /// # Errors
    /// 4.15 for another format, 4.00 for a body that is malformed or no query.
    pub(super) fn read(format: Option<u16>, body: &[u8]) -> Result<Self, Refusal> {
        let invalid = |detail: &str| Refusal::new(ResponseType::BadRequest, "invalid query", detail);
        match format {
            Some(JSON) => {
                let limits = transcode::Limits { depth: DEPTH, output_bytes: BYTES };
                let query = json_to_cbor(body, limits).map_err(|error| invalid(&format!("JSON: {error}")))?;
                read(&query).map_err(|detail| invalid(&detail))
            }
            Some(CBOR) => {
                let checked = check_cbor(body, CborLimits::default());
                checked.map_err(|error| invalid(&error.to_string()))?;
                read(body).map_err(|detail| invalid(&detail))
            }
            _ => {
                let detail = "a query is taken as Content-Format 50 (JSON) or 60 (CBOR)";
                Err(Refusal::new(ResponseType::UnsupportedContentFormat, "unsupported query", detail))
            }
        }
    }
}

/// What a query in CBOR says; or what was expected of it.
fn read(map: &[u8]) -> Result<Query, String> {
    let mut query = Query::default();
    for (key, value) in Cbor::members(map).ok_or(EXPECTED)? {
        let Query { fields, window } = &mut query;
        // A key that is there twice, in two encodings, is refused as an unknown one is.
        match read_text(&key) {
            Some("fields") if fields.is_none() => *fields = Some(list(&value).ok_or(EXPECTED)?),
            Some("since") if window.since.is_none() => window.since = Some(seconds("since", &value)?),
            Some("until") if window.until.is_none() => window.until = Some(seconds("until", &value)?),
            _ => return Err(EXPECTED.into()),
        }
    }
    if query.fields.is_none() && !query.window.is_given() {
        return Err(EXPECTED.into());
    }
    if query.window.is_reversed() {
        return Err("since, until: expected since to be at most until".into());
    }
    Ok(query)
}

fn seconds(name: &str, value: &[u8]) -> Result<f64, String> {
    let number = read_number(value).filter(|number| number.is_finite());
    number.ok_or_else(|| format!("{name}: expected a number of seconds since 1970"))
}

/// The fields that are listed; `None` if it is no such list.
fn list(list: &[u8]) -> Option<Vec<Wanted>> {
    let mut reader = Reader::new(list, 1);
    let Event::ArrayStart(_) = reader.next_item().ok()??.event else { return None };
    let mut fields = Vec::new();
    while let Some(item) = reader.next_item().ok()? {
        let field = match item.event {
            Event::Text(name) => Wanted::Name(name.to_owned()),
            Event::Integer(key) => Wanted::Key(key),
            Event::End => continue,
            _ => return None,
        };
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    (1..=FIELDS).contains(&fields.len()).then_some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_named_in_either_format() {
        let names =
            |names: &[&str]| Ok(Some(names.iter().map(|name| Wanted::Name((*name).to_owned())).collect()));
        let read =
            |format, body: &[u8]| Query::read(Some(format), body).map(|query| query.fields).map_err(|_| ());
        assert_eq!(read(JSON, br#"{"fields":["b","a","b"]}"#), names(&["b", "a"]));
        assert_eq!(read(CBOR, b"\xa1\x66fields\x81\x61a"), names(&["a"]));
        assert_eq!(read(CBOR, b"\xbf\x66fields\x9f\x20\xff\xff"), Ok(Some(vec![Wanted::Key(-1)])));
    }

    #[test]
    fn times_are_numbers_in_their_order() {
        let read = |format, body: &[u8]| {
            let query = Query::read(Some(format), body).map_err(|refusal| (refusal.code, refusal.detail));
            query.map(|query| (query.fields.is_some(), query.window.since, query.window.until))
        };
        let times = br#"{"since":1700000000.5,"until":17e8}"#;
        let expected = "since, until: expected since to be at most until".to_owned();
        assert_eq!(read(JSON, times), Err((ResponseType::BadRequest, expected)));
        assert_eq!(read(JSON, br#"{"since":-1,"until":-1}"#), Ok((false, Some(-1.0), Some(-1.0))));
        assert_eq!(read(JSON, br#"{"until":0.5,"fields":["a"]}"#), Ok((true, None, Some(0.5))));
        assert_eq!(read(CBOR, b"\xa1\x65since\x1a\x65\x53\xf1\x00"), Ok((false, Some(17e8), None)));
        for (body, name) in [
            (&b"\xa1\x65since\xf9\x7e\x00"[..], "since"), // not a number
            (b"\xa1\x65until\xf9\x7c\x00", "until"),      // infinity
            (b"\xa1\x65until\x617", "until"),
            (b"\xa2\x65since\xf6\x65until\x01", "since"),
        ] {
            let detail = format!("{name}: expected a number of seconds since 1970");
            assert_eq!(read(CBOR, body), Err((ResponseType::BadRequest, detail)));
        }
    }

    #[test]
    fn anything_else_is_told_what_was_expected() {
        let many = format!("{{\"fields\":{:?}}}", (0..17).collect::<Vec<_>>());
        for body in ["[]", "{}", r#"{"fields":[]}"#, r#"{"fields":"a"}"#, r#"{"fields":[null]}"#, &many] {
            let refusal = Query::read(Some(JSON), body.as_bytes()).expect_err(body);
            assert_eq!(
                (refusal.code, refusal.detail.as_str()),
                (ResponseType::BadRequest, EXPECTED),
                "{body}"
            );
        }
        let extra = br#"{"fields":["a"],"limit":1}"#;
        assert!(Query::read(Some(JSON), extra).is_err_and(|refusal| refusal.detail == EXPECTED));
        // "since" once with its length in one byte more.
        let twice = b"\xa2\x65since\x01\x78\x05since\x02";
        assert!(Query::read(Some(CBOR), twice).is_err_and(|refusal| refusal.detail == EXPECTED));
        for (format, body) in [(JSON, "{"), (CBOR, "\u{18}"), (JSON, r#"{"fields":["a"],"fields":["b"]}"#)] {
            let refusal = Query::read(Some(format), body.as_bytes()).expect_err(body);
            assert_eq!(refusal.code, ResponseType::BadRequest, "{body}");
        }
        for format in [None, Some(0), Some(52)] {
            let refusal = Query::read(format, b"{}").expect_err("no query format");
            assert_eq!(refusal.code, ResponseType::UnsupportedContentFormat);
        }
    }
}

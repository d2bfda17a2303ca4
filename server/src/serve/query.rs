//! What a FETCH asks for: `{"fields": ["celsius", "time"]}`, as JSON or as CBOR.

use twite::resource::well_formed::{CborLimits, check_cbor};
use twite::wire::ResponseType;

use super::face::DEPTH;
use super::refusal::Refusal;
use crate::cbor::{Event, Reader};
use crate::formats::{CBOR, JSON};
use crate::merge::{Cbor, Form, text};
use crate::transcode::{self, json_to_cbor};

/// The fields that are asked for, in the order in which they were named.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query(pub(super) Vec<Wanted>);

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

const EXPECTED: &str = "expected a map {\"fields\": [...]} of 1 to 16 field names (text) or keys (integers)";

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
                fields(&query).ok_or_else(|| invalid(EXPECTED))
            }
            Some(CBOR) => {
                let checked = check_cbor(body, CborLimits::default());
                checked.map_err(|error| invalid(&error.to_string()))?;
                fields(body).ok_or_else(|| invalid(EXPECTED))
            }
            _ => {
                let detail = "a query is taken as Content-Format 50 (JSON) or 60 (CBOR)";
                Err(Refusal::new(ResponseType::UnsupportedContentFormat, "unsupported query", detail))
            }
        }
    }
}

/// The fields that a query lists; `None` if it is anything else.
fn fields(query: &[u8]) -> Option<Query> {
    let members = Cbor::members(query)?;
    let [(key, list)] = members.as_slice() else { return None };
    if *key != text("fields") {
        return None;
    }
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
    (1..=FIELDS).contains(&fields.len()).then_some(Query(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_named_in_either_format() {
        let names = |names: &[&str]| Ok(names.iter().map(|name| Wanted::Name((*name).to_owned())).collect());
        let read = |format, body: &[u8]| Query::read(Some(format), body).map(|query| query.0).map_err(|_| ());
        assert_eq!(read(JSON, br#"{"fields":["b","a","b"]}"#), names(&["b", "a"]));
        assert_eq!(read(CBOR, b"\xa1\x66fields\x81\x61a"), names(&["a"]));
        assert_eq!(read(CBOR, b"\xbf\x66fields\x9f\x20\xff\xff"), Ok(vec![Wanted::Key(-1)]));
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
        let extra = br#"{"fields":["a"],"since":1}"#;
        assert!(Query::read(Some(JSON), extra).is_err_and(|refusal| refusal.detail == EXPECTED));
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

//! The JSON of declared types: their fields by name where CBOR has keys.

use twite::resource::schema::{Field, check};

use super::DEPTH;
use super::members::{field_to_cbor, field_to_json, read_text};
use crate::merge::{Cbor, Form as _, Members, integer};
use crate::transcode::{self, json_to_cbor, push_text};

/// The CBOR form of a body in JSON. Members that are no fields are left out, as those of a later version.
pub(super) fn to_cbor(fields: &[Field], json: &[u8]) -> Result<Vec<u8>, String> {
    let limits = transcode::Limits { depth: DEPTH, ..transcode::Limits::default() };
    let item = json_to_cbor(json, limits).map_err(|error| error.to_string())?;
    let members = Cbor::members(&item).ok_or("expected an object with the names of fields as keys")?;
    let mut kept = Members::new();
    for (key, value) in members {
        let name = read_text(&key).unwrap_or_default();
        let field = fields.iter().find(|field| field.name == name);
        // As null says of a field that need not be there.
        if let Some(field) = field.filter(|field| field.required || !Cbor::is_null(&value)) {
            kept.push((integer(field.key.into()), field_to_cbor(field, &value).into()));
        }
    }
    let body = Cbor::join(kept);
    check(fields, &body).map_err(|violation| violation.to_string())?;
    Ok(body)
}

/// The JSON form of a body in CBOR, in the order in which the fields are declared.
pub(super) fn to_json(fields: &[Field], cbor: &[u8]) -> Result<Vec<u8>, String> {
    check(fields, cbor).map_err(|violation| violation.to_string())?;
    let members = Cbor::members(cbor).unwrap_or_default();
    let mut object = String::from("{");
    for field in fields {
        let key = integer(field.key.into());
        let Some((_, value)) = members.iter().find(|(known, _)| *known == key) else { continue };
        if object.len() > 1 {
            object.push(',');
        }
        push_text(&mut object, field.name);
        object.push(':');
        object.push_str(&field_to_json(field, value)?);
    }
    object.push('}');
    Ok(object.into_bytes())
}

#[cfg(test)]
mod tests {
    use twite::resource::schema::Rule;

    use super::*;

    const FIELDS: &[Field] = &[
        Field {
            key: 3,
            name: "level",
            rule: Rule::Number { min: 0.0, max: 12.5 },
            required: true,
            unit: "m",
        },
        Field {
            key: 0,
            name: "state",
            rule: Rule::Choice { of: &["idle", "busy"] },
            required: false,
            unit: "",
        },
        Field { key: 1, name: "count", rule: Rule::Integer { min: 0, max: 9 }, required: false, unit: "" },
    ];

    fn read(json: &str) -> Result<Vec<u8>, String> {
        to_cbor(FIELDS, json.as_bytes())
    }

    #[test]
    fn fields_have_names_in_json_and_keys_in_cbor() {
        let cbor = read(r#"{"state":"idle","level":2.1,"later":[1]}"#).expect("it keeps the rules");
        assert_eq!(cbor, b"\xa2\x00\x64idle\x03\xfa\x40\x06\x66\x66");
        let json = to_json(FIELDS, &cbor).map(String::from_utf8);
        assert_eq!(json, Ok(Ok(r#"{"level":2.1,"state":"idle"}"#.to_owned())));
        assert_eq!(read(r#"{"level":2,"count":7.0}"#), Ok(b"\xa2\x01\x07\x03\x02".to_vec()));
        assert_eq!(read(r#"{"level":2,"count":null}"#), Ok(b"\xa1\x03\x02".to_vec()));
        assert_eq!(to_json(FIELDS, b"\xa2\x03\xf9\x40\x00\x07\x01"), Ok(br#"{"level":2.0}"#.to_vec()));
    }

    #[test]
    fn the_field_and_its_rule_are_named() {
        for (json, said) in [
            (r#"{"level":13}"#, "level: expected a number from 0 to 12.5"),
            (r#"{"level":null}"#, "level: expected a number from 0 to 12.5"),
            (r#"{"level":1,"state":"off"}"#, "state: expected one of idle, busy"),
            (r#"{"level":1,"count":1.5}"#, "count: expected a whole number from 0 to 9"),
            ("{}", "level: missing"),
            ("[1]", "expected an object with the names of fields as keys"),
        ] {
            assert_eq!(read(json), Err(said.to_owned()), "{json}");
        }
        assert!(read(r#"{"level":1,"level":2}"#).is_err());
        assert!(to_json(FIELDS, b"\xa1\x03\x18\x20").is_err());
    }
}

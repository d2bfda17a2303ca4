//! The JSON of the catalog's types, which serde derives.

use serde::Serialize;
use serde::de::DeserializeOwned;
use twite::catalog::{ButtonState, Celsius, ENTRIES, LampState, NodeState, RelativeHumidity};
use twite::resource::Representation;

use super::DEPTH;
use crate::transcode;

#[derive(Debug, Clone, Copy)]
struct Json {
    from_cbor: fn(&[u8]) -> Result<Vec<u8>, String>,
    to_cbor: fn(&[u8]) -> Result<Vec<u8>, String>,
}

/// The largest typed body.
const REPRESENTATION: usize = 512;

impl Json {
    const fn of<V: Representation + Serialize + DeserializeOwned>() -> Self {
        Self { from_cbor: from_cbor::<V>, to_cbor: from_json::<V> }
    }
}

/// In the order of the catalog.
const JSON: [Json; ENTRIES.len()] = [
    Json::of::<Celsius>(),
    Json::of::<RelativeHumidity>(),
    Json::of::<LampState>(),
    Json::of::<ButtonState>(),
    Json::of::<NodeState>(),
];

/// The CBOR form of a body in JSON, of the type at this place of the catalog.
pub(super) fn to_cbor(place: usize, json: &[u8]) -> Result<Vec<u8>, String> {
    (JSON[place].to_cbor)(json)
}

/// The JSON form of a body in CBOR.
pub(super) fn to_json(place: usize, cbor: &[u8]) -> Result<Vec<u8>, String> {
    (JSON[place].from_cbor)(cbor)
}

fn from_cbor<V: Representation + Serialize>(cbor: &[u8]) -> Result<Vec<u8>, String> {
    let value = V::decode(cbor).map_err(|violation| violation.to_string())?;
    serde_json::to_vec(&value).map_err(|error| error.to_string())
}

fn from_json<V: Representation + DeserializeOwned>(json: &[u8]) -> Result<Vec<u8>, String> {
    transcode::check_json(json, DEPTH).map_err(|error| error.to_string())?;
    // An array would be taken for the fields in their order.
    if !json.trim_ascii_start().starts_with(b"{") {
        return Err("expected an object with the names of fields as keys".into());
    }
    let value: V = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    let mut buffer = vec![0; REPRESENTATION];
    let len = value.encode(&mut buffer).map_err(|full| full.to_string())?;
    buffer.truncate(len);
    // What JSON can say and the type's rules forbid: read it back under the rules.
    V::decode(&buffer).map_err(|violation| violation.to_string())?;
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Models;

    #[test]
    fn every_catalog_type_has_both_forms() {
        let bodies: [(&str, &str); ENTRIES.len()] = [
            ("sensors/a1/temperature", r#"{"celsius":21.5}"#),
            ("sensors/a1/humidity", r#"{"percent":40.0,"time":7}"#),
            ("lamps/1", r#"{"on":true,"brightness":50}"#),
            ("buttons/1", r#"{"pressed":false,"presses":3}"#),
            ("nodes/n", r#"{"uptime":5,"firmware":10203}"#),
        ];
        for ((path, json), entry) in bodies.iter().zip(ENTRIES) {
            let model = Models::default().of(path).expect("a catalog path");
            assert_eq!((model.title, model.type_name()), (entry.title, Some(entry.resource_type)));
            let cbor = model.to_cbor(json.as_bytes()).expect("it keeps the rules");
            assert!(model.check_cbor(&cbor).is_ok());
            assert_eq!(
                String::from_utf8(model.to_json(&cbor).expect("it is of the type")).as_deref(),
                Ok(*json)
            );
        }
    }

    #[test]
    fn a_broken_rule_is_named_in_json_too() {
        let model = Models::default().of("sensors/a1/temperature").expect("a catalog path");
        let error = |json: &str| model.to_cbor(json.as_bytes()).expect_err("it breaks a rule");
        assert!(error(r#"{"celsius":-300}"#).contains("celsius: expected a number from -273.15 to 10000"));
        assert!(error("{}").contains("celsius"));
        assert!(error(r#"{"celsius":1,"celsius":2}"#).contains("celsius"));
        assert!(error(r#"{"celsius":"warm"}"#).contains("f32"));
        assert!(error("[21.5]").contains("expected an object"));
        assert!(Models::default().of("sensors/a1").is_none());
    }
}

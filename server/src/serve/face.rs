//! Catalog types on the host: found by path, checked, and shown as CBOR and as JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;
use twite::catalog::{ButtonState, Celsius, ENTRIES, Entry, LampState, NodeState, RelativeHumidity};
use twite::resource::{Path, Representation};

use crate::transcode;

/// A catalog type and its JSON form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Face {
    /// What the catalog says of it.
    pub entry: &'static Entry,
    json: Json,
}

#[derive(Debug, Clone, Copy)]
struct Json {
    from_cbor: fn(&[u8]) -> Result<Vec<u8>, String>,
    to_cbor: fn(&[u8]) -> Result<Vec<u8>, String>,
}

/// Arrays and maps within one another in a body.
pub(super) const DEPTH: usize = 8;

/// The largest typed body.
const REPRESENTATION: usize = 512;

impl Json {
    const fn of<V: Representation + Serialize + DeserializeOwned>() -> Self {
        Self { from_cbor: from_cbor::<V>, to_cbor: to_cbor::<V> }
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

/// How the paths of the catalog begin, before what is variable.
const BEGINNINGS: [&[u8]; ENTRIES.len()] = {
    let mut beginnings: [&[u8]; ENTRIES.len()] = [&[]; ENTRIES.len()];
    let mut number = 0;
    while number < ENTRIES.len() {
        let template = ENTRIES[number].template.text().as_bytes();
        let mut end = 0;
        while end < template.len() && template[end] != b'{' {
            end += 1;
        }
        beginnings[number] = template.split_at(end).0;
        number += 1;
    }
    beginnings
};

impl Face {
    /// The type of the resource at `path`, if it is one of the catalog's.
    pub(super) fn of(path: &str) -> Option<Self> {
        // What nearly every other path is told by, before it is taken apart.
        if !BEGINNINGS.iter().any(|beginning| path.as_bytes().starts_with(beginning)) {
            return None;
        }
        let path = Path::of(path)?;
        let mut faces = ENTRIES.iter().zip(JSON);
        let (entry, json) = faces.find(|(entry, _)| entry.template.capture(&path).is_some())?;
        Some(Self { entry, json })
    }

    /// The CBOR form of a body in JSON.
    ///
    /// # Errors
    /// A sentence that names the field or the place and what was expected.
    pub(super) fn to_cbor(self, json: &[u8]) -> Result<Vec<u8>, String> {
        (self.json.to_cbor)(json)
    }

    /// The JSON form of a body in CBOR.
    ///
    /// # Errors
    /// When the body is not of this type.
    pub(super) fn to_json(self, cbor: &[u8]) -> Result<Vec<u8>, String> {
        (self.json.from_cbor)(cbor)
    }
}

fn from_cbor<V: Representation + Serialize>(cbor: &[u8]) -> Result<Vec<u8>, String> {
    let value = V::decode(cbor).map_err(|violation| violation.to_string())?;
    serde_json::to_vec(&value).map_err(|error| error.to_string())
}

fn to_cbor<V: Representation + DeserializeOwned>(json: &[u8]) -> Result<Vec<u8>, String> {
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
            let face = Face::of(path).expect("a catalog path");
            assert_eq!(face.entry.title, entry.title);
            let cbor = face.to_cbor(json.as_bytes()).expect("it keeps the rules");
            assert!((entry.check)(&cbor).is_ok());
            assert_eq!(
                String::from_utf8(face.to_json(&cbor).expect("it is of the type")).as_deref(),
                Ok(*json)
            );
        }
    }

    #[test]
    fn a_broken_rule_is_named_in_json_too() {
        let face = Face::of("sensors/a1/temperature").expect("a catalog path");
        let error = |json: &str| face.to_cbor(json.as_bytes()).expect_err("it breaks a rule");
        assert!(error(r#"{"celsius":-300}"#).contains("celsius: expected a number from -273.15 to 10000"));
        assert!(error("{}").contains("celsius"));
        assert!(error(r#"{"celsius":1,"celsius":2}"#).contains("celsius"));
        assert!(error(r#"{"celsius":"warm"}"#).contains("f32"));
        assert!(error("[21.5]").contains("expected an object"));
        assert!(Face::of("sensors/a1").is_none());
    }
}

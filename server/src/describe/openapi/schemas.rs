//! What representations hold, as JSON Schema (2020-12, as OpenAPI 3.1 has it).

use serde_json::{Map, Value, json};
use twite::catalog::{ENTRIES, Entry};
use twite::resource::schema::{Field, Rule};

use crate::describe::cddl::rule_name;

/// The schemas that others refer to.
pub(super) fn all() -> Value {
    let mut schemas = Map::new();
    for entry in ENTRIES {
        schemas.insert(name(entry), of_entry(entry));
    }
    schemas.insert("Problem".to_owned(), problem());
    schemas.insert("Links".to_owned(), links());
    Value::Object(schemas)
}

/// The name of the schema of a resource.
pub(super) fn name(entry: &Entry) -> String {
    entry.title.split_whitespace().collect()
}

/// A body in CBOR, which JSON Schema has no words for.
pub(super) fn cbor(entry: Option<&Entry>) -> Value {
    let rule = entry.map_or("any", rule_name);
    json!({ "description": format!("CBOR; in CDDL `{rule}` of /schema.cddl") })
}

fn of_entry(entry: &Entry) -> Value {
    let properties: Map<String, Value> =
        entry.fields.iter().map(|field| (field.name.to_owned(), of_field(field))).collect();
    let required: Vec<&str> =
        entry.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    json!({
        "title": entry.title,
        "type": "object",
        "properties": properties,
        "required": required,
    })
}

fn of_field(field: &Field) -> Value {
    let kind = |name: &str| if field.required { json!(name) } else { json!([name, "null"]) };
    let mut schema = match field.rule {
        Rule::Number { min, max } => {
            json!({ "type": kind("number"), "minimum": decimal(min), "maximum": decimal(max) })
        }
        Rule::Integer { min, max } => json!({ "type": kind("integer"), "minimum": min, "maximum": max }),
        Rule::Bool => json!({ "type": kind("boolean") }),
        Rule::Text { max } => json!({ "type": kind("string"), "maxLength": max }),
        Rule::Choice { of } => json!({ "type": kind("string"), "enum": of }),
    };
    if let Some(members) = schema.as_object_mut() {
        members.insert("x-cbor-key".to_owned(), json!(field.key));
        if !field.unit.is_empty() {
            members.insert("x-unit".to_owned(), json!(field.unit));
        }
    }
    schema
}

/// The number as it is written, not what is next to it in binary.
fn decimal(number: f32) -> f64 {
    number.to_string().parse().unwrap_or_else(|_| f64::from(number))
}

fn problem() -> Value {
    json!({
        "title": "Problem details (RFC 9457)",
        "type": "object",
        "properties": {
            "title": { "type": "string", "description": "The kind of problem in a few words." },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": { "type": "string", "description": "The field and the rule it breaks; what was expected." },
        },
        "required": ["title", "status"],
    })
}

fn links() -> Value {
    json!({
        "title": "Links of resources (RFC 6690) with their attributes",
        "type": "array",
        "items": {
            "type": "object",
            "properties": { "href": { "type": "string" } },
            "required": ["href"],
            "additionalProperties": {
                "anyOf": [
                    { "type": "string" },
                    { "const": true },
                    { "type": "array", "items": { "anyOf": [{ "type": "string" }, { "const": true }] } },
                ],
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_says_its_rule_its_key_and_its_unit() {
        let all = all();
        let at = |pointer: &str| all.pointer(pointer).unwrap_or_else(|| panic!("{pointer} in {all}"));
        assert_eq!(
            *at("/Temperature/properties/celsius"),
            json!({ "type": "number", "minimum": -273.15, "maximum": 10000.0, "x-cbor-key": 0, "x-unit": "Cel" })
        );
        assert_eq!(
            *at("/Lamp/properties/brightness"),
            json!({ "type": ["integer", "null"], "minimum": 0, "maximum": 100, "x-cbor-key": 1, "x-unit": "%" })
        );
        assert_eq!(*at("/Lamp/required"), json!(["on"]));
        let text = Field { key: 1, name: "note", rule: Rule::Text { max: 9 }, required: true, unit: "" };
        assert_eq!(of_field(&text), json!({ "type": "string", "maxLength": 9, "x-cbor-key": 1 }));
    }
}

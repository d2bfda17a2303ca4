//! The fields of a declared type.

use std::ops::Range;

use toml::de::{DeTable, DeValue};
use twite::resource::schema::{Field, Rule};

use super::{TABLE, Value, switch, text, whole};
use crate::config::ConfigError;
use crate::config::document::{Document, check_name, in_order};

/// The most fields of a type: as many as its check remembers.
const MOST: usize = 32;

/// The longest text, in bytes, if nothing is said.
const TEXT: usize = 256;

/// The names of all keys.
const NAMES: &str = "name, key, kind, min, max, max_bytes, one_of, required, unit";

/// What a field may be.
const KINDS: &str = "number, integer, bool, text";

/// Reads the list of fields.
pub(super) fn read(document: &Document<'_>, value: Value<'_>) -> Result<Vec<Field>, ConfigError> {
    let place = format!("{TABLE}.fields");
    let expected = "fields such as { name = \"level\", key = 0, kind = \"number\" }";
    let mut fields: Vec<Field> = Vec::new();
    for value in document.list(&place, value, expected)? {
        let table = value.get_ref().as_table().ok_or_else(|| document.unfit(&place, value, expected))?;
        let field = one(document, table, value.span())?;
        if let Some(known) = fields.iter().find(|known| known.name == field.name || known.key == field.key) {
            let same = if known.name == field.name { "name" } else { "key" };
            let problem =
                format!("{place}: {} has the {same} of {}, expected another", field.name, known.name);
            return Err(document.error(value.span(), problem));
        }
        if fields.len() == MOST {
            return Err(document.error(value.span(), format!("{place}: too many, expected at most {MOST}")));
        }
        fields.push(field);
    }
    Ok(fields)
}

fn one<'v>(
    document: &Document<'_>,
    table: &'v DeTable<'v>,
    span: Range<usize>,
) -> Result<Field, ConfigError> {
    let place = format!("{TABLE}.fields");
    let entries = in_order(table);
    if let Some((key, _)) =
        entries.iter().find(|(key, _)| !NAMES.split(", ").any(|name| key.get_ref() == name))
    {
        return Err(document.unknown(&place, key, NAMES));
    }
    let find = |name: &str| entries.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| *value);
    let needed = |name: &str, expected: &str| {
        find(name).ok_or_else(|| {
            document.error(span.clone(), format!("{place}.{name}: missing, expected {expected}"))
        })
    };
    let name_of_field = needed("name", "the field's name in JSON")?;
    let name = text(document, "fields.name", name_of_field, "the field's name in JSON")?;
    check_name(name)
        .map_err(|problem| document.error(name_of_field.span(), format!("{place}.name: {problem}")))?;
    let key = whole(document, "fields.key", needed("key", "the field's key in CBOR")?, 0..=255)?;
    let rule = rule(document, needed("kind", &format!("one of {KINDS}"))?, &find)?;
    let required = find("required").map_or(Ok(true), |value| switch(document, "fields.required", value))?;
    let unit =
        find("unit").map_or(Ok(""), |value| text(document, "fields.unit", value, "a unit of SenML"))?;
    Ok(Field { key, name: name.to_owned().leak(), rule, required, unit: unit.to_owned().leak() })
}

fn rule<'v>(
    document: &Document<'_>,
    kind: Value<'v>,
    find: &impl Fn(&str) -> Option<Value<'v>>,
) -> Result<Rule, ConfigError> {
    let place = |name: &str| format!("{TABLE}.fields.{name}");
    let name = text(document, "fields.kind", kind, &format!("one of {KINDS}"))?;
    let (rule, fitting): (Rule, &[&str]) = match name {
        "number" => {
            let bound = |name, default| find(name).map_or(Ok(default), |value| number(document, name, value));
            (Rule::Number { min: bound("min", f32::MIN)?, max: bound("max", f32::MAX)? }, &["min", "max"])
        }
        "integer" => {
            let bound = |name, default| {
                let whole = |value| whole(document, &format!("fields.{name}"), value, i64::MIN..=i64::MAX);
                find(name).map_or(Ok(default), whole)
            };
            (Rule::Integer { min: bound("min", i64::MIN)?, max: bound("max", i64::MAX)? }, &["min", "max"])
        }
        "bool" => (Rule::Bool, &[]),
        "text" => match (find("one_of"), find("max_bytes")) {
            (Some(value), None) => {
                let texts = document.texts(&place("one_of"), value, "texts")?;
                let of: Vec<&'static str> =
                    texts.into_iter().map(|(text, _)| &*text.to_owned().leak()).collect();
                (Rule::Choice { of: of.leak() }, &["one_of"])
            }
            (_, value) => {
                let max =
                    value.map_or(Ok(TEXT), |value| whole(document, "fields.max_bytes", value, 1..=65_536))?;
                (Rule::Text { max }, &["max_bytes"])
            }
        },
        other => {
            let problem = format!("{}: {other:?} is no kind, expected one of {KINDS}", place("kind"));
            return Err(document.error(kind.span(), problem));
        }
    };
    for bound in ["min", "max", "max_bytes", "one_of"] {
        if let Some(value) = find(bound).filter(|_| !fitting.contains(&bound)) {
            let problem = format!("{}: does not fit a {name}, expected it with another kind", place(bound));
            return Err(document.error(value.span(), problem));
        }
    }
    let is_empty = match rule {
        Rule::Number { min, max } => min > max,
        Rule::Integer { min, max } => min > max,
        _ => false,
    };
    match find("max").filter(|_| is_empty) {
        Some(value) => Err(document.error(value.span(), format!("{}: expected at least min", place("max")))),
        None => Ok(rule),
    }
}

/// A number as it is stored: a single.
fn number(document: &Document<'_>, name: &str, value: Value<'_>) -> Result<f32, ConfigError> {
    let number = match value.get_ref() {
        DeValue::Integer(integer) => {
            i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(|it| it as f32)
        }
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => None,
    };
    let number = number.filter(|number: &f32| number.is_finite());
    number.ok_or_else(|| document.error(value.span(), format!("{TABLE}.fields.{name}: expected a number")))
}

//! The tables `[[resource]]`: which resources there are, and what they may hold.

mod fields;
mod print;

use std::ops::Range;

use clap::ValueEnum;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigError;
use super::document::{Document, in_order};
use super::slot::name;
use crate::formats;
use crate::model::Model;
use crate::pattern::Pattern;
pub(super) use print::to_toml;

/// The name of the tables.
pub(super) const TABLE: &str = "resource";

/// How many there may be: a write looks through all of them.
const MOST: usize = 256;

/// The names of all keys.
const NAMES: &str = "path, type, fields, rt, if, title, formats, create, observable, max_age";

/// A value of the file with its place.
type Value<'v> = &'v Spanned<DeValue<'v>>;

/// Reads the tables of the resources, each with its place.
pub(super) fn read(
    document: &Document<'_>,
    value: Value<'_>,
) -> Result<Vec<(Model, Range<usize>)>, ConfigError> {
    let unfit =
        |span| document.error(span, format!("{TABLE}: a value does not fit, expected tables [[{TABLE}]]"));
    let tables = value.get_ref().as_array().ok_or_else(|| unfit(value.span()))?;
    let mut resources: Vec<(Model, Range<usize>)> = Vec::new();
    for table in tables {
        let inner = table.get_ref().as_table().ok_or_else(|| unfit(table.span()))?;
        let model = one(document, inner, table.span())?;
        if resources.iter().any(|(known, _)| known.path == model.path) {
            let problem = format!("{TABLE}.path: \"{}\" stands twice, expected it once", model.path);
            return Err(document.error(table.span(), problem));
        }
        if resources.len() == MOST {
            return Err(document.error(table.span(), format!("{TABLE}: too many, expected at most {MOST}")));
        }
        resources.push((model, table.span()));
    }
    Ok(resources)
}

/// Reads one resource.
fn one<'v>(
    document: &Document<'_>,
    table: &'v DeTable<'v>,
    span: Range<usize>,
) -> Result<Model, ConfigError> {
    let entries = in_order(table);
    let find = |name: &str| entries.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| *value);
    if let Some((key, _)) =
        entries.iter().find(|(key, _)| !NAMES.split(", ").any(|name| key.get_ref() == name))
    {
        return Err(document.unknown(TABLE, key, NAMES));
    }
    let Some(path) = find("path") else {
        let problem =
            format!("{TABLE}.path: missing, expected a pattern of paths such as \"plants/{{id}}/level\"");
        return Err(document.error(span, problem));
    };
    let path = pattern(document, path)?;
    let mut model = match (find("type"), find("fields")) {
        (Some(value), None) => Model::of_catalog(path, text(document, "type", value, "the name of a type")?)
            .map_err(|problem| document.error(value.span(), format!("{TABLE}.type: {problem}")))?,
        (None, Some(value)) => Model::of_fields(path, fields::read(document, value)?),
        (None, None) => Model::any(path),
        (Some(_), Some(value)) => {
            let problem = format!("{TABLE}.fields: a type has fields already, expected one of type, fields");
            return Err(document.error(value.span(), problem));
        }
    };
    for (key, value) in entries {
        match key.get_ref().as_ref() {
            "rt" => model.resource_type = attribute(document, "rt", value)?,
            "if" => model.interface = attribute(document, "if", value)?,
            "title" => model.title = text(document, "title", value, "text")?.to_owned().leak(),
            "formats" => model.formats = formats(document, value, &model)?.leak(),
            "create" => model.creation = choice(document, "create", value)?,
            "observable" => model.observable = switch(document, "observable", value)?,
            "max_age" => model.max_age = Some(whole(document, "max_age", value, 0..=u32::MAX)?),
            _ => {}
        }
    }
    Ok(model)
}

fn pattern(document: &Document<'_>, value: Value<'_>) -> Result<Pattern, ConfigError> {
    let path = text(document, "path", value, "a pattern of paths")?;
    let error = |problem: String| document.error(value.span(), format!("{TABLE}.path: {problem}"));
    if path.is_empty() || path == ".well-known" || path.starts_with(".well-known/") {
        return Err(error(format!("{path:?} is reserved, expected a path below the root")));
    }
    if path.contains('*') {
        return Err(error(
            "* does not fit, expected a name in braces such as {id} for any one segment".to_owned(),
        ));
    }
    Pattern::new(path).map_err(error)
}

/// An attribute of a link: one word, since a list of them would be written apart by spaces (RFC 6690 §3.1).
fn attribute(document: &Document<'_>, name: &str, value: Value<'_>) -> Result<&'static str, ConfigError> {
    let word = text(document, name, value, "a word")?;
    let is_word = word.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte));
    match is_word {
        true => Ok(word.to_owned().leak()),
        false => {
            Err(document
                .error(value.span(), format!("{TABLE}.{name}: {word:?} does not fit, expected a word")))
        }
    }
}

fn formats(document: &Document<'_>, value: Value<'_>, model: &Model) -> Result<Vec<u16>, ConfigError> {
    let place = format!("{TABLE}.formats");
    let mut formats = Vec::new();
    for (text, value) in document.texts(&place, value, "Content-Formats such as \"cbor\"")? {
        let error = |problem: String| document.error(value.span(), format!("{place}: {problem}"));
        let format = formats::parse(text).map_err(error)?;
        if formats.contains(&format) {
            return Err(document.twice(&place, text, value));
        }
        if model.is_typed() && !model.takes(Some(format)) {
            return Err(error(format!("{text:?} has no fields, expected cbor or json")));
        }
        formats.push(format);
    }
    Ok(formats)
}

fn text<'v>(
    document: &Document<'_>,
    name: &str,
    value: Value<'v>,
    expected: &str,
) -> Result<&'v str, ConfigError> {
    value.get_ref().as_str().ok_or_else(|| document.unfit(&format!("{TABLE}.{name}"), value, expected))
}

fn switch(document: &Document<'_>, name: &str, value: Value<'_>) -> Result<bool, ConfigError> {
    value
        .get_ref()
        .as_bool()
        .ok_or_else(|| document.unfit(&format!("{TABLE}.{name}"), value, "true or false"))
}

fn whole<T>(
    document: &Document<'_>,
    name: &str,
    value: Value<'_>,
    range: std::ops::RangeInclusive<T>,
) -> Result<T, ConfigError>
where
    T: TryFrom<i64> + PartialOrd + std::fmt::Display,
{
    let number = match value.get_ref() {
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix()).ok(),
        _ => None,
    };
    let number = number.and_then(|number| T::try_from(number).ok()).filter(|number| range.contains(number));
    number.ok_or_else(|| {
        let expected = format!("an integer from {} to {}", range.start(), range.end());
        document.error(value.span(), format!("{TABLE}.{name}: expected {expected}"))
    })
}

fn choice<T: ValueEnum>(document: &Document<'_>, key: &str, value: Value<'_>) -> Result<T, ConfigError> {
    let chosen = value.get_ref().as_str().and_then(|text| T::from_str(text, false).ok());
    chosen.ok_or_else(|| {
        let names: Vec<_> = T::value_variants().iter().map(name).collect();
        document.error(value.span(), format!("{TABLE}.{key}: expected one of {}", names.join(", ")))
    })
}

#[cfg(test)]
mod tests;

//! Fields of types: by name in JSON, by integer key in CBOR.

use twite::resource::schema::{Field, Rule};

use super::Model;
use crate::cbor::{Event, Reader, push_float};
use crate::merge::{Cbor, Form, integer, text};
use crate::transcode::{self, cbor_to_json};

/// A patch with the names of fields as keys, with their integer keys instead.
///
/// # Errors
/// Names the first field that the type does not have, unless the patch takes it away.
pub(crate) fn names_to_keys(model: &Model, patch: &[u8]) -> Result<Vec<u8>, String> {
    let Some(mut members) = Cbor::members(patch) else { return Ok(patch.to_vec()) };
    for (key, value) in &mut members {
        let name = read_text(key).unwrap_or_default();
        match find(model, |field| field.name == name) {
            Some(field) => {
                *key = integer(field.key.into());
                *value = field_to_cbor(field, value).into();
            }
            None if Cbor::is_null(value) => {}
            None => return Err(format!("{name}: expected one of {}", names(model))),
        }
    }
    Ok(Cbor::join(members))
}

/// A patch with the integer keys of fields, with their names instead; other keys stay.
pub(crate) fn keys_to_names(model: &Model, patch: &[u8]) -> Vec<u8> {
    let Some(mut members) = Cbor::members(patch) else { return patch.to_vec() };
    for (key, value) in &mut members {
        let Some(field) = find(model, |field| integer(field.key.into()) == *key) else { continue };
        *key = text(field.name);
        if let Some(double) = with_digits(field, value) {
            *value = double.into();
        }
    }
    Cbor::join(members)
}

/// The value of a field in CBOR that was JSON: a number as a single, as all of them are stored; a whole number that is
/// written `7.0`, since JSON has one kind of number, as an integer.
pub(super) fn field_to_cbor(field: &Field, value: &[u8]) -> Vec<u8> {
    /// Beyond this doubles stand for several whole numbers.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match (read_float(value), field.rule) {
        (Some(number), Rule::Number { .. }) => float(f64::from(number as f32)),
        (Some(number), Rule::Integer { .. }) if number.fract() == 0.0 && number.abs() <= EXACT => {
            integer(number as i128)
        }
        _ => value.to_vec(),
    }
}

/// The value of a field as JSON.
pub(super) fn field_to_json(field: &Field, value: &[u8]) -> Result<String, String> {
    let double = with_digits(field, value);
    let limits = transcode::Limits::default();
    cbor_to_json(double.as_deref().unwrap_or(value), limits).map_err(|error| error.to_string())
}

/// The double with the digits of the single, which is what JSON will show.
fn with_digits(field: &Field, value: &[u8]) -> Option<Vec<u8>> {
    let number = read_float(value).filter(|_| is_number(field))?;
    Some(float((number as f32).to_string().parse().ok()?))
}

fn float(number: f64) -> Vec<u8> {
    let mut item = Vec::new();
    push_float(&mut item, number);
    item
}

/// The first field of the type that is meant.
pub(crate) fn find(model: &Model, is_meant: impl Fn(&Field) -> bool) -> Option<&'static Field> {
    model.fields.iter().find(|field| is_meant(field))
}

fn names(model: &Model) -> String {
    let names: Vec<&str> = model.fields.iter().map(|field| field.name).collect();
    names.join(", ")
}

const fn is_number(field: &Field) -> bool {
    matches!(field.rule, Rule::Number { .. })
}

/// The text that the item is; `None` for anything else.
pub(crate) fn read_text(item: &[u8]) -> Option<&str> {
    match Reader::new(item, 0).next_item().ok()??.event {
        Event::Text(text) => Some(text),
        _ => None,
    }
}

/// The integer or float that the item is; `None` for anything else.
pub(crate) fn read_number(item: &[u8]) -> Option<f64> {
    match Reader::new(item, 0).next_item().ok()??.event {
        Event::Integer(number) => Some(number as f64),
        Event::Float(number) => Some(number),
        _ => None,
    }
}

fn read_float(item: &[u8]) -> Option<f64> {
    match Reader::new(item, 0).next_item().ok()??.event {
        Event::Float(number) => Some(number),
        _ => None,
    }
}

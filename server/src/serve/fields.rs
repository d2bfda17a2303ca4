//! Fields of catalog types: by name in JSON, by integer key in CBOR.

use twite::resource::schema::{Field, Rule};

use super::face::Face;
use crate::cbor::{Event, Reader, push_float};
use crate::merge::{Cbor, Form, integer, text};

/// A patch with the names of fields as keys, with their integer keys instead.
///
/// # Errors
/// Names the first field that the type does not have, unless the patch takes it away.
pub(super) fn names_to_keys(face: Face, patch: &[u8]) -> Result<Vec<u8>, String> {
    let Some(mut members) = Cbor::members(patch) else { return Ok(patch.to_vec()) };
    for (key, value) in &mut members {
        let name = read_text(key).unwrap_or_default();
        match find(face, |field| field.name == name) {
            Some(field) => {
                *key = integer(field.key.into());
                if let Some(number) = read_float(value).filter(|_| is_number(field)) {
                    // As a PUT of the same JSON would store it: as a single.
                    let mut single = Vec::new();
                    push_float(&mut single, f64::from(number as f32));
                    *value = single.into();
                }
            }
            None if Cbor::is_null(value) => {}
            None => return Err(format!("{name}: expected one of {}", names(face))),
        }
    }
    Ok(Cbor::join(members))
}

/// A patch with the integer keys of fields, with their names instead; other keys stay.
pub(super) fn keys_to_names(face: Face, patch: &[u8]) -> Vec<u8> {
    let Some(mut members) = Cbor::members(patch) else { return patch.to_vec() };
    for (key, value) in &mut members {
        let Some(field) = find(face, |field| integer(field.key.into()) == *key) else { continue };
        *key = text(field.name);
        if let Some(number) = read_float(value).filter(|_| is_number(field))
            && let Ok(decimal) = (number as f32).to_string().parse()
        {
            // The double with the digits of the single, which is what JSON will show.
            let mut double = Vec::new();
            push_float(&mut double, decimal);
            *value = double.into();
        }
    }
    Cbor::join(members)
}

/// The first field of the type that is meant.
pub(super) fn find(face: Face, is_meant: impl Fn(&Field) -> bool) -> Option<&'static Field> {
    face.entry.fields.iter().find(|field| is_meant(field))
}

fn names(face: Face) -> String {
    let names: Vec<&str> = face.entry.fields.iter().map(|field| field.name).collect();
    names.join(", ")
}

const fn is_number(field: &Field) -> bool {
    matches!(field.rule, Rule::Number { .. })
}

/// The text that the item is; `None` for anything else.
pub(super) fn read_text(item: &[u8]) -> Option<&str> {
    match Reader::new(item, 0).next_item().ok()??.event {
        Event::Text(text) => Some(text),
        _ => None,
    }
}

/// The integer or float that the item is; `None` for anything else.
pub(super) fn read_number(item: &[u8]) -> Option<f64> {
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

//! CBOR maps and their members.

use std::borrow::Cow;

use twite::resource::well_formed::item_length;

use super::{Form, Members};
use crate::cbor::{Event, Major, Reader, push_head, push_integer};

/// CBOR (RFC 8949) with a patch whose keys are of any type.
#[derive(Debug)]
pub struct Cbor;

/// CBOR with a patch that was JSON: it names integer keys as the document's JSON form shows them, in decimal.
#[derive(Debug)]
pub struct CborByName;

impl Form for Cbor {
    fn members(item: &[u8]) -> Option<Members<'_>> {
        let mut reader = Reader::new(item, 1);
        let Event::MapStart(pairs) = reader.next_item().ok()??.event else { return None };
        let mut members = Members::new();
        let mut rest = item.get(reader.position()..)?;
        let mut left = pairs.unwrap_or(u64::MAX);
        while left > 0 && rest.first() != Some(&0xff) {
            left -= 1;
            let (key, after) = rest.split_at_checked(item_length(rest).ok()?)?;
            let (value, after) = after.split_at_checked(item_length(after).ok()?)?;
            members.push((shortest(key), Cow::Borrowed(value)));
            rest = after;
        }
        Some(members)
    }

    fn join(mut members: Members<'_>) -> Vec<u8> {
        members.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut map = Vec::new();
        push_head(&mut map, Major::Map, members.len() as u64);
        for (key, value) in members {
            map.extend_from_slice(&key);
            map.extend_from_slice(&value);
        }
        map
    }

    fn is_null(item: &[u8]) -> bool {
        item == [0xf6]
    }
}

impl Form for CborByName {
    fn members(item: &[u8]) -> Option<Members<'_>> {
        Cbor::members(item)
    }

    fn join(members: Members<'_>) -> Vec<u8> {
        Cbor::join(members)
    }

    fn is_null(item: &[u8]) -> bool {
        Cbor::is_null(item)
    }

    fn named(key: &[u8]) -> Cow<'_, [u8]> {
        match Reader::new(key, 0).next_item() {
            Ok(Some(item)) => match item.event {
                Event::Integer(number) => text(&number.to_string()).into(),
                _ => Cow::Borrowed(key),
            },
            _ => Cow::Borrowed(key),
        }
    }
}

/// A text string in its shortest form.
pub fn text(text: &str) -> Vec<u8> {
    let mut item = Vec::new();
    push_head(&mut item, Major::Text, text.len() as u64);
    item.extend_from_slice(text.as_bytes());
    item
}

/// An integer in its shortest form.
pub fn integer(number: i128) -> Vec<u8> {
    let mut item = Vec::new();
    push_integer(&mut item, number < 0, number.unsigned_abs());
    item
}

/// A key in its shortest form if it is text or an integer, else as it is.
fn shortest(key: &[u8]) -> Vec<u8> {
    let mut reader = Reader::new(key, 1);
    match reader.next_item().map(|item| item.map(|item| item.event)) {
        Ok(Some(Event::Integer(number))) => integer(number),
        Ok(Some(Event::Text(whole))) => text(whole),
        Ok(Some(Event::TextStart)) => {
            let mut whole = String::new();
            while let Ok(Some(item)) = reader.next_item() {
                if let Event::Text(chunk) = item.event {
                    whole.push_str(chunk);
                }
            }
            text(&whole)
        }
        _ => key.to_vec(),
    }
}

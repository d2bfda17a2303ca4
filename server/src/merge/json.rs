//! JSON objects and their members.

use std::borrow::Cow;

use super::{Form, Members};
use crate::transcode::{JsonReader, Step, push_text};

/// JSON (RFC 8259).
#[derive(Debug)]
pub struct Json;

impl Form for Json {
    fn members(item: &[u8]) -> Option<Members<'_>> {
        let mut reader = JsonReader::new(item, usize::MAX).ok()?;
        if reader.next_step().ok()?? != Step::ObjectStart {
            return None;
        }
        let mut members = Members::new();
        while let Step::Key(key) = reader.next_step().ok()?? {
            let mut written = String::new();
            push_text(&mut written, &key);
            let start = reader.position();
            pass(&mut reader)?;
            let value = item.get(start..reader.position())?;
            members.push((written.into_bytes(), Cow::Borrowed(value.trim_ascii_start())));
        }
        Some(members)
    }

    fn join(members: Members<'_>) -> Vec<u8> {
        let mut object = vec![b'{'];
        for (key, value) in members {
            if object.len() > 1 {
                object.push(b',');
            }
            object.extend_from_slice(&key);
            object.push(b':');
            object.extend_from_slice(&value);
        }
        object.push(b'}');
        object
    }

    fn is_null(item: &[u8]) -> bool {
        item.trim_ascii() == b"null"
    }
}

/// Passes one value with everything inside it.
fn pass(reader: &mut JsonReader<'_>) -> Option<()> {
    let mut open = 0_usize;
    loop {
        match reader.next_step().ok()?? {
            Step::ArrayStart | Step::ObjectStart => open += 1,
            Step::End => open = open.checked_sub(1)?,
            Step::Key(_) => continue,
            _ => {}
        }
        if open == 0 {
            return Some(());
        }
    }
}

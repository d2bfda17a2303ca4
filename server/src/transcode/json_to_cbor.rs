//! JSON to CBOR (RFC 8949 section 6.2).

use super::json_reader::{JsonReader, Step};
use super::{JsonError, JsonFault, Limits};
use crate::cbor::{Major, insert_head, push_float, push_head, push_integer};

/// Converts one JSON text to one CBOR data item in its shortest form.
///
/// # Errors
/// Where the text is not strict JSON, exceeds the limits, or has a number beyond the doubles.
pub fn json_to_cbor(bytes: &[u8], limits: Limits) -> Result<Vec<u8>, JsonError> {
    let mut reader = JsonReader::new(bytes, limits.depth)?;
    let mut output = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    while let Some(step) = reader.next_step()? {
        if let (Some(container), false) = (open.last_mut(), matches!(step, Step::Key(_) | Step::End)) {
            container.items += 1;
        }
        match step {
            Step::ArrayStart => open.push(Open { major: Major::Array, start: output.len(), items: 0 }),
            Step::ObjectStart => open.push(Open { major: Major::Map, start: output.len(), items: 0 }),
            Step::End => {
                if let Some(Open { major, start, items }) = open.pop() {
                    insert_head(&mut output, start, major, items);
                }
            }
            Step::Key(text) | Step::Text(text) => {
                push_head(&mut output, Major::Text, text.len() as u64);
                output.extend_from_slice(text.as_bytes());
            }
            Step::Number(number) => {
                push_number(&mut output, number).ok_or_else(|| reader.error(JsonFault::NumberOutOfRange))?;
            }
            Step::Bool(value) => output.push(if value { 0xf5 } else { 0xf4 }),
            Step::Null => output.push(0xf6),
        }
        if output.len() > limits.output_bytes {
            return Err(reader.error(JsonFault::OutputTooLong(limits.output_bytes)));
        }
    }
    Ok(output)
}

/// A container whose head is written when its length is known.
struct Open {
    major: Major,
    start: usize,
    items: u64,
}

/// A number without fraction and exponent is an integer if CBOR's integers hold it; all others are floats, and so is
/// `-0`, which no integer tells from `0`.
fn push_number(output: &mut Vec<u8>, number: &str) -> Option<()> {
    let (negative, magnitude) = match number.strip_prefix('-') {
        Some(magnitude) => (true, magnitude),
        None => (false, number),
    };
    let highest = u128::from(u64::MAX) + u128::from(negative);
    match magnitude.parse::<u128>() {
        Ok(magnitude) if magnitude <= highest && !(negative && magnitude == 0) => {
            push_integer(output, negative, magnitude);
        }
        _ => {
            let float = number.parse::<f64>().ok().filter(|float| float.is_finite())?;
            push_float(output, float);
        }
    }
    Some(())
}

//! Printing.

use std::fmt::Write as _;

use super::DEPTH;
use crate::cbor::{CborError, Event, Item, Place, Reader};

/// Spaces per level of a container that does not fit a line.
const INDENTATION: usize = 2;

/// Prints one data item on one line.
///
/// # Errors
/// Where `bytes` are not exactly one well-formed data item of at most [`DEPTH`] levels.
pub fn diagnostic(bytes: &[u8]) -> Result<String, CborError> {
    let mut printer = Printer::new(bytes, None);
    printer.run()?;
    Ok(printer.output)
}

/// Prints one data item; arrays and maps that do not fit in `columns` take a line for each of their items.
///
/// # Errors
/// As [`diagnostic`].
pub fn diagnostic_pretty(bytes: &[u8], columns: usize) -> Result<String, CborError> {
    let mut measure = Printer::new(bytes, None);
    measure.run()?;
    if measure.output.chars().count() <= columns {
        return Ok(measure.output);
    }
    let layout = Layout { widths: measure.widths, columns };
    let mut printer = Printer::new(bytes, Some(layout));
    printer.run()?;
    Ok(printer.output)
}

/// What the first pass learned, for the second to decide where lines break.
struct Layout {
    /// The width on one line of everything that opens, in the order of opening.
    widths: Vec<usize>,
    columns: usize,
}

struct Frame {
    close: &'static str,
    /// Takes a line for each item.
    broken: bool,
    /// Place in [`Printer::widths`] and the output's length when this opened.
    index: usize,
    start: usize,
}

struct Printer<'b> {
    reader: Reader<'b>,
    output: String,
    frames: Vec<Frame>,
    widths: Vec<usize>,
    layout: Option<Layout>,
    /// Where the last line of the output begins.
    line_start: usize,
}

impl<'b> Printer<'b> {
    fn new(bytes: &'b [u8], layout: Option<Layout>) -> Self {
        let reader = Reader::new(bytes, DEPTH);
        Self { reader, output: String::new(), frames: Vec::new(), widths: Vec::new(), layout, line_start: 0 }
    }

    fn run(&mut self) -> Result<(), CborError> {
        while let Some(item) = self.reader.next_item()? {
            self.item(&item);
        }
        Ok(())
    }

    fn item(&mut self, item: &Item<'_>) {
        self.separate(item.place);
        match item.event {
            Event::Integer(value) => self.push(format_args!("{value}")),
            Event::Float(value) => push_float(&mut self.output, value),
            Event::Bytes(bytes) => push_bytes(&mut self.output, bytes),
            Event::Text(text) => push_text(&mut self.output, text),
            Event::Bool(value) => self.push(format_args!("{value}")),
            Event::Null => self.output.push_str("null"),
            Event::Undefined => self.output.push_str("undefined"),
            Event::Simple(value) => self.push(format_args!("simple({value})")),
            Event::ArrayStart(Some(_)) => self.open("[", "]", true),
            Event::ArrayStart(None) => self.open("[_ ", "]", true),
            Event::MapStart(Some(_)) => self.open("{", "}", true),
            Event::MapStart(None) => self.open("{_ ", "}", true),
            Event::BytesStart if self.at_end() => self.open("''_", "", false),
            Event::TextStart if self.at_end() => self.open("\"\"_", "", false),
            Event::BytesStart | Event::TextStart => self.open("(_ ", ")", false),
            Event::Tag(tag) => match self.bignum(tag) {
                Some(decimal) => self.output.push_str(&decimal),
                None => {
                    self.push(format_args!("{tag}"));
                    self.open("(", ")", false);
                }
            },
            Event::End => self.close(),
        }
    }

    /// Writes what stands between an item and the one before it.
    fn separate(&mut self, place: Place) {
        let index = match place {
            Place::Element(index) | Place::Key(index) | Place::Chunk(index) => index,
            Place::Value => return self.output.push_str(": "),
            Place::Root | Place::Content | Place::End => return,
        };
        let broken = self.frames.last().is_some_and(|frame| frame.broken);
        match (index, broken) {
            (0, false) => {}
            (_, false) => self.output.push_str(", "),
            (0, true) => self.new_line(),
            (_, true) => {
                self.output.push(',');
                self.new_line();
            }
        }
    }

    fn open(&mut self, open: &str, close: &'static str, breakable: bool) {
        let index = self.widths.len();
        self.widths.push(0);
        let column = self.output.len() - self.line_start;
        let broken = breakable
            && self.layout.as_ref().is_some_and(|layout| {
                layout.widths.get(index).is_some_and(|width| column + width > layout.columns)
            })
            && !self.at_end();
        self.frames.push(Frame { close, broken, index, start: self.output.len() });
        self.output.push_str(if broken { open.trim_end() } else { open });
    }

    fn close(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        if frame.broken {
            self.new_line();
        }
        // An empty container of indefinite length needs no space after its mark.
        if self.output.ends_with("_ ") && self.output.len() == frame.start + 3 {
            self.output.pop();
        }
        self.output.push_str(frame.close);
        self.widths[frame.index] = self.output[frame.start..].chars().count();
    }

    fn new_line(&mut self) {
        let levels = self.frames.iter().filter(|frame| frame.broken).count();
        self.output.push('\n');
        self.line_start = self.output.len();
        self.push(format_args!("{:1$}", "", levels * INDENTATION));
    }

    /// Whether what was just opened is empty.
    fn at_end(&self) -> bool {
        matches!(self.reader.clone().next_item(), Ok(Some(Item { event: Event::End, .. })))
    }

    /// A bignum in decimal, when it is in its shortest form and has at most 16 bytes: then its text means these
    /// very bytes.
    fn bignum(&mut self, tag: u64) -> Option<String> {
        if tag != 2 && tag != 3 {
            return None;
        }
        let mut ahead = self.reader.clone();
        let Ok(Some(Item { event: Event::Bytes(bytes), .. })) = ahead.next_item() else { return None };
        if !(9..=16).contains(&bytes.len()) || bytes[0] == 0 {
            return None;
        }
        let value = bytes.iter().fold(0u128, |value, byte| value << 8 | u128::from(*byte));
        let decimal = if tag == 2 { value.to_string() } else { format!("-{}", value.checked_add(1)?) };
        ahead.next_item().ok()?;
        self.reader = ahead;
        Some(decimal)
    }

    fn push(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.output.write_fmt(arguments);
    }
}

fn push_float(output: &mut String, value: f64) {
    let _ = match value {
        _ if value.is_nan() => output.write_str("NaN"),
        f64::INFINITY => output.write_str("Infinity"),
        f64::NEG_INFINITY => output.write_str("-Infinity"),
        _ => write!(output, "{value:?}"),
    };
}

fn push_bytes(output: &mut String, bytes: &[u8]) {
    output.push_str("h'");
    for byte in bytes {
        let _ = write!(output, "{byte:02x}");
    }
    output.push('\'');
}

/// Text in JSON's form. Controls, marks of direction and whatever else Rust's own debug form would not show as itself
/// are escaped.
fn push_text(output: &mut String, text: &str) {
    output.push('"');
    for character in text.chars() {
        match character {
            '"' => output.push_str("\\\""),
            '\\' => output.push_str("\\\\"),
            '\n' => output.push_str("\\n"),
            '\r' => output.push_str("\\r"),
            '\t' => output.push_str("\\t"),
            '\'' => output.push('\''),
            shown if shown.escape_debug().nth(1).is_none() => output.push(shown),
            hidden => {
                for unit in hidden.encode_utf16(&mut [0; 2]) {
                    let _ = write!(output, "\\u{unit:04x}");
                }
            }
        }
    }
    output.push('"');
}

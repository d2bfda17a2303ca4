//! JSON (RFC 8259) as a flat run of checked steps.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{JsonError, JsonFault};

/// One step of a walk through a JSON text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step<'j> {
    ArrayStart,
    ObjectStart,
    Key(Cow<'j, str>),
    Text(Cow<'j, str>),
    /// A number as it is written.
    Number(&'j str),
    Bool(bool),
    Null,
    /// What was opened last ends.
    End,
}

enum Frame<'j> {
    Array,
    Object { keys: BTreeSet<Cow<'j, str>> },
}

#[derive(Clone, Copy)]
enum Expected {
    Value,
    ElementOrEnd,
    Key,
    KeyOrEnd,
    /// After a value, whatever encloses it.
    Continuation,
}

/// Walks one JSON text.
pub(crate) struct JsonReader<'j> {
    text: &'j str,
    position: usize,
    frames: Vec<Frame<'j>>,
    depth: usize,
    expected: Expected,
}

impl<'j> JsonReader<'j> {
    /// A reader of one text in which containers nest at most `depth` levels.
    pub(crate) fn new(bytes: &'j [u8], depth: usize) -> Result<Self, JsonError> {
        let text = str::from_utf8(bytes)
            .map_err(|error| JsonError::at(bytes, error.valid_up_to(), JsonFault::NotUtf8))?;
        Ok(Self { text, position: 0, frames: Vec::new(), depth, expected: Expected::Value })
    }

    /// The next step, or `None` when the value is complete and nothing follows it.
    pub(crate) fn next_step(&mut self) -> Result<Option<Step<'j>>, JsonError> {
        self.skip_space();
        let next = self.peek();
        match self.expected {
            Expected::Value => self.value("a value").map(Some),
            Expected::ElementOrEnd if next == Some(b']') => Ok(Some(self.close())),
            Expected::ElementOrEnd => self.value("a value or `]`").map(Some),
            Expected::KeyOrEnd if next == Some(b'}') => Ok(Some(self.close())),
            Expected::KeyOrEnd => self.key("a key in double quotes or `}`").map(Some),
            Expected::Key => self.key("a key in double quotes").map(Some),
            Expected::Continuation => match (self.frames.last(), next) {
                (None, None) => Ok(None),
                (None, Some(_)) => Err(self.error(JsonFault::Trailing)),
                (Some(Frame::Array), Some(b']')) | (Some(Frame::Object { .. }), Some(b'}')) => {
                    Ok(Some(self.close()))
                }
                (Some(Frame::Array), Some(b',')) => {
                    self.advance(Expected::Value);
                    self.next_step()
                }
                (Some(Frame::Object { .. }), Some(b',')) => {
                    self.advance(Expected::Key);
                    self.next_step()
                }
                (Some(Frame::Array), _) => Err(self.error(JsonFault::Expected("`,` or `]`"))),
                (Some(Frame::Object { .. }), _) => Err(self.error(JsonFault::Expected("`,` or `}`"))),
            },
        }
    }

    /// The offset behind what the last step read: of a key, behind its colon.
    pub(crate) const fn position(&self) -> usize {
        self.position
    }

    /// An error at the place that is read now.
    pub(super) fn error(&self, fault: JsonFault) -> JsonError {
        JsonError::at(self.text.as_bytes(), self.position, fault)
    }

    fn value(&mut self, expected: &'static str) -> Result<Step<'j>, JsonError> {
        match self.peek() {
            Some(b'[') => self.open(Frame::Array, Expected::ElementOrEnd, Step::ArrayStart),
            Some(b'{') => {
                let frame = Frame::Object { keys: BTreeSet::new() };
                self.open(frame, Expected::KeyOrEnd, Step::ObjectStart)
            }
            Some(b'"') => {
                let text = self.string()?;
                self.expected = Expected::Continuation;
                Ok(Step::Text(text))
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                for (word, step) in
                    [("true", Step::Bool(true)), ("false", Step::Bool(false)), ("null", Step::Null)]
                {
                    if self.text[self.position..].starts_with(word) {
                        self.position += word.len();
                        self.expected = Expected::Continuation;
                        return Ok(step);
                    }
                }
                Err(self.error(JsonFault::Expected(expected)))
            }
        }
    }

    fn open(&mut self, frame: Frame<'j>, expected: Expected, step: Step<'j>) -> Result<Step<'j>, JsonError> {
        if self.frames.len() >= self.depth {
            return Err(self.error(JsonFault::TooDeep(self.depth)));
        }
        self.frames.push(frame);
        self.advance(expected);
        Ok(step)
    }

    fn close(&mut self) -> Step<'j> {
        self.frames.pop();
        self.advance(Expected::Continuation);
        Step::End
    }

    fn key(&mut self, expected: &'static str) -> Result<Step<'j>, JsonError> {
        if self.peek() != Some(b'"') {
            return Err(self.error(JsonFault::Expected(expected)));
        }
        let start = self.position;
        let key = self.string()?;
        if let Some(Frame::Object { keys }) = self.frames.last_mut()
            && !keys.insert(key.clone())
        {
            let fault = JsonFault::DuplicateKey(key.into_owned());
            return Err(JsonError::at(self.text.as_bytes(), start, fault));
        }
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.error(JsonFault::Expected("`:`")));
        }
        self.advance(Expected::Value);
        Ok(Step::Key(key))
    }

    fn number(&mut self) -> Result<Step<'j>, JsonError> {
        let start = self.position;
        if self.peek() == Some(b'-') {
            self.position += 1;
        }
        if self.peek() == Some(b'0') {
            self.position += 1;
            if matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(self.error(JsonFault::Expected("no digit after a leading zero")));
            }
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.position += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.position += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.position += 1;
            }
            self.digits()?;
        }
        self.expected = Expected::Continuation;
        Ok(Step::Number(&self.text[start..self.position]))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.error(JsonFault::Expected("a digit")));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.position += 1;
        }
        Ok(())
    }

    /// A string from its opening to its closing quote; borrowed unless it has escapes.
    fn string(&mut self) -> Result<Cow<'j, str>, JsonError> {
        self.position += 1;
        let mut unescaped: Option<String> = None;
        let mut start = self.position;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let rest = &self.text[start..self.position];
                    self.position += 1;
                    return Ok(match unescaped {
                        None => Cow::Borrowed(rest),
                        Some(text) => Cow::Owned(text + rest),
                    });
                }
                Some(b'\\') => {
                    let text = unescaped.get_or_insert_default();
                    text.push_str(&self.text[start..self.position]);
                    let character = self.escape()?;
                    unescaped.get_or_insert_default().push(character);
                    start = self.position;
                }
                Some(0..=0x1f) => return Err(self.error(JsonFault::ControlCharacter)),
                Some(_) => self.position += 1,
                None => return Err(self.error(JsonFault::Expected("the end of the string, `\"`"))),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.position;
        self.position += 1;
        let character = match self.peek() {
            Some(plain @ (b'"' | b'\\' | b'/')) => char::from(plain),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(start),
            _ => return Err(self.error(JsonFault::Escape)),
        };
        self.position += 1;
        Ok(character)
    }

    /// `\uXXXX`, or two of them for what lies beyond the basic plane.
    fn unicode_escape(&mut self, start: usize) -> Result<char, JsonError> {
        let first = self.code_unit()?;
        let mut code = first;
        if (0xd800..0xdc00).contains(&first) && self.text[self.position..].starts_with("\\u") {
            self.position += 1;
            let second = self.code_unit()?;
            if (0xdc00..0xe000).contains(&second) {
                code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            }
        }
        char::from_u32(code)
            .ok_or_else(|| JsonError::at(self.text.as_bytes(), start, JsonFault::LoneSurrogate))
    }

    /// The four digits after the `u` on which the reader stands.
    fn code_unit(&mut self) -> Result<u32, JsonError> {
        let mut unit = 0;
        for _ in 0..4 {
            self.position += 1;
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            unit = unit << 4
                | digit.ok_or_else(|| self.error(JsonFault::Expected("four hexadecimal digits")))?;
        }
        self.position += 1;
        Ok(unit)
    }

    fn advance(&mut self, expected: Expected) {
        self.position += 1;
        self.expected = expected;
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.position += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }
}

//! Typing.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

mod numbers;
mod strings;

use super::DEPTH;
use crate::cbor::{Major, insert_head};

/// Text that is not diagnostic notation: where, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotationError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// A sentence about what was expected or is wrong.
    pub problem: Cow<'static, str>,
}

impl fmt::Display for NotationError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}: {}", self.line, self.column, self.problem)
    }
}

impl std::error::Error for NotationError {}

/// Reads one value in diagnostic notation and encodes it in the shortest form: numbers, `"text"`, `h'00ff'`, `true`,
/// `false`, `null`, `undefined`, `simple(99)`, `[1, 2]`, `{1: 2}`, `1(0)`, and the indefinite forms `[_ 1]`, `{_ 1: 2}`,
/// `(_ "a", "b")`, `''_`, `""_`.
///
/// # Errors
/// Names the first place at which something else was expected.
pub fn parse_diagnostic(text: &str) -> Result<Vec<u8>, NotationError> {
    let mut parser = Parser { text, position: 0, levels: 0, output: Vec::new() };
    parser.value()?;
    parser.skip_space();
    match parser.peek() {
        None => Ok(parser.output),
        Some(_) => Err(parser.error("expected the end after the value")),
    }
}

const VALUE: &str =
    "expected a value: a number, \"text\", h'bytes', true, false, null, undefined, [..], {..} or tag(..)";

/// Recursion is bounded by [`DEPTH`].
struct Parser<'t> {
    text: &'t str,
    position: usize,
    levels: usize,
    output: Vec<u8>,
}

impl Parser<'_> {
    fn value(&mut self) -> Result<(), NotationError> {
        self.skip_space();
        match self.peek() {
            Some('[') => self.nested(|parser| parser.items(Major::Array, ']')),
            Some('{') => self.nested(|parser| parser.items(Major::Map, '}')),
            Some('(') => self.nested(Self::chunks),
            Some('"') if self.eat("\"\"_") => self.append(&[0x7f, 0xff]),
            Some('\'') if self.eat("''_") => self.append(&[0x5f, 0xff]),
            Some('"') => self.text_string(),
            Some('h') => self.byte_string(),
            Some('0'..='9' | '-') => self.number(),
            Some('a'..='z' | 'I' | 'N') => self.word(),
            _ => Err(self.error(VALUE)),
        }
    }

    fn nested(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<(), NotationError>,
    ) -> Result<(), NotationError> {
        if self.levels == DEPTH {
            return Err(self.error(format!("nested deeper than {DEPTH} levels")));
        }
        self.levels += 1;
        self.advance();
        read(self)?;
        self.levels -= 1;
        Ok(())
    }

    /// The inside of an array or a map, and its end.
    fn items(&mut self, major: Major, close: char) -> Result<(), NotationError> {
        let map = major == Major::Map;
        let indefinite = self.eat("_");
        let start = self.output.len();
        if indefinite {
            self.output.push((major as u8) << 5 | 31);
        }
        let mut keys = BTreeSet::new();
        let mut count = 0;
        self.skip_space();
        while self.peek() != Some(close) {
            if count > 0 {
                self.expect(',', if map { "expected `,` or `}`" } else { "expected `,` or `]`" })?;
            }
            if map {
                self.key(&mut keys)?;
                self.expect(':', "expected `:` after the key")?;
            }
            self.value()?;
            count += 1;
            self.skip_space();
        }
        self.advance();
        if indefinite {
            self.output.push(0xff);
        } else {
            insert_head(&mut self.output, start, major, count);
        }
        Ok(())
    }

    fn key(&mut self, keys: &mut BTreeSet<Vec<u8>>) -> Result<(), NotationError> {
        self.skip_space();
        let (start, position) = (self.output.len(), self.position);
        self.value()?;
        if keys.insert(self.output[start..].to_vec()) {
            return Ok(());
        }
        self.position = position;
        Err(self.error("the map already has this key"))
    }

    /// The inside of an indefinite string and its end: strings of one kind.
    fn chunks(&mut self) -> Result<(), NotationError> {
        if !self.eat("_") {
            return Err(self.error("expected `_` as in (_ \"a\", \"b\")"));
        }
        self.skip_space();
        let kind = self.peek();
        self.output.push(if kind == Some('"') { 0x7f } else { 0x5f });
        loop {
            self.skip_space();
            match self.peek() {
                Some('"') if kind == Some('"') => self.text_string()?,
                Some('h') if kind == Some('h') => self.byte_string()?,
                _ => return Err(self.error("expected chunks, either all \"text\" or all h'bytes'")),
            }
            self.skip_space();
            if self.eat(")") {
                return self.append(&[0xff]);
            }
            self.expect(',', "expected `,` or `)`")?;
        }
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), NotationError> {
        self.output.extend_from_slice(bytes);
        Ok(())
    }

    fn expect(&mut self, character: char, problem: &'static str) -> Result<(), NotationError> {
        self.skip_space();
        if self.peek() != Some(character) {
            return Err(self.error(problem));
        }
        self.advance();
        Ok(())
    }

    fn eat(&mut self, expected: &str) -> bool {
        let found = self.text[self.position..].starts_with(expected);
        if found {
            self.position += expected.len();
        }
        found
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\r' | '\n')) {
            self.advance();
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.position..].chars().next()
    }

    fn advance(&mut self) {
        self.position += self.peek().map_or(0, char::len_utf8);
    }

    fn error(&self, problem: impl Into<Cow<'static, str>>) -> NotationError {
        let before = &self.text[..self.position];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        NotationError {
            line: 1 + before.matches('\n').count(),
            column: 1 + before[line_start..].chars().count(),
            problem: problem.into(),
        }
    }
}

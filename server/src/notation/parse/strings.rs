//! Byte strings and text.

use super::{NotationError, Parser};
use crate::cbor::{Major, insert_head, push_head};

impl Parser<'_> {
    pub(super) fn byte_string(&mut self) -> Result<(), NotationError> {
        if !self.eat("h'") {
            return Err(self.error("expected h'..' with hexadecimal digits"));
        }
        let start = self.output.len();
        let mut high: Option<u8> = None;
        loop {
            let digit = self.peek().and_then(|character| character.to_digit(16)).map(|digit| digit as u8);
            match (self.peek(), digit, high) {
                (_, Some(digit), None) => high = Some(digit),
                (_, Some(digit), Some(first)) => {
                    self.output.push(first << 4 | digit);
                    high = None;
                }
                (Some('\''), None, None) => break,
                (Some('\''), None, Some(_)) => return Err(self.error("expected an even number of digits")),
                (Some(' ' | '\t' | '\r' | '\n'), None, _) => {}
                _ => return Err(self.error("expected a hexadecimal digit or `'`")),
            }
            self.advance();
        }
        self.advance();
        let length = self.output.len() - start;
        insert_head(&mut self.output, start, Major::Bytes, length as u64);
        Ok(())
    }

    pub(super) fn text_string(&mut self) -> Result<(), NotationError> {
        self.advance();
        let mut text = String::new();
        loop {
            match self.peek() {
                Some('"') => break,
                Some('\\') => text.push(self.escape()?),
                Some(control) if control < ' ' => {
                    return Err(self.error("a control character must be escaped, such as \\n"));
                }
                Some(plain) => {
                    text.push(plain);
                    self.advance();
                }
                None => return Err(self.error("expected the end of the text, `\"`")),
            }
        }
        self.advance();
        push_head(&mut self.output, Major::Text, text.len() as u64);
        self.append(text.as_bytes())
    }

    fn escape(&mut self) -> Result<char, NotationError> {
        let start = self.position;
        self.advance();
        let character = match self.peek() {
            Some(plain @ ('"' | '\\' | '/' | '\'')) => plain,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => return self.unicode_escape(start),
            _ => {
                return Err(
                    self.error("expected one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX")
                );
            }
        };
        self.advance();
        Ok(character)
    }

    fn unicode_escape(&mut self, start: usize) -> Result<char, NotationError> {
        let first = self.code_unit()?;
        let mut code = first;
        if (0xd800..0xdc00).contains(&first) && self.eat("\\") {
            let second = self.code_unit()?;
            if (0xdc00..0xe000).contains(&second) {
                code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            }
        }
        if let Some(character) = char::from_u32(code) {
            return Ok(character);
        }
        self.position = start;
        Err(self.error("a surrogate stands without its other half"))
    }

    fn code_unit(&mut self) -> Result<u32, NotationError> {
        if !self.eat("u") {
            return Err(self.error("expected \\uXXXX, the other half of a surrogate pair"));
        }
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|character| character.to_digit(16));
            unit = unit << 4 | digit.ok_or_else(|| self.error("expected four hexadecimal digits"))?;
            self.advance();
        }
        Ok(unit)
    }
}

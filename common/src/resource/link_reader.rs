//! Reads a listing of links from a peer that is not trusted (RFC 6690 §2).

use core::{fmt, ops::Range};

/// The links of a listing, in its order.
///
/// A link that breaks the grammar is one error; reading goes on behind the next comma. White space around the
/// separators, and commas with nothing between them, are passed over (RFC 8288 appendix B.2).
#[must_use]
pub fn parse_links(listing: &[u8]) -> Links<'_> {
    Links { scanner: Scanner { bytes: listing, offset: 0 } }
}

/// See [`parse_links`].
#[derive(Clone, Debug)]
pub struct Links<'a> {
    scanner: Scanner<'a>,
}

/// A link that was checked when it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParsedLink<'a> {
    target: &'a str,
    /// What stands behind the `>`.
    attributes: &'a str,
}

/// The value of an attribute as the listing has it, without the quotes around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttributeValue<'a> {
    raw: &'a str,
    is_quoted: bool,
}

/// A link breaks the grammar of RFC 6690 §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkError {
    /// Where in the listing, in bytes.
    pub offset: usize,
    /// What was expected there.
    pub kind: LinkErrorKind,
}

/// What a listing should have had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkErrorKind {
    /// A link begins with `<`.
    Opening,
    /// A target ends with `>`.
    Closing,
    /// Attributes begin with `;`, links are separated by `,`.
    Separator,
    /// An attribute has a name.
    Name,
    /// A quoted value ends with a quote.
    ClosingQuote,
    /// A listing is UTF-8.
    Text,
}

impl fmt::Display for LinkError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = match self.kind {
            LinkErrorKind::Opening => "`<` before the target of a link",
            LinkErrorKind::Closing => "`>` behind the target of the link",
            LinkErrorKind::Separator => "`;` before an attribute or `,` before a link",
            LinkErrorKind::Name => "the name of an attribute",
            LinkErrorKind::ClosingQuote => "`\"` behind the value of the attribute",
            LinkErrorKind::Text => "a link in UTF-8",
        };
        write!(formatter, "link format byte {}: expected {expected}", self.offset)
    }
}

impl core::error::Error for LinkError {}

impl<'a> Iterator for Links<'a> {
    type Item = Result<ParsedLink<'a>, LinkError>;

    fn next(&mut self) -> Option<Self::Item> {
        let scanner = &mut self.scanner;
        scanner.skip_while(|byte| byte == b',' || is_white(byte));
        scanner.peek()?;
        let link = scanner.link();
        if link.is_err() {
            scanner.skip_while(|byte| byte != b',');
        }
        Some(link)
    }
}

impl<'a> ParsedLink<'a> {
    /// The target as the listing has it: a URI reference, percent-encoded, most often a path with its slash.
    #[must_use]
    pub fn target(&self) -> &'a str {
        self.target
    }

    /// The attributes in their order: name and, where the attribute has one, value. Names may repeat.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes {
            text: self.attributes,
            scanner: Scanner { bytes: self.attributes.as_bytes(), offset: 0 },
        }
    }

    /// The value of the first attribute with this name; of one without a value the empty one.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<AttributeValue<'a>> {
        self.attributes().find(|(found, _)| *found == name).map(|(_, value)| value)
    }
}

/// Name and value of each attribute of a link; the value of an attribute without one is empty.
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    text: &'a str,
    scanner: Scanner<'a>,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, AttributeValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let attribute = self.scanner.attribute().ok()??;
        let raw = self.text.get(attribute.value).unwrap_or_default();
        Some((self.text.get(attribute.name)?, AttributeValue { raw, is_quoted: attribute.is_quoted }))
    }
}

impl<'a> AttributeValue<'a> {
    /// The text between the quotes, or all of it, with the backslashes of quoted pairs.
    #[must_use]
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    /// The characters that are meant: a backslash in a quoted value stands for the character behind it.
    pub fn chars(&self) -> impl Iterator<Item = char> + use<'a> {
        let (mut characters, is_quoted) = (self.raw.chars(), self.is_quoted);
        core::iter::from_fn(move || match characters.next() {
            Some('\\') if is_quoted => characters.next(),
            character => character,
        })
    }
}

impl fmt::Display for AttributeValue<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        self.chars().try_for_each(|character| formatter.write_char(character))
    }
}

/// Where an attribute stands in the scanned bytes.
struct Attribute {
    name: Range<usize>,
    value: Range<usize>,
    is_quoted: bool,
}

#[derive(Clone, Debug)]
struct Scanner<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Scanner<'a> {
    fn link(&mut self) -> Result<ParsedLink<'a>, LinkError> {
        let start = self.offset;
        self.expect(b'<', LinkErrorKind::Opening)?;
        let target = self.skip_while(is_target);
        self.expect(b'>', LinkErrorKind::Closing)?;
        let attributes = self.offset;
        while self.attribute()?.is_some() {}
        let attributes = attributes..self.offset;
        if self.peek().is_some_and(|byte| byte != b',') {
            return Err(self.error(LinkErrorKind::Separator));
        }
        let text = |range| core::str::from_utf8(self.bytes.get(range)?).ok();
        text(target)
            .zip(text(attributes))
            .map(|(target, attributes)| ParsedLink { target, attributes })
            .ok_or(LinkError { offset: start, kind: LinkErrorKind::Text })
    }

    /// Passes white space and one attribute with its semicolon, if there is one.
    fn attribute(&mut self) -> Result<Option<Attribute>, LinkError> {
        self.skip_while(is_white);
        if !self.take(b';') {
            return Ok(None);
        }
        self.skip_while(is_white);
        let name = self.skip_while(is_name);
        if name.is_empty() {
            return Err(self.error(LinkErrorKind::Name));
        }
        self.skip_while(is_white);
        if !self.take(b'=') {
            let value = self.offset..self.offset;
            return Ok(Some(Attribute { name, value, is_quoted: false }));
        }
        self.skip_while(is_white);
        let is_quoted = self.take(b'"');
        let value = if is_quoted { self.quoted()? } else { self.skip_while(is_bare) };
        Ok(Some(Attribute { name, value, is_quoted }))
    }

    /// Passes a quoted value whose opening quote was passed, and its closing quote.
    fn quoted(&mut self) -> Result<Range<usize>, LinkError> {
        let start = self.offset;
        loop {
            self.skip_while(|byte| byte != b'"' && byte != b'\\');
            let end = self.offset;
            if self.take(b'\\') {
                self.offset = self.bytes.len().min(self.offset + 1);
            } else {
                self.expect(b'"', LinkErrorKind::ClosingQuote)?;
                return Ok(start..end);
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.offset).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.offset += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8, kind: LinkErrorKind) -> Result<(), LinkError> {
        if self.take(byte) { Ok(()) } else { Err(self.error(kind)) }
    }

    fn skip_while(&mut self, belongs: impl Fn(u8) -> bool) -> Range<usize> {
        let start = self.offset;
        while self.peek().is_some_and(&belongs) {
            self.offset += 1;
        }
        start..self.offset
    }

    fn error(&self, kind: LinkErrorKind) -> LinkError {
        LinkError { offset: self.offset, kind }
    }
}

const fn is_white(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

/// What a URI reference may hold, and bytes beyond ASCII for servers that do not encode them.
const fn is_target(byte: u8) -> bool {
    !byte.is_ascii_control() && !matches!(byte, b' ' | b'<' | b'>' | b'"')
}

/// `parmname` of RFC 6690 §2 with the star of `ext-name-star`.
const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'&' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~' | b'*'
        )
}

/// A value without quotes: more than `ptoken` of RFC 6690 §2, as peers write more.
const fn is_bare(byte: u8) -> bool {
    !byte.is_ascii_control() && !matches!(byte, b' ' | b';' | b',' | b'"' | b'<')
}

#[cfg(test)]
mod tests;

//! Media types and Content-Formats, RFC 8075 §6.

use crate::formats;

/// A media type with its parameters, names in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType {
    essence: String,
    parameters: Vec<(String, String)>,
}

/// The media type of a payload whose Content-Format has none here (RFC 8075 §6.2).
pub const COAP_PAYLOAD: &str = "application/coap-payload";

impl MediaType {
    /// Reads a media type or a media range; `None` if it is malformed.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut pieces = text.split(';').map(str::trim);
        let essence = pieces.next()?.to_ascii_lowercase();
        let (kind, subtype) = essence.split_once('/')?;
        let token = |text: &str| !text.is_empty() && text.bytes().all(is_token);
        if !token(kind) || !token(subtype) {
            return None;
        }
        let parameter = |piece: &str| {
            let (name, value) = piece.split_once('=')?;
            let value = value.trim_end();
            let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
            Some((name.trim_end().to_ascii_lowercase(), bare.to_owned()))
        };
        let parameters = pieces.filter(|piece| !piece.is_empty()).map(parameter).collect::<Option<_>>()?;
        Some(Self { essence, parameters })
    }

    /// Type and subtype.
    #[must_use]
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// Takes out the value of a parameter.
    pub fn take_parameter(&mut self, name: &str) -> Option<String> {
        let at = self.parameters.iter().position(|(known, _)| known == name)?;
        Some(self.parameters.remove(at).1)
    }

    /// The Content-Format that says the same.
    ///
    /// # Errors
    /// A sentence about what cannot be said.
    pub fn content_format(mut self) -> Result<u16, String> {
        if self.essence == COAP_PAYLOAD {
            let number = self.take_parameter("cf").and_then(|number| number.parse().ok());
            return number.ok_or_else(|| format!("expected {COAP_PAYLOAD};cf= and a Content-Format"));
        }
        if let Some(charset) = self.take_parameter("charset").filter(|charset| !is_utf_8(charset)) {
            return Err(format!("charset {charset:?} is not taken, expected utf-8"));
        }
        if let Some((name, _)) = self.parameters.first() {
            return Err(format!("parameter {name:?} of {} is not taken", self.essence));
        }
        formats::of_media_type(&self.essence).ok_or_else(|| {
            format!("{:?} has no Content-Format here; application/json and application/cbor do", self.essence)
        })
    }
}

/// The Content-Type of a payload.
#[must_use]
pub fn content_type(format: u16) -> String {
    match formats::media_type(format) {
        // RFC 7252 §12.3: Content-Format 0 is UTF-8.
        Some(text) if format == formats::TEXT => format!("{text}; charset=utf-8"),
        Some(media_type) => media_type.to_owned(),
        None => format!("{COAP_PAYLOAD};cf={format}"),
    }
}

/// Names that RFC 9110 §5.6.2 allows.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_utf_8(charset: &str) -> bool {
    ["utf-8", "us-ascii"].iter().any(|known| known.eq_ignore_ascii_case(charset))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(text: &str) -> Option<u16> {
        MediaType::read(text)?.content_format().ok()
    }

    #[test]
    fn media_types_are_content_formats_and_back() {
        for (text, expected) in [
            ("application/json", Some(50)),
            ("Application/CBOR", Some(60)),
            ("application/json; charset=UTF-8", Some(50)),
            ("text/plain;charset=\"utf-8\"", Some(0)),
            ("text/plain; charset=latin1", None),
            ("application/json; profile=x", None),
            ("application/merge-patch+json", Some(52)),
            ("application/coap-payload;cf=4711", Some(4711)),
            ("application/coap-payload", None),
            ("application/coap-payload;cf=70000", None),
            ("application/x-www-form-urlencoded", None),
            ("json", None),
            ("application/", None),
            ("a b/c", None),
        ] {
            assert_eq!(format(text), expected, "{text}");
        }
        for number in [0, 40, 50, 60, 112, 4711] {
            assert_eq!(format(&content_type(number)), Some(number));
        }
    }
}

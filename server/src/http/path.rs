//! The target of an HTTP request as Uri-Path and Uri-Query, RFC 7252 §6.4.

/// The segments of a path and the arguments of a query, each decoded once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Without a slash between them; none for the root.
    pub path: Vec<Vec<u8>>,
    /// What stood between the ampersands.
    pub query: Vec<Vec<u8>>,
}

impl Target {
    /// Reads path and query as they stand in the request. Nothing is normalized: an empty segment stays one, and a
    /// slash that was percent-encoded is part of its segment.
    ///
    /// # Errors
    /// A sentence that names what was expected: of a percent sign without two hexadecimal digits, and of a segment
    /// that is `.` or `..` after decoding, which no Uri-Path may be (RFC 7252 §5.10.1).
    pub fn read(path: &str, query: Option<&str>) -> Result<Self, String> {
        let rest = path.strip_prefix('/').ok_or("expected a path that begins with a slash")?;
        let mut target = Self::default();
        for segment in rest.split('/').filter(|_| !rest.is_empty()) {
            let decoded = decode(segment)?;
            if matches!(decoded.as_slice(), b"." | b"..") {
                return Err("expected path segments other than `.` and `..`".to_owned());
            }
            target.path.push(decoded);
        }
        for argument in query.into_iter().flat_map(|query| query.split('&')) {
            target.query.push(decode(argument)?);
        }
        Ok(target)
    }
}

/// A path as a reference from the root, for Location and links: what no segment may hold is percent-encoded.
#[must_use]
pub fn reference(path: &str) -> String {
    // RFC 3986 §3.3: pchar without the percent sign, and the slash between segments.
    format!("/{}", encoded(path.as_bytes(), b"-._~!$&'()*+,;=:@/"))
}

/// An argument of a query, so that nothing of it is taken for what stands around it.
#[must_use]
pub fn encode(argument: &[u8]) -> String {
    encoded(argument, b"-._~=*/")
}

/// Percent-encodes all but letters, digits and these.
fn encoded(bytes: &[u8], plain: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || plain.contains(byte) {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

fn decode(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' {
            let mut digit = || bytes.next().and_then(|digit| char::from(digit).to_digit(16));
            let (high, low) = (digit(), digit());
            let value = high.zip(low).map(|(high, low)| high << 4 | low);
            value
                .and_then(|value| u8::try_from(value).ok())
                .ok_or("expected two hexadecimal digits behind each percent sign")?
        } else {
            byte
        });
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(path: &str) -> Result<Vec<String>, String> {
        let target = Target::read(path, None)?;
        Ok(target.path.iter().map(|segment| String::from_utf8_lossy(segment).into_owned()).collect())
    }

    #[test]
    fn s062_each_segment_is_decoded_once() {
        for (path, expected) in [
            ("/", &[] as &[&str]),
            ("/a/b", &["a", "b"]),
            ("/a%2fb", &["a/b"]),
            ("/a//b", &["a", "", "b"]),
            ("/a/", &["a", ""]),
            ("/a%252fb", &["a%2fb"]),
            ("/%C3%bc+", &["ü+"]),
        ] {
            assert_eq!(segments(path).expect(path), expected, "{path}");
        }
        for path in ["/%2e%2e/x", "/a/../b", "/%2E", "/.", "/a%", "/a%2", "/a%zz", "/%+1", "a", "*"] {
            assert!(segments(path).is_err(), "{path}");
        }
        let target = Target::read("/a", Some("x=%00&&rt=a%26b")).expect("a target");
        assert_eq!(target.query, [&b"x=\0"[..], b"", b"rt=a&b"]);
    }

    #[test]
    fn a_reference_reads_back() {
        for path in ["notes/1z", "ü/ /%2F", "a?b#c", "a\"<>\\b"] {
            let reference = reference(path);
            assert!(reference.bytes().all(|byte| byte.is_ascii_graphic()), "{reference}");
            assert_eq!(segments(&reference).map(|segments| segments.join("/")), Ok(path.to_owned()));
        }
    }
}

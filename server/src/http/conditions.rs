//! If-Match and If-None-Match, RFC 9110 §13.1, in terms of CoAP's (RFC 7252 §5.10.8).

use twite::exchange::ETag;

/// A condition on the state of the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tags {
    /// Any state: `*`.
    Any,
    /// One of these states.
    OneOf(Vec<Tag>),
}

/// An entity-tag of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The CoAP ETag, if it can be one of ours.
    pub etag: Option<ETag>,
    /// Whether it may name an equivalent representation only.
    pub weak: bool,
}

/// More entity-tags than anybody holds.
const TAGS: usize = 64;

impl Tags {
    /// Reads the values of all headers of one name; `None` if there is none.
    ///
    /// # Errors
    /// A sentence that names what was expected.
    pub fn read<'v>(values: impl Iterator<Item = &'v str>) -> Result<Option<Self>, String> {
        let mut tags = Vec::new();
        let mut any = false;
        let mut found = false;
        for value in values {
            found = true;
            let mut rest = value.trim();
            any |= rest == "*";
            while !rest.is_empty() && rest != "*" {
                let (tag, behind) = Tag::read(rest)?;
                tags.push(tag);
                rest = behind.trim_start_matches([',', ' ', '\t']);
            }
        }
        if tags.len() > TAGS {
            return Err(format!("expected at most {TAGS} entity-tags"));
        }
        match (found, any, tags.is_empty()) {
            (false, ..) => Ok(None),
            (_, true, true) => Ok(Some(Self::Any)),
            (_, false, _) => Ok(Some(Self::OneOf(tags))),
            (_, true, false) => Err("expected `*` or entity-tags, not both".to_owned()),
        }
    }

    /// The tags under the strong comparison of If-Match: weak ones name nothing (RFC 9110 §13.1.1).
    #[must_use]
    pub fn strong(&self) -> Vec<ETag> {
        self.those(|tag| !tag.weak)
    }

    /// The tags under the weak comparison of If-None-Match (RFC 9110 §13.1.2).
    #[must_use]
    pub fn weak(&self) -> Vec<ETag> {
        self.those(|_| true)
    }

    fn those(&self, wanted: impl Fn(&Tag) -> bool) -> Vec<ETag> {
        match self {
            Self::Any => Vec::new(),
            Self::OneOf(tags) => tags.iter().filter(|tag| wanted(tag)).filter_map(|tag| tag.etag).collect(),
        }
    }
}

impl Tag {
    /// Reads one entity-tag; what follows it.
    fn read(text: &str) -> Result<(Self, &str), String> {
        let expected = || format!("{text:?} is no entity-tag, expected one in quotes");
        let (weak, rest) = text.strip_prefix("W/").map_or((false, text), |rest| (true, rest));
        let (opaque, behind) =
            rest.strip_prefix('"').and_then(|rest| rest.split_once('"')).ok_or_else(expected)?;
        if !behind.is_empty() && !behind.starts_with([',', ' ', '\t']) {
            return Err(expected());
        }
        Ok((Self { etag: unquoted(opaque), weak }, behind))
    }
}

/// The entity-tag of HTTP for an ETag: its bytes in hexadecimal, in quotes.
#[must_use]
pub fn quoted(etag: &ETag) -> String {
    format!("\"{}\"", bare(etag))
}

/// The bytes of an ETag in hexadecimal.
#[must_use]
pub fn bare(etag: &ETag) -> String {
    etag.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The ETag that [`bare`] wrote.
#[must_use]
pub fn unquoted(text: &str) -> Option<ETag> {
    let digits: Option<Vec<u8>> = text
        .bytes()
        .map(|byte| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        })
        .collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    let bytes: Vec<u8> =
        digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    ETag::new(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Option<Tags>, String> {
        Tags::read(std::iter::once(value))
    }

    #[test]
    fn lists_stars_and_weak_tags() {
        let one = ETag::from_number(0x1a2b);
        assert_eq!(quoted(&one), "\"1a2b\"");
        assert_eq!(read("*"), Ok(Some(Tags::Any)));
        assert_eq!(Tags::read(std::iter::empty()), Ok(None));
        let tags = read("W/\"1a2b\" , \"07\",\"foreign, tag\",\"\"").expect("a list").expect("there");
        assert_eq!(tags.weak(), [one, ETag::from_number(7)]);
        assert_eq!(tags.strong(), [ETag::from_number(7)]);
        for bad in ["1a2b", "\"1a", "\"1a\"x", "*, \"1a\"", "w/\"1a\""] {
            assert!(read(bad).is_err(), "{bad}");
        }
        let both = Tags::read(["*", "\"1a\""].into_iter());
        assert!(both.is_err());
        assert!(read(&"\"1a\",".repeat(TAGS + 1)).is_err());
        for foreign in ["1", "xy", "1A2B", "112233445566778899"] {
            assert_eq!(unquoted(foreign), None, "{foreign}");
        }
    }
}

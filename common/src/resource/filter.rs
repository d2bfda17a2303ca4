//! The query of `GET /.well-known/core?name=value` (RFC 6690 §4.1).

use core::fmt;

use super::link::{Decimal, Link};

/// Which links a client wants to see.
///
/// `rt`, `if` and `ct` match when one of their space-separated values does; `href`, `title` and `sz` as a whole. A
/// value that ends in `*` matches what begins with the rest of it, so `rt=*` asks for every link that has the
/// attribute; a star anywhere else is an ordinary character. `obs` has no value to compare: `obs=*` and `obs=` ask
/// for the observable ones. Matching reads each attribute once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter<'a> {
    /// `None` matches every link.
    condition: Option<Condition<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Condition<'a> {
    name: &'a [u8],
    value: &'a [u8],
    is_prefix: bool,
}

/// The query is not a filter; to be answered with 4.00 (RFC 7252 §5.9.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilterError {
    /// The query has no `=`.
    NoValue,
    /// Nothing stands before the `=`.
    NoName,
    /// There is more than one query option.
    TooMany,
}

impl FilterError {
    /// The sentence that says what was expected.
    #[must_use]
    pub const fn expectation(self) -> &'static str {
        match self {
            Self::NoValue => "expected a filter of the form name=value, the query has no `=`",
            Self::NoName => "expected a filter of the form name=value, the name is empty",
            Self::TooMany => "expected one filter name=value, the query has several",
        }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.expectation())
    }
}

impl core::error::Error for FilterError {}

impl<'a> Filter<'a> {
    /// The filter that every link passes.
    pub const ALL: Self = Self { condition: None };

    /// Reads the values of a request's Uri-Query options, which are not percent-encoded (RFC 7252 §5.10.1).
    ///
    /// A value in double quotes is taken without them. A name that is not known here makes a filter that matches
    /// nothing.
    ///
    /// # Errors
    /// [`FilterError`] when there is a query that is not exactly one filter.
    pub fn parse(queries: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, FilterError> {
        let mut queries = queries.into_iter();
        let Some(query) = queries.next() else { return Ok(Self::ALL) };
        if queries.next().is_some() {
            return Err(FilterError::TooMany);
        }
        let equals = query.iter().position(|&byte| byte == b'=').ok_or(FilterError::NoValue)?;
        let (name, value) = query.split_at_checked(equals).ok_or(FilterError::NoValue)?;
        if name.is_empty() {
            return Err(FilterError::NoName);
        }
        let value = value.strip_prefix(b"=").unwrap_or(value);
        let value = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value);
        let prefix = value.strip_suffix(b"*");
        let condition = Condition { name, value: prefix.unwrap_or(value), is_prefix: prefix.is_some() };
        Ok(Self { condition: Some(condition) })
    }

    /// Whether the link is one of those that the client wants to see.
    #[must_use]
    pub fn matches(&self, link: &Link<'_>) -> bool {
        self.condition.is_none_or(|condition| condition.matches(link))
    }
}

impl Condition<'_> {
    fn matches(&self, link: &Link<'_>) -> bool {
        match self.name {
            b"href" => self.matches_target(link.path.as_bytes()),
            b"rt" => self.matches_one_of(link.resource_type),
            b"if" => self.matches_one_of(link.interface),
            b"title" => !link.title.is_empty() && self.matches_value(link.title.as_bytes()),
            b"ct" => link.content_formats.iter().any(|&format| self.matches_number(u32::from(format))),
            b"sz" => link.size.is_some_and(|size| self.matches_number(size)),
            b"obs" => link.observable && self.matches_value(b""),
            _ => false,
        }
    }

    fn matches_value(&self, actual: &[u8]) -> bool {
        if self.is_prefix { actual.starts_with(self.value) } else { actual == self.value }
    }

    fn matches_one_of(&self, values: &str) -> bool {
        let mut values = values.as_bytes().split(|byte| *byte == b' ').filter(|value| !value.is_empty());
        values.any(|value| self.matches_value(value))
    }

    fn matches_number(&self, actual: u32) -> bool {
        self.matches_value(Decimal::new(actual).bytes())
    }

    /// Compares with the target, whose leading slash is not part of `path`.
    fn matches_target(&self, path: &[u8]) -> bool {
        match self.value.strip_prefix(b"/") {
            Some(value) => Condition { value, ..*self }.matches_value(path),
            None => self.is_prefix && self.value.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    const LINKS: [Link<'static>; 3] = [
        Link {
            path: "sensors/1/temperature",
            resource_type: "temperature-c twite.sensor",
            interface: "sensor",
            title: "Kitchen *",
            content_formats: &[0, 60, 110],
            size: Some(1280),
            observable: true,
        },
        Link {
            path: "lamps/1",
            resource_type: "lamp a*b",
            interface: "",
            title: "",
            content_formats: &[60],
            size: None,
            observable: false,
        },
        Link {
            path: "",
            resource_type: "",
            interface: "",
            title: "",
            content_formats: &[],
            size: None,
            observable: false,
        },
    ];

    /// The numbers of the links that match.
    fn matching(query: &[u8]) -> Vec<usize> {
        let filter = Filter::parse([query]).expect("a filter");
        (0..LINKS.len()).filter(|&index| filter.matches(&LINKS[index])).collect()
    }

    #[test]
    fn each_attribute_has_its_way_to_match() {
        for (query, expected) in [
            ("rt=lamp", &[1][..]),
            ("rt=twite.sensor", &[0]),
            ("rt=temp", &[]),
            ("rt=temp*", &[0]),
            ("rt=twite.*", &[0]),
            ("rt=*", &[0, 1]),
            ("rt=lamp a", &[]),
            ("rt=\"lamp\"", &[1]),
            ("rt=\"temp*\"", &[0]),
            ("rt=\"", &[]),
            ("if=sensor", &[0]),
            ("if=*", &[0]),
            ("ct=60", &[0, 1]),
            ("ct=6", &[]),
            ("ct=11*", &[0]),
            ("ct=*", &[0, 1]),
            ("sz=1280", &[0]),
            ("sz=*", &[0]),
            ("title=Kitchen *", &[0]),
            ("title=Kitchen", &[]),
            ("title=*", &[0]),
            ("obs=*", &[0]),
            ("obs=", &[0]),
            ("obs=1", &[]),
            ("href=/lamps/1", &[1]),
            ("href=lamps/1", &[]),
            ("href=lamps*", &[]),
            ("href=/lamps/", &[]),
            ("href=/lamps/*", &[1]),
            ("href=/*", &[0, 1, 2]),
            ("href=*", &[0, 1, 2]),
            ("href=/", &[2]),
            ("href=", &[]),
        ] {
            assert_eq!(matching(query.as_bytes()), expected, "{query}");
        }
    }

    #[test]
    fn hostile_filters_match_what_they_say_and_no_more() {
        let stars = [b"rt=".as_slice(), &[b'*'; 255]].concat();
        assert_eq!(matching(&stars), [0; 0]);
        assert_eq!(matching(b"rt=a*b"), [1]); // a star in the middle is a literal
        assert_eq!(matching(&[b"rt=".as_slice(), &[b'a'; 255]].concat()), [0; 0]);
        assert_eq!(matching(b"rt="), [0; 0]);
        assert_eq!(matching(b"zz=1"), [0; 0]);
        assert_eq!(matching(b"zz=*"), [0; 0]);
        assert_eq!(matching(b"href=/../../*"), [0; 0]);
        assert_eq!(matching(b"rt=\"><x>;a=\""), [0; 0]);
        assert_eq!(matching(b"rt=\xff*"), [0; 0]);
    }

    #[test]
    fn a_query_that_is_no_filter_is_refused() {
        assert_eq!(Filter::parse([b"rt".as_slice()]), Err(FilterError::NoValue));
        assert_eq!(Filter::parse([b"".as_slice()]), Err(FilterError::NoValue));
        assert_eq!(Filter::parse([b"=x".as_slice()]), Err(FilterError::NoName));
        assert_eq!(Filter::parse([b"rt=x".as_slice(), b"rt=y"]), Err(FilterError::TooMany));
        let none: [&[u8]; 0] = [];
        assert_eq!(Filter::parse(none), Ok(Filter::ALL));
        assert!(LINKS.iter().all(|link| Filter::ALL.matches(link)));
    }

    proptest! {
        #[test]
        fn no_query_panics(query in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(filter) = Filter::parse([&query[..]]) {
                prop_assert!(LINKS.iter().filter(|link| filter.matches(link)).count() <= LINKS.len());
            }
        }
    }
}

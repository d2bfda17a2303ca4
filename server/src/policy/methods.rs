//! Sets of methods, as RFC 9237 §3 has them.

use std::fmt;
use std::ops::BitOr;

use twite::wire::RequestType;

/// A set of methods: the method of code 0.0n is the bit n − 1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Methods(u8);

/// All there are, in the order of their codes, with their names.
const ALL: [(RequestType, &str); 7] = [
    (RequestType::Get, "GET"),
    (RequestType::Post, "POST"),
    (RequestType::Put, "PUT"),
    (RequestType::Delete, "DELETE"),
    (RequestType::Fetch, "FETCH"),
    (RequestType::Patch, "PATCH"),
    (RequestType::IPatch, "iPATCH"),
];

impl Methods {
    /// No method.
    pub const NONE: Self = Self(0);

    /// This method alone; none for a method that has no name.
    pub const fn of(method: RequestType) -> Self {
        Self(match method {
            RequestType::Get => 1,
            RequestType::Post => 2,
            RequestType::Put => 4,
            RequestType::Delete => 8,
            RequestType::Fetch => 16,
            RequestType::Patch => 32,
            RequestType::IPatch => 64,
            RequestType::UnKnown => 0,
        })
    }

    /// The method of this name: `GET`, `POST`, `PUT`, `DELETE`, `FETCH`, `PATCH` or `iPATCH`.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|(_, known)| *known == name).map(|(method, _)| Self::of(*method))
    }

    /// The names of all methods, for an error.
    pub fn names() -> String {
        ALL.map(|(_, name)| name).join(", ")
    }

    /// Whether `others` are all in it, and are any.
    pub const fn has(self, others: Self) -> bool {
        others.0 != 0 && self.0 & others.0 == others.0
    }

    /// Whether it is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// As HTTP names them in `Allow` (RFC 9110 §10.2.1): HEAD comes with GET, both patches are PATCH, FETCH has no name.
    pub fn to_allow(self) -> String {
        let has = |method| self.has(Self::of(method));
        let names = [
            ("GET", has(RequestType::Get)),
            ("HEAD", has(RequestType::Get)),
            ("POST", has(RequestType::Post)),
            ("PUT", has(RequestType::Put)),
            ("DELETE", has(RequestType::Delete)),
            ("PATCH", has(RequestType::Patch) || has(RequestType::IPatch)),
        ];
        let names: Vec<&str> = names.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect();
        names.join(", ")
    }
}

impl BitOr for Methods {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for Methods {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ALL.iter().filter(|(method, _)| self.has(Self::of(*method))).map(|(_, name)| *name);
        formatter.write_str(&names.collect::<Vec<_>>().join(" "))
    }
}

impl fmt::Debug for Methods {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Methods({self})")
    }
}

#[cfg(test)]
mod tests {
    use twite::wire::Code;

    use super::*;

    #[test]
    fn the_bits_are_those_of_rfc_9237() {
        for (method, name) in ALL {
            let code = (1..=7).map(Code).find(|code| code.method() == method).expect("a code");
            assert_eq!(Methods::of(method).0, 1 << (code.0 - 1), "{name}");
            assert_eq!(Methods::named(name), Some(Methods::of(method)));
        }
        assert_eq!([Methods::named("get"), Methods::named("HEAD"), Methods::named("")], [None; 3]);
    }

    #[test]
    fn nothing_is_in_no_set() {
        let all = ALL.iter().fold(Methods::NONE, |all, (method, _)| all | Methods::of(*method));
        assert!(!all.has(Methods::NONE) && !all.has(Methods::of(RequestType::UnKnown)) && all.has(all));
        assert_eq!(all.to_string(), "GET POST PUT DELETE FETCH PATCH iPATCH");
        assert_eq!(all.to_allow(), "GET, HEAD, POST, PUT, DELETE, PATCH");
        assert_eq!(Methods::of(RequestType::IPatch).to_allow(), "PATCH");
        assert_eq!(Methods::of(RequestType::Fetch).to_allow(), "");
    }
}

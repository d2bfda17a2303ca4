//! An endpoint that registered, RFC 9176 §5.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::parameters::Parameters;

/// How long a registration lasts that does not say it, in seconds (RFC 9176 §5).
const LIFETIME: u32 = 90_000;

/// A registration as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The name of the endpoint.
    pub name: String,
    /// The sector it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector: Option<String>,
    /// Seconds that it lasts from when it was written.
    pub lifetime: u32,
    /// What its links are relative to, without a slash at its end.
    pub base: String,
    /// Whether the endpoint said that itself.
    pub says_base: bool,
    /// What else it says of itself.
    pub attributes: Vec<(String, String)>,
    /// Its links, checked.
    pub links: String,
}

impl Registration {
    /// A new one; `source` is where it came from, if links can be relative to that.
    ///
    /// # Errors
    /// A sentence that names what is missing.
    pub fn new(parameters: Parameters, source: Option<String>, links: &str) -> Result<Self, String> {
        let name = parameters.name.ok_or("ep: missing, expected the name of the endpoint")?;
        let says_base = parameters.base.is_some();
        let base = parameters.base.or(source).ok_or("base: missing, expected scheme://host")?;
        Ok(Self {
            name,
            sector: parameters.sector,
            lifetime: parameters.lifetime.unwrap_or(LIFETIME),
            base,
            says_base,
            attributes: parameters.attributes,
            links: links.to_owned(),
        })
    }

    /// What an update makes of it (RFC 9176 §5.3.1): what is not said stays, but the base follows the endpoint.
    ///
    /// # Errors
    /// A sentence that names what may not be changed.
    pub fn update(&mut self, parameters: Parameters, source: Option<String>) -> Result<(), String> {
        let differs =
            |said: &Option<String>, known: Option<&String>| said.is_some() && said.as_ref() != known;
        if differs(&parameters.name, Some(&self.name)) || differs(&parameters.sector, self.sector.as_ref()) {
            return Err("ep, d: expected those of the registration, or neither".to_owned());
        }
        self.lifetime = parameters.lifetime.unwrap_or(self.lifetime);
        if let Some(base) = parameters.base {
            (self.base, self.says_base) = (base, true);
        } else if let (false, Some(source)) = (self.says_base, source) {
            self.base = source;
        }
        for (name, value) in parameters.attributes {
            match self.attributes.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => self.attributes.push((name, value)),
            }
        }
        Ok(())
    }

    /// Whether it is over at `now`, both in milliseconds since 1970.
    #[must_use]
    pub fn is_over(&self, written: u64, now: u64) -> bool {
        written.saturating_add(u64::from(self.lifetime) * 1000) <= now
    }

    /// As it is stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Texts and numbers can always be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What was stored; `None` if it is no registration.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// What the registration of an endpoint is called: an endpoint that registers again has the same one.
#[must_use]
pub fn name_of(name: &str, sector: Option<&str>) -> String {
    let mut hash = Sha256::new();
    hash.update([u8::from(sector.is_some()), u8::try_from(name.len()).unwrap_or(u8::MAX)]);
    hash.update(name);
    hash.update(sector.unwrap_or_default());
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(query: &str) -> Parameters {
        Parameters::read(query.split('&').filter(|_| !query.is_empty()).map(str::as_bytes)).expect("sound")
    }

    fn source(base: &str) -> Option<String> {
        Some(base.to_owned())
    }

    #[test]
    fn an_update_changes_what_it_says_and_the_base_follows() {
        let mut node =
            Registration::new(parameters("ep=n&et=a"), source("coap://one"), "</x>").expect("sound");
        assert_eq!((node.lifetime, node.base.as_str()), (90_000, "coap://one"));
        node.update(parameters("lt=60&et=b&v=1"), source("coap://two")).expect("sound");
        assert_eq!((node.lifetime, node.base.as_str(), node.links.as_str()), (60, "coap://two", "</x>"));
        assert_eq!(node.attributes, [("et".into(), "b".into()), ("v".into(), "1".into())]);
        node.update(parameters("base=coap://three"), source("coap://two")).expect("sound");
        node.update(parameters(""), source("coap://four")).expect("sound");
        assert_eq!((node.lifetime, node.base.as_str()), (60, "coap://three"));
        assert!(node.update(parameters("ep=other"), None).is_err());
        assert!(node.update(parameters("d=hall"), None).is_err());
        assert!(node.update(parameters("ep=n"), None).is_ok());
        assert_eq!(Registration::from_bytes(&node.to_bytes()), Some(node));
        assert_eq!(Registration::from_bytes(b"{}"), None);
    }

    #[test]
    fn what_is_missing_is_named() {
        let new = |query: &str, source| Registration::new(parameters(query), source, "");
        assert!(new("lt=60", source("coap://h")).is_err_and(|error| error.contains("ep")));
        assert!(new("ep=n", None).is_err_and(|error| error.contains("base")));
        assert!(new("ep=n&base=coap://h", None).is_ok());
    }

    #[test]
    fn it_lasts_for_its_lifetime() {
        let node = Registration::new(parameters("ep=n&lt=2"), source("coap://h"), "").expect("sound");
        assert!(!node.is_over(10_000, 11_999) && node.is_over(10_000, 12_000) && !node.is_over(10_000, 0));
    }

    #[test]
    fn names_are_one_for_each_endpoint() {
        let names =
            [name_of("a", None), name_of("a", Some("")), name_of("a", Some("b")), name_of("ab", None)];
        for (number, name) in names.iter().enumerate() {
            assert!(
                name.len() == 24 && !names.iter().skip(number + 1).any(|other| other == name),
                "{names:?}"
            );
        }
        assert_eq!(name_of("a", Some("b")), name_of("a", Some("b")));
    }
}

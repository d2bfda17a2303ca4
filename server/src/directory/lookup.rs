//! Lookup, RFC 9176 §6.

use twite::resource::link_reader::{ParsedLink, parse_links};

use super::links::{resolve, write};
use super::registration::Registration;
use crate::http::links::{Page, write_attribute};

/// A registration and where it is.
#[derive(Clone, Debug)]
pub struct Registered<'t> {
    /// The path of its resource, without a leading slash.
    pub path: &'t str,
    /// What is registered.
    pub registration: Registration,
}

/// What is looked for: all of it has to be met.
#[derive(Clone, Debug, Default)]
pub struct Lookup {
    criteria: Vec<Criterion>,
    page: Option<Page>,
}

#[derive(Clone, Debug)]
struct Criterion {
    name: String,
    value: String,
    /// Whether any rest is taken behind the value (RFC 6690 §4.1).
    is_prefix: bool,
}

/// The most criteria of a lookup.
const CRITERIA: usize = 16;

/// Attributes whose values are lists of words.
const LISTS: &[&str] = &["rt", "if", "rel", "ct"];

impl Lookup {
    /// Reads the arguments of a query.
    ///
    /// # Errors
    /// A sentence that names what was expected.
    pub fn read<'q>(query: impl Iterator<Item = &'q [u8]>) -> Result<Self, String> {
        let mut arguments: Vec<Vec<u8>> = query.map(<[u8]>::to_vec).collect();
        let page = Page::take(&mut arguments)?;
        if arguments.len() > CRITERIA {
            return Err(format!("expected at most {CRITERIA} criteria"));
        }
        let criteria =
            arguments.iter().map(|argument| Criterion::read(argument)).collect::<Result<_, _>>()?;
        Ok(Self { criteria, page })
    }

    /// Those of a page, as one list in link format.
    fn page(&self, links: impl Iterator<Item = String>) -> String {
        let page = self.page.unwrap_or(Page { number: 0, count: usize::MAX });
        let skipped = page.number.saturating_mul(page.count);
        links.skip(skipped).take(page.count).collect::<Vec<_>>().join(",")
    }
}

impl Criterion {
    fn read(argument: &[u8]) -> Result<Self, String> {
        let argument = std::str::from_utf8(argument).map_err(|_| "expected criteria in UTF-8")?;
        let (name, value) =
            argument.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
                format!("{argument:?}: expected an attribute, `=` and its value, which may end with `*`")
            })?;
        let prefix = value.strip_suffix('*');
        let value = prefix.unwrap_or(value).to_owned();
        Ok(Self { name: name.to_owned(), value, is_prefix: prefix.is_some() })
    }

    fn takes(&self, value: &str) -> bool {
        if self.is_prefix { value.starts_with(&self.value) } else { value == self.value }
    }

    /// Whether the endpoint itself meets it.
    fn takes_endpoint(&self, registered: &Registered<'_>) -> bool {
        let registration = &registered.registration;
        match self.name.as_str() {
            "ep" => self.takes(&registration.name),
            "d" => registration.sector.as_deref().is_some_and(|sector| self.takes(sector)),
            "base" => self.takes(&registration.base),
            "href" => self.takes(&format!("/{}", registered.path)),
            "rt" if self.takes("core.rd-ep") => true,
            name => registration.attributes.iter().any(|(known, value)| known == name && self.takes(value)),
        }
    }

    /// Whether a link of an endpoint with this base meets it.
    fn takes_link(&self, base: &str, link: &ParsedLink<'_>) -> bool {
        if self.name == "href" {
            return self.takes(&resolve(base, link.target()));
        }
        link.attributes().filter(|(name, _)| *name == self.name).any(|(name, value)| {
            let value = value.to_string();
            match name {
                "anchor" => self.takes(&resolve(base, &value)),
                name if LISTS.contains(&name) => value.split(' ').any(|word| self.takes(word)),
                _ => self.takes(&value),
            }
        })
    }
}

/// The endpoints that meet the criteria themselves, or by a link of theirs (RFC 9176 §6.4), in link format.
pub fn endpoints<'t>(registered: impl Iterator<Item = Registered<'t>>, lookup: &Lookup) -> String {
    let met = registered.filter(|registered| {
        lookup.criteria.iter().all(|criterion| {
            criterion.takes_endpoint(registered) || {
                let Registration { base, links, .. } = &registered.registration;
                let mut links = parse_links(links.as_bytes()).filter_map(Result::ok);
                links.any(|link| criterion.takes_link(base, &link))
            }
        })
    });
    lookup.page(met.map(|registered| {
        let registration = &registered.registration;
        let mut text = format!("</{}>", registered.path);
        write_attribute("ep", &registration.name, &mut text);
        if let Some(sector) = &registration.sector {
            write_attribute("d", sector, &mut text);
        }
        write_attribute("base", &registration.base, &mut text);
        write_attribute("rt", "core.rd-ep", &mut text);
        for (name, value) in &registration.attributes {
            write_attribute(name, value, &mut text);
        }
        text
    }))
}

/// The links that meet the criteria themselves, or by their endpoint (RFC 9176 §6.3), in link format.
pub fn resources<'t>(registered: impl Iterator<Item = Registered<'t>>, lookup: &Lookup) -> String {
    lookup.page(registered.flat_map(|registered| {
        let open: Vec<&Criterion> =
            lookup.criteria.iter().filter(|criterion| !criterion.takes_endpoint(&registered)).collect();
        let Registration { base, links, .. } = &registered.registration;
        let links = parse_links(links.as_bytes()).filter_map(Result::ok);
        let met = links.filter(|link| open.iter().all(|criterion| criterion.takes_link(base, link)));
        met.map(|link| {
            let mut text = String::new();
            write(base, &link, &mut text);
            text
        })
        .collect::<Vec<_>>()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Parameters;

    fn registered() -> [Registered<'static>; 2] {
        let of = |path, query: &str, links| {
            let parameters = Parameters::read(query.split('&').map(str::as_bytes)).expect("sound");
            let registration = Registration::new(parameters, None, links).expect("sound");
            Registered { path, registration }
        };
        [
            of(
                "rd/1",
                "ep=hall&d=east&et=oic.d&base=coap://h:1",
                "</t>;rt=\"temperature celsius\";ct=\"60 50\";obs,</l>;rt=lamp;title=\"a, \\\"b\\\"\"",
            ),
            of("rd/2", "ep=cellar&base=coap://c", "</t>;rt=temperature,</d>;rel=describes;anchor=\"/t\""),
        ]
    }

    fn lookup(query: &str) -> Lookup {
        Lookup::read(query.split('&').filter(|_| !query.is_empty()).map(str::as_bytes)).expect("sound")
    }

    #[test]
    fn rfc_9176_section_6_endpoints_by_themselves_and_by_their_links() {
        let found = |query: &str| endpoints(registered().into_iter(), &lookup(query));
        let hall = "</rd/1>;ep=\"hall\";d=\"east\";base=\"coap://h:1\";rt=\"core.rd-ep\";et=\"oic.d\"";
        let cellar = "</rd/2>;ep=\"cellar\";base=\"coap://c\";rt=\"core.rd-ep\"";
        let both = format!("{hall},{cellar}");
        for (query, expected) in [
            ("", both.as_str()),
            ("ep=hall", hall),
            ("ep=hal", ""),
            ("ep=c*", cellar),
            ("d=east", hall),
            ("d=*", hall),
            ("et=oic.d", hall),
            ("href=/rd/2", cellar),
            ("rt=core.rd-ep", &both),
            ("rt=lamp", hall),
            ("rt=temp*", &both),
            ("rt=temperature&ep=cellar", cellar),
            ("rt=lamp&ep=cellar", ""),
            ("obs=", hall),
            ("page=0&count=1", hall),
            ("page=1&count=1", cellar),
            ("page=2&count=1", ""),
            ("nothing=x", ""),
        ] {
            assert_eq!(found(query), expected, "{query}");
        }
    }

    #[test]
    fn rfc_9176_section_6_links_by_themselves_and_by_their_endpoint() {
        let found = |query: &str| resources(registered().into_iter(), &lookup(query));
        let lamp = "<coap://h:1/l>;rt=\"lamp\";title=\"a, \\\"b\\\"\"";
        let cellar = "<coap://c/t>;rt=\"temperature\"";
        let described = "<coap://c/d>;rel=\"describes\";anchor=\"coap://c/t\"";
        for (query, expected) in [
            ("rt=lamp", lamp.to_owned()),
            ("ep=cellar", format!("{cellar},{described}")),
            ("ep=cellar&rt=temperature", cellar.to_owned()),
            ("anchor=coap://c/t", described.to_owned()),
            ("href=coap://c/t", cellar.to_owned()),
            ("ct=50&d=east", "<coap://h:1/t>;rt=\"temperature celsius\";ct=\"60 50\";obs".to_owned()),
            ("page=1&count=2", format!("{cellar},{described}")),
            ("rt=", String::new()),
        ] {
            assert_eq!(found(query), expected, "{query}");
        }
        for bad in ["rt", "=x", "count=0", "page=x"] {
            assert!(Lookup::read([bad.as_bytes()].into_iter()).is_err(), "{bad}");
        }
        let many = ["rt=x".as_bytes(); CRITERIA + 1];
        assert!(Lookup::read(many.into_iter()).is_err());
    }
}

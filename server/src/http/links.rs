//! Links in pages, and in JSON for people and programs without a reader of link format.

use serde_json::{Map, Value};
use twite::resource::link_reader::{ParsedLink, parse_links};

/// Some of the links of a listing: `count` of them behind as many as earlier pages hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// From 0.
    pub number: usize,
    /// Links on a page.
    pub count: usize,
}

impl Page {
    /// The most links of a page.
    pub const LARGEST: usize = 1000;

    /// Takes `page` and `count` (as RFC 9176 §6.2 calls them) out of a query; `None` if neither is there.
    ///
    /// # Errors
    /// A sentence that names what was expected.
    pub fn take(query: &mut Vec<Vec<u8>>) -> Result<Option<Self>, String> {
        let mut take = |name: &str| {
            let prefix = format!("{name}=");
            let at = query.iter().position(|argument| argument.starts_with(prefix.as_bytes()))?;
            let argument = query.remove(at);
            let number = argument.get(prefix.len()..).and_then(|text| std::str::from_utf8(text).ok());
            Some(number.and_then(|text| text.parse::<usize>().ok()))
        };
        let expected = || format!("expected page=, from 0, and count=, from 1 to {}", Self::LARGEST);
        let (number, count) = match (take("page"), take("count")) {
            (None, None) => return Ok(None),
            (number, count) => (number.unwrap_or(Some(0)), count.unwrap_or(Some(Self::LARGEST))),
        };
        let page = number.zip(count).map(|(number, count)| Self { number, count });
        page.filter(|page| (1..=Self::LARGEST).contains(&page.count)).map(Some).ok_or_else(expected)
    }

    /// The links of the page in link format, and whether there are more behind them.
    #[must_use]
    pub fn of(self, listing: &[u8]) -> (Vec<u8>, bool) {
        let skipped = self.number.saturating_mul(self.count);
        let mut links = parse_links(listing).filter_map(Result::ok).skip(skipped);
        let texts: Vec<String> = links.by_ref().take(self.count).map(|link| to_text(&link)).collect();
        (texts.join(",").into_bytes(), links.next().is_some())
    }
}

/// A link as it is written, each value in quotes.
fn to_text(link: &ParsedLink<'_>) -> String {
    let mut text = format!("<{}>", link.target());
    for (name, value) in link.attributes() {
        write_attribute(name, &value.to_string(), &mut text);
    }
    text
}

/// Writes an attribute of a link, its value in quotes; of an empty value the name alone.
pub fn write_attribute(name: &str, value: &str, text: &mut String) {
    text.extend([";", name]);
    if !value.is_empty() {
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
        text.extend(["=\"", &escaped, "\""]);
    }
}

/// The links of a listing in link format (RFC 6690) as an array of objects: `href`, and each attribute under its name,
/// as text, or `true` where it has no value. One that stands several times becomes an array.
#[must_use]
pub fn to_json(listing: &[u8]) -> Vec<u8> {
    let mut json = b"[".to_vec();
    for link in parse_links(listing).filter_map(Result::ok) {
        if json.len() > 1 {
            json.push(b',');
        }
        // Texts can always be written.
        let _ = serde_json::to_writer(&mut json, &object(&link));
    }
    json.push(b']');
    json
}

fn object(link: &ParsedLink<'_>) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("href".to_owned(), Value::from(link.target()));
    for (name, value) in link.attributes() {
        let bare = value.raw().is_empty();
        let value = if bare { Value::Bool(true) } else { Value::from(value.to_string()) };
        match object.get_mut(name) {
            None => {
                object.insert(name.to_owned(), value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(known) => *known = Value::Array(vec![known.take(), value]),
        }
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_members() {
        let json = to_json(b"</a>;rt=\"x y\";ct=\"60 50\";obs,</b%20c>;ct=0;rel=p;rel=q");
        assert_eq!(
            serde_json::from_slice::<Value>(&json).expect("JSON"),
            serde_json::json!([
                {"href": "/a", "rt": "x y", "ct": "60 50", "obs": true},
                {"href": "/b%20c", "ct": "0", "rel": ["p", "q"]},
            ])
        );
        assert_eq!(to_json(b""), b"[]");
    }

    #[test]
    fn pages_hold_every_link_once() {
        let listing = b"</a>;ct=60;obs,</b>;title=\"q \\\" \\\\\",</c>";
        let page = |number, count| {
            let (text, more) = Page { number, count }.of(listing);
            (String::from_utf8(text).expect("text"), more)
        };
        assert_eq!(page(0, 2), ("</a>;ct=\"60\";obs,</b>;title=\"q \\\" \\\\\"".to_owned(), true));
        assert_eq!(page(1, 2), ("</c>".to_owned(), false));
        assert!(!page(0, 3).1);
        assert_eq!(page(usize::MAX, 1000), (String::new(), false));
    }

    #[test]
    fn a_page_is_taken_out_of_the_query() {
        let take = |query: &str| {
            let mut query = query.split('&').map(|argument| argument.as_bytes().to_vec()).collect();
            Page::take(&mut query).map(|page| (page, query.len()))
        };
        assert_eq!(take("rt=x"), Ok((None, 1)));
        assert_eq!(take("page=2&rt=x&count=7"), Ok((Some(Page { number: 2, count: 7 }), 1)));
        assert_eq!(take("count=7"), Ok((Some(Page { number: 0, count: 7 }), 0)));
        assert_eq!(take("page=1"), Ok((Some(Page { number: 1, count: 1000 }), 0)));
        for bad in ["count=0", "count=1001", "page=-1", "page=x", "page="] {
            assert!(take(bad).is_err(), "{bad}");
        }
    }
}

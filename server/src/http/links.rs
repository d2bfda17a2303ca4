//! Links in JSON, for people and programs without a reader of link format.

use serde_json::{Map, Value};
use twite::resource::link_reader::parse_links;

/// The links of a listing in link format (RFC 6690) as an array of objects: `href`, and each attribute under its name,
/// as text, or `true` where it has no value. One that stands several times becomes an array.
#[must_use]
pub fn to_json(listing: &[u8]) -> Vec<u8> {
    let links = parse_links(listing).filter_map(Result::ok).map(|link| {
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
        Value::Object(object)
    });
    // Texts can always be written.
    serde_json::to_vec(&Value::Array(links.collect())).unwrap_or_default()
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
}

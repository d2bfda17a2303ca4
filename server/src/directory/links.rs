//! The links of an endpoint in the limited link format, RFC 9176 appendix C.

use twite::resource::link_reader::{ParsedLink, parse_links};

use crate::http::links::write_attribute;

/// The most bytes of an endpoint's links.
pub const LONGEST: usize = 4096;

/// Checks the links of an endpoint.
///
/// # Errors
/// A sentence that names the link and what was expected.
pub fn check(links: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(links).map_err(|_| "expected links in UTF-8")?;
    for link in parse_links(links) {
        let link = link.map_err(|error| error.to_string())?;
        let anchor = link.attribute("anchor").map(|anchor| anchor.to_string());
        for reference in [Some(link.target().to_owned()), anchor].into_iter().flatten() {
            if !is_path(&reference) && !is_uri(&reference) {
                return Err(format!("<{reference}>: expected a path from the root or a URI"));
            }
        }
    }
    Ok(text)
}

/// What a reference of an endpoint means.
pub(super) fn resolve(base: &str, reference: &str) -> String {
    if is_path(reference) { format!("{base}{reference}") } else { reference.to_owned() }
}

/// Writes a link with its target and its anchor resolved (RFC 9176 §6.1).
pub(super) fn write(base: &str, link: &ParsedLink<'_>, text: &mut String) {
    text.push('<');
    text.push_str(&resolve(base, link.target()));
    text.push('>');
    let mut has_anchor = false;
    for (name, value) in link.attributes() {
        if name == "anchor" {
            has_anchor = true;
            write_attribute(name, &resolve(base, &value.to_string()), text);
        } else {
            write_attribute(name, &value.to_string(), text);
        }
    }
    // Without an anchor a link is of its target's origin, which a URI of another host would change.
    if !has_anchor && !is_path(link.target()) {
        write_attribute("anchor", &format!("{base}/"), text);
    }
}

fn is_path(reference: &str) -> bool {
    reference.starts_with('/') && !reference.starts_with("//")
}

fn is_uri(reference: &str) -> bool {
    reference.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_paths_from_the_root_or_uris() {
        for sound in ["", "</a>;rt=x,</b>;anchor=\"/a\"", "<coap://h/x>;rel=\"describedby\"", "<urn:a:b>"] {
            assert_eq!(check(sound.as_bytes()), Ok(sound));
        }
        for bad in ["<a>", "<>", "<//h/x>", "<?q>", "</a>;anchor=\"b\"", "</a", "x"] {
            assert!(check(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(check(b"</\xff>").is_err());
    }

    #[test]
    fn what_is_relative_is_resolved() {
        let links = b"</t>;rt=\"a b\";obs,</d>;rel=\"x\";anchor=\"/t\",<http://h/doc>;rel=describedby";
        let mut text = String::new();
        for link in parse_links(links) {
            write("coap://n", &link.expect("sound"), &mut text);
            text.push('\n');
        }
        assert_eq!(
            text,
            "<coap://n/t>;rt=\"a b\";obs\n<coap://n/d>;rel=\"x\";anchor=\"coap://n/t\"\n\
             <http://h/doc>;rel=\"describedby\";anchor=\"coap://n/\"\n"
        );
    }
}

//! Problem details of HTTP, RFC 9457, with what those of CoAP (RFC 9290) say.

use serde::Serialize;
use twite::base::Words;
use twite::exchange::Problem;

use crate::cbor::{Event, Place, Reader};

/// How deep problem details are nested that are read.
const DEPTH: usize = 8;

/// The media type of problem details.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The kind of problem in a few words.
    pub title: String,
    /// This occurrence: the field and the rule it breaks, what was expected.
    pub detail: Option<String>,
}

#[derive(Serialize)]
struct Document<'p> {
    title: &'p str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'p str>,
}

impl Explanation {
    /// With a title and a detail.
    pub fn new(title: &str, detail: impl Into<String>) -> Self {
        Self { title: title.to_owned(), detail: Some(detail.into()) }
    }

    /// With a title only.
    #[must_use]
    pub fn titled(title: &str) -> Self {
        Self { title: title.to_owned(), detail: None }
    }

    /// The words of CoAP's problem details.
    #[must_use]
    pub fn of(problem: &Problem<'_>) -> Self {
        let detail = problem.detail.map(|detail| Words::of(detail).as_str().to_owned());
        Self { title: problem.title.to_owned(), detail }
    }

    /// Reads the problem details of CoAP (RFC 9290); `None` if they have no title or are none.
    #[must_use]
    pub fn read(cbor: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(cbor, DEPTH);
        let (mut level, mut key, mut texts) = (0, 0, [None, None]);
        while let Some(item) = reader.next_item().ok()? {
            match (item.place, item.event) {
                (_, Event::End) => level -= 1,
                (Place::Key(_), Event::Integer(number)) if level == 1 => key = number,
                (Place::Value, Event::Text(text)) if level == 1 => match key {
                    -1 => texts[0] = Some(text),
                    -2 => texts[1] = Some(text),
                    _ => {}
                },
                (_, Event::MapStart(_) | Event::ArrayStart(_) | Event::Tag(_)) => level += 1,
                (_, Event::BytesStart | Event::TextStart) => level += 1,
                _ => {}
            }
        }
        let [title, detail] = texts;
        Some(Self { title: title?.to_owned(), detail: detail.map(ToOwned::to_owned) })
    }

    /// The document.
    #[must_use]
    pub fn to_json(&self, status: u16) -> Vec<u8> {
        let document = Document { title: &self.title, status, detail: self.detail.as_deref() };
        // Texts and a number can always be written.
        serde_json::to_vec(&document).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_problem_details_say_the_same() {
        let detail = format_args!("celsius: expected a \"number\"");
        let problem = Problem { detail: Some(&detail), ..Problem::titled("invalid body") };
        assert_eq!(
            String::from_utf8(Explanation::of(&problem).to_json(400)).as_deref(),
            Ok(r#"{"title":"invalid body","status":400,"detail":"celsius: expected a \"number\""}"#)
        );
        let mut cbor = [0; 64];
        let length = problem.encode(&mut cbor).expect("room");
        assert_eq!(Explanation::read(&cbor[..length]), Some(Explanation::of(&problem)));
        // {1: {-1: "inner"}, -1: "t", -8: 7}
        let nested = b"\xa3\x01\xa1\x20\x65inner\x20\x61t\x27\x07";
        assert_eq!(Explanation::read(nested), Some(Explanation::titled("t")));
        for none in [b"".as_slice(), b"\xa0", b"\xa1\x20\x01", b"\xa1\x20\x61", b"text"] {
            assert_eq!(Explanation::read(none), None);
        }
        let bare = Explanation::of(&Problem::titled("no such resource")).to_json(404);
        assert_eq!(bare, br#"{"title":"no such resource","status":404}"#);
    }
}

//! Problem details of HTTP, RFC 9457, with what those of CoAP (RFC 9290) say.

use serde::Serialize;
use twite::base::Words;
use twite::exchange::Problem;

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
        let bare = Explanation::of(&Problem::titled("no such resource")).to_json(404);
        assert_eq!(bare, br#"{"title":"no such resource","status":404}"#);
    }
}
